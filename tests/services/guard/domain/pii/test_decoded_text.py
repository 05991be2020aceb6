"""Encoded values are found at their span of the original, replaced whole, and restored exactly."""

import base64
import html
import quopri
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.guard.domain.pii.decoded_text import decode_in_place
from services.guard.domain.pii.registry import recognise, recognise_in
from services.guard.domain.redaction import SpanReplacement, redact, restore
from services.guard.domain.text.normalization import normalise
from tests.services.guard.odd_texts import odd_texts

Encode = Callable[[str], str]
ARABIC, BENGALI = (str.maketrans("0123456789", digits) for digits in ("٠١٢٣٤٥٦٧٨٩", "০১২৩৪৫৬৭৮৯"))


def percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def signs_only(encode: Encode) -> Encode:
    return lambda text: "".join(letter if letter.isalnum() else encode(letter) for letter in text)


def base64_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


ENCODERS: Mapping[str, Encode] = {
    "percent": percent,
    "percent, signs": signs_only(percent),
    "percent twice": lambda text: percent(percent(text)),
    "entities": lambda text: "".join(f"&#{ord(letter)};" for letter in text),
    "entities in hexadecimal": signs_only(lambda letter: f"&#x{ord(letter):x};"),
    "entities twice": signs_only(lambda letter: html.escape(f"&#{ord(letter)};")),
    "backslash u": lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text),
    "backslash u in a string of JSON": signs_only(lambda letter: f"\\\\u{ord(letter):04X}"),
    "backslash x": signs_only(lambda letter: f"\\x{ord(letter):02x}"),
    "quoted-printable": lambda text: "".join(f"={byte:02X}" for byte in text.encode()),
    "soft line break": lambda text: quopri.encodestring(text[:7].encode()).decode() + "=\n" + text[7:],
    "base64": base64_of,
    "base64 twice": lambda text: base64_of(base64_of(text)),
    "base64 in an address": lambda text: percent(base64_of(text)),
    "zero width": "\u200b".join,
    "soft hyphens": "\u00ad".join,
}
NUMBER_ENCODERS: Mapping[str, Encode] = {
    "underscores": lambda text: text.replace(" ", "_"),
    "a line break": lambda text: text.replace(" ", "\n", 2).replace("\n", " ", 1),
    "Arabic digits": lambda text: text.translate(ARABIC),
    "Bengali digits": lambda text: text.translate(BENGALI),
    "full width": lambda text: "".join(
        chr(ord(letter) + 0xFEE0) if letter.isdigit() else letter for letter in text
    ),
}
VALUES = {
    "anna.schmidt@example.com": "EMAIL_ADDRESS",
    "4111 1111 1111 1111": "CREDIT_CARD",
    "DE89 3704 0044 0532 0130 00": "IBAN_CODE",
    "+49 30 901820-17": "PHONE_NUMBER",
    "AKIAIOSFODNN7EXAMPLE": "SECRET",
}
WORDS = st.lists(
    st.sampled_from(["please", "send", "über", "日本語", "it,", "the", "list\n", "(see", "x)"]), max_size=8
)


@st.composite
def planted(draw: st.DrawFn) -> tuple[str, str, str]:
    """A value's kind, its encoded form, and a text with it."""
    value, kind = draw(st.sampled_from([*VALUES.items()]))
    is_grouped = kind in ("CREDIT_CARD", "IBAN_CODE")
    encoders = {**ENCODERS, **NUMBER_ENCODERS} if is_grouped else ENCODERS
    encoded = encoders[draw(st.sampled_from([*encoders]))](value)
    return kind, encoded, f"{' '.join(draw(WORDS))} {encoded} {' '.join(draw(WORDS))}"


@settings(deadline=None)
@given(planted())
def test_an_encoded_value_is_found_replaced_whole_and_restored(case: tuple[str, str, str]) -> None:
    kind, encoded, text = case

    detections = recognise(text)
    assert encoded in [text[each.start : each.end] for each in detections if each.kind == kind]

    replacements = [SpanReplacement(each, is_restorable=True) for each in detections]
    (redacted,), pseudonyms = redact([text], [replacements], {})
    assert encoded not in redacted
    assert restore(redacted, pseudonyms) == text


def test_detections_point_at_the_original_and_none_is_lost_in_odd_texts() -> None:
    signs = ("%40", "&#64;", "\\u0040", "=40", " [at] ", "=\n", base64_of("anna@example.com"))
    for index, odd in enumerate(odd_texts(3, 250)):
        text = f"{odd}{signs[index % len(signs)]}{odd[:20]}"
        found = recognise(text)
        assert all(0 <= each.start < each.end <= len(text) for each in found)
        for plain in recognise_in(normalise(text)):
            assert any(
                each.kind == plain.kind and each.start <= plain.start and plain.end <= each.end
                for each in found
            )


@pytest.mark.parametrize(
    "text",
    ["", "Ordinary text, with 3 signs: a (b) & 5 %.", "über 日本語 🙂", "https://example.com/a/b?c=d&e=f"],
)
def test_a_text_without_encodings_is_not_decoded(text: str) -> None:
    assert decode_in_place(normalise(text)) is None


def test_a_value_in_plain_and_encoded_text_is_reported_once_for_each_place() -> None:
    text = "j%C3%BCrgen@example.com and anna@example.com"

    assert sorted((each.kind, text[each.start : each.end]) for each in recognise(text)) == [
        ("EMAIL_ADDRESS", "anna@example.com"),
        ("EMAIL_ADDRESS", "j%C3%BCrgen@example.com"),
    ]


def test_windows_hold_what_is_around_changed_letters_only() -> None:
    decoded = decode_in_place(
        normalise(f"{'far ' * 200}name=J%C3%BCrgen%20Muster {'far ' * 200} a%3Db {'x ' * 300}")
    )

    assert decoded is not None
    (names,) = decoded.name_windows()
    assert "name=Jürgen Muster" in names.text
    assert len(names.text) < 300
    assert [window.text.count("=") for window in decoded.windows()] == [1, 1]
    start = names.text.index("Jürgen")
    assert names.original_span(0, 3) is None
    assert names.original_span(start, start + 6) == (805, 816)


def test_a_value_with_more_than_two_encodings_inside_each_other_is_left() -> None:
    text = percent(percent(percent("anna@example.com")))

    assert recognise(text) == []
