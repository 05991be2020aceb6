"""All recognisers; the repeats in their patterns are bounded, so that no text makes them slow."""

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from services.guard.domain.detection import CERTAIN_SCORE, Detection, Span
from services.guard.domain.pii.addresses import postal_addresses
from services.guard.domain.pii.banking import account_numbers, bank_codes, routing_numbers
from services.guard.domain.pii.crypto import wallet_addresses
from services.guard.domain.pii.devices import imeis, mac_addresses, vin_numbers
from services.guard.domain.pii.identity_documents import (
    birth_dates,
    licence_numbers,
    mrz_lines,
    passport_numbers,
)
from services.guard.domain.pii.name_cues import introduced_names
from services.guard.domain.pii.national_ids import national_ids
from services.guard.domain.pii.payment import card_numbers, ibans
from services.guard.domain.pii.phones import phone_numbers
from services.guard.domain.secrets.generic import assigned_secrets, random_secrets
from services.guard.domain.secrets.known_formats import known_format_secrets
from services.guard.domain.text.char_span import CharSpan
from services.guard.domain.text.normalization import NormalisedText, normalise
from services.guard.domain.text.windowed_search import matches

DETECTOR = "rules"
DIGIT = re.compile(r"\d")
MIN_NATIONAL_ID_DIGITS = 4
FORMAT_ONLY_SCORE = 0.9
"""The score of kinds without a check digit, which are recognised by format and context words."""
FindSpans = Callable[[str], Iterator[CharSpan]]


@dataclass(frozen=True, slots=True)
class Recogniser:
    """Finds one kind, in texts with the `required` character and at least `min_digits` digits."""

    kind: str
    find: FindSpans
    required: str = ""
    min_digits: int = 0
    score: float = CERTAIN_SCORE


EMAIL = re.compile(r"[\w+%][\w.+%'-]{0,63}+@(?:[\w-]{1,63}\.){1,8}(?:xn--[a-z0-9-]{2,59}|[^\W\d_]{2,24})")
IPV4 = re.compile(r"(?<![\d.])(?<!\bv)(?i:(?<!version )(?<!release ))(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)")
IPV6 = re.compile(r"(?<![\w:])(?=[0-9A-Fa-f:]{7})(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{1,4}(?![\w:]{0,8}\w)")


def _finder(pattern: re.Pattern[str], is_valid: Callable[[str], bool]) -> FindSpans:
    def find(text: str) -> Iterator[CharSpan]:
        return (match.span() for match in matches(pattern, text) if is_valid(match.group()))

    return find


def _ipv4_addresses(text: str) -> Iterator[CharSpan]:
    """Without windows, since the look-ahead of IPV4 is unbounded."""
    return (match.span() for match in IPV4.finditer(text) if _is_host_address(match.group()))


def _is_host_address(text: str) -> bool:
    """Whether it may identify a host, which loopback and unspecified addresses and netmasks do not."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_unspecified or address.is_loopback or text.startswith("255."))


RECOGNISERS = (
    Recogniser("SECRET", known_format_secrets),
    Recogniser("SECRET", assigned_secrets),
    Recogniser("SECRET", random_secrets),
    Recogniser("EMAIL_ADDRESS", _finder(EMAIL, bool), required="@"),
    Recogniser("IBAN_CODE", ibans, min_digits=8),
    Recogniser("IMEI", imeis, min_digits=14),
    Recogniser("CREDIT_CARD", card_numbers, min_digits=12),
    Recogniser("IP_ADDRESS", _ipv4_addresses, required="."),
    Recogniser("IP_ADDRESS", _finder(IPV6, _is_host_address), required=":"),
    Recogniser("MAC_ADDRESS", mac_addresses),
    Recogniser("CRYPTO", wallet_addresses, min_digits=1),
    Recogniser("PASSPORT", mrz_lines, required="<"),
    Recogniser("PASSPORT", passport_numbers, min_digits=5),
    Recogniser("DRIVERS_LICENSE", licence_numbers, min_digits=5),
    Recogniser("DATE_OF_BIRTH", birth_dates, min_digits=4, score=FORMAT_ONLY_SCORE),
    Recogniser("VIN", vin_numbers, min_digits=2),
    Recogniser("BANK_ACCOUNT", routing_numbers, min_digits=9),
    Recogniser("BANK_ACCOUNT", bank_codes),
    Recogniser("BANK_ACCOUNT", account_numbers, min_digits=6),
    Recogniser("PHONE_NUMBER", phone_numbers, min_digits=7),
    Recogniser("ADDRESS", postal_addresses, min_digits=1, score=FORMAT_ONLY_SCORE),
    Recogniser("PERSON", introduced_names, score=FORMAT_ONLY_SCORE),
)
IDENTIFIER_RECOGNISERS = tuple(
    recogniser
    for recogniser in RECOGNISERS
    if recogniser.kind in {"SECRET", "EMAIL_ADDRESS", "IBAN_CODE"}
    and recogniser.find not in {assigned_secrets, random_secrets}
)


def recognise(text: str) -> list[Detection]:
    """All detections of the recognisers, with spans of the original text."""
    return recognise_in(normalise(text))


def recognise_in(normalised: NormalisedText) -> list[Detection]:
    """As `recognise`, for a normalised text; a span has the kind of the first recogniser that finds it."""
    text = normalised.text
    digits = len(DIGIT.findall(text))
    candidates: dict[CharSpan, tuple[str, float]] = {}
    if digits >= MIN_NATIONAL_ID_DIGITS:
        candidates.update({span: (kind, CERTAIN_SCORE) for kind, span in national_ids(text)})
    for recogniser in RECOGNISERS:
        if digits >= recogniser.min_digits and recogniser.required in text:
            for span in recogniser.find(text):
                candidates.setdefault(span, (recogniser.kind, recogniser.score))
    return [
        Detection(kind, DETECTOR, score, Span(*normalised.original_span(*span)))
        for span, (kind, score) in _outermost(candidates)
    ]


def _outermost(
    candidates: Mapping[CharSpan, tuple[str, float]],
) -> Iterator[tuple[CharSpan, tuple[str, float]]]:
    """Drop spans inside another span of the same kind."""
    ends: dict[str, int] = {}
    for span in sorted(candidates, key=_start_then_longest):
        kind, score = candidates[span]
        if span[1] > ends.get(kind, 0):
            ends[kind] = span[1]
            yield span, (kind, score)


def _start_then_longest(span: CharSpan) -> tuple[int, int]:
    return span[0], -span[1]


def holds_personal_identifier(text: str) -> bool:
    """Whether an id, such as a request id, holds an e-mail address, an IBAN or a key."""
    return any(True for recogniser in IDENTIFIER_RECOGNISERS for _ in recogniser.find(text))
