"""The recognisers find formats and check digits, at spans of the original, and nothing in ordinary text."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from services.guard.domain.pii.registry import holds_personal_identifier, recognise
from services.guard.domain.spans import merged


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("mail jane.doe@example.com now", "EMAIL_ADDRESS", "jane.doe@example.com"),
        ("jörg@bücher.example", "EMAIL_ADDRESS", "jörg@bücher.example"),
        ("card 4111 1111 1111 1111.", "CREDIT_CARD", "4111 1111 1111 1111"),
        ("DE89 3704 0044 0532 0130 00", "IBAN_CODE", "DE89 3704 0044 0532 0130 00"),
        ("server 192.168.17.4 is slow", "IP_ADDRESS", "192.168.17.4"),
        ("ping 2001:db8:0:1::7 please", "IP_ADDRESS", "2001:db8:0:1::7"),
        ("my SSN is 536-90-4399", "US_SSN", "536-90-4399"),
        ("call +44 20 7946 0958 today", "PHONE_NUMBER", "+44 20 7946 0958"),
        ("use AKIAIOSFODNN7EXAMPLE here", "SECRET", "AKIAIOSFODNN7EXAMPLE"),
        ("OPENAI=sk-proj-abcdefghijklmnopqrstuvwx", "SECRET", "sk-proj-abcdefghijklmnopqrstuvwx"),
        ("j\u200bane@exam\u200bple.com", "EMAIL_ADDRESS", "j\u200bane@exam\u200bple.com"),
        ("ｊａｎｅ＠ｅｘａｍｐｌｅ．ｃｏｍ", "EMAIL_ADDRESS", "ｊａｎｅ＠ｅｘａｍｐｌｅ．ｃｏｍ"),
    ],
)
def test_personal_data_is_found_at_its_span(text: str, kind: str, value: str) -> None:
    assert value in [text[span.start : span.end] for span in recognise(text) if span.kind == kind]


@pytest.mark.parametrize(
    "text",
    [
        "Write a python function that parses version strings like 10.5.2",
        "The order number is 4111 1111 1111 1112 and costs 1,234,567.89",
        "ISO 8601: 2026-11-02T09:30:00Z, IPv4 has 4 parts, a@b is no address",
        "sk-short ghp_short AKIA123 550e8400-e29b-41d4-a716-446655440000",
        "std::vector<int> a{1,2,3}; // 100% sure",
        "the C/C++ compiler, version 3",
        "",
    ],
)
def test_ordinary_text_has_no_detections(text: str) -> None:
    assert recognise(text) == []


@given(st.text(max_size=400))
def test_spans_always_point_into_the_original(text: str) -> None:
    for span in recognise(text):
        assert 0 <= span.start < span.end <= len(text)


@given(
    start=st.sampled_from(["4", "51", "2221", "6011", "3528", "62", "2200", "9792"]),
    rest=st.text(alphabet="0123456789", min_size=15, max_size=15),
)
def test_a_card_number_is_found_by_its_range_length_and_check_digit(start: str, rest: str) -> None:
    digits = (start + rest)[:15]
    check = luhn.calc_check_digit(digits)
    wrong = str((int(check) + 1) % 10)
    assert "CREDIT_CARD" in {span.kind for span in recognise(f"pay {digits}{check}!")}
    assert "CREDIT_CARD" not in {span.kind for span in recognise(f"pay {digits}{wrong}!")}


def test_an_id_of_digits_is_not_personal_but_an_address_is() -> None:
    assert not holds_personal_identifier("4111111111111111")
    assert not holds_personal_identifier("req-2026-11-02-000017")
    assert holds_personal_identifier("order-of-jane@example.com")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("jane@example.com- thanks", "jane@example.com"),
        ("jane@example.com_old", "jane@example.com"),
        ("'jane@example.com'", "jane@example.com"),
        ("x" * 100 + "@example.com", "x" * 64 + "@example.com"),
        ("пётр@пример.рф", "пётр@пример.рф"),
        ("a@xn--e1afmkfd.xn--p1ai", "a@xn--e1afmkfd.xn--p1ai"),
        ("jo\u0308rg@example.com", "jo\u0308rg@example.com"),
        ("fe80::1 refused", "fe80::1"),
        ("2001:db8::1: refused", "2001:db8::1"),
    ],
)
def test_the_span_of_an_address_is_exact(text: str, value: str) -> None:
    assert [text[span.start : span.end] for span in recognise(text)] == [value]


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1",
        "version 1.2.3.4",
        "v1.2.3.4",
        "to 0.0.0.0:80",
        "mask 255.255.255.0",
        "std::dead::beef",
        "x[1::2]",
        "::1",
        "12:30:45:10",
    ],
)
def test_loopback_addresses_netmasks_and_versions_are_no_ip_addresses(text: str) -> None:
    assert recognise(text) == []


PIECES = (
    "a ",
    "12 ",
    "Ab ",
    "street 1 ",
    "12 Ab ",
    "rue ",
    "4111 ",
    "+49 ",
    "00",
    "(",
    "password=",
    "key:",
    "eyJ",
    "<",
    "DE89",
    "nhs 943",
    "born ",
    "://a:",
    "-",
    "0x" + "a" * 40 + " ",
    "1A",
    "@a.",
    "order 1234567 ",
    "1.2.3.4 ",
    "0171 2345678 ",
    "注文番号",
    "P<",
    "1.",
    "ab:",
)


@pytest.mark.slow
@pytest.mark.parametrize("piece", PIECES)
def test_no_text_makes_a_recogniser_slow(piece: str) -> None:
    def seconds(characters: int) -> float:
        text = (piece * (characters // len(piece) + 1))[:characters]
        started = time.process_time()
        recognise(text)
        return time.process_time() - started

    seconds(2_000)
    short, long = min(seconds(25_000) for _ in range(2)), seconds(200_000)
    assert long < 8 * 4 * max(short, 0.002)


@given(st.text(alphabet="ab 12-.:@/+(\n\u200b\uff11\u0661é,x=\"'<", max_size=200))
def test_merged_spans_are_in_the_original_and_do_not_overlap(text: str) -> None:
    spans = merged(recognise(text))
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(first.end <= second.start for first, second in pairwise(spans))


@given(
    value=st.sampled_from(
        ["4111 1111 1111 1111", "DE89370400440532013000", "jane@example.com", "536-90-4399"]
    ),
    seed=st.lists(st.integers(0, 18), max_size=4),
    before=st.text(alphabet="ü \u200bＡ", max_size=8),
)
def test_an_invisible_character_neither_hides_a_value_nor_moves_its_span(
    value: str, seed: list[int], before: str
) -> None:
    hidden = value
    for number in seed:
        offset = number % (len(hidden) - 1) + 1
        hidden = hidden[:offset] + "\u200b" + hidden[offset:]
    text = f"{before} {hidden} end"
    assert hidden in [text[span.start : span.end] for span in recognise(text)]
