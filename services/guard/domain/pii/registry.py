"""Recognisers by shape and check digit; every pattern has bounded repeats, so that no text makes them slow."""

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from services.guard.domain.detection import CERTAIN_SCORE, Detection, Span
from services.guard.domain.pii.addresses import streets
from services.guard.domain.pii.banking import account_numbers, bank_codes, routing_numbers
from services.guard.domain.pii.crypto import wallets
from services.guard.domain.pii.devices import imeis, mac_addresses, vin_numbers
from services.guard.domain.pii.identity_documents import birth_dates, licences, mrz_lines, passports
from services.guard.domain.pii.name_cues import introduced_names
from services.guard.domain.pii.national_ids import national_ids
from services.guard.domain.pii.payment import Range, card_numbers, ibans
from services.guard.domain.pii.phones import phones
from services.guard.domain.secrets.generic import assigned_secrets, random_secrets
from services.guard.domain.secrets.known_formats import known_keys
from services.guard.domain.text.normalization import NormalisedText, normalise
from services.guard.domain.text.windowed_search import matches

DETECTOR = "rules"
ANY_DIGIT = re.compile(r"\d")
FEWEST_OF_ID = 4
FORMAT_ONLY_SCORE = 0.9
"""What has a shape and words beside it, and no check digit."""
Finder = Callable[[str], Iterator[Range]]


@dataclass(frozen=True, slots=True)
class Recogniser:
    """Where a kind of content stands, and a character and a number of digits without which a text cannot hold it."""

    kind: str
    find: Finder
    needs: str = ""
    digits: int = 0
    score: float = CERTAIN_SCORE


def _matches(shape: re.Pattern[str], is_valid: Callable[[str], bool]) -> Finder:
    def find(text: str) -> Iterator[Range]:
        return (match.span() for match in matches(shape, text) if is_valid(match.group()))

    return find


def _ipv4_addresses(text: str) -> Iterator[Range]:
    """In one search, since what may follow an address may be any number of digits and points away."""
    return (match.span() for match in IPV4.finditer(text) if _is_address(match.group()))


def _is_address(text: str) -> bool:
    """Whether it may be somebody's: the own machine, no machine and masks are nobody's."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_unspecified or address.is_loopback or text.startswith("255."))


EMAIL = re.compile(r"[\w+%][\w.+%'-]{0,63}+@(?:[\w-]{1,63}\.){1,8}(?:xn--[a-z0-9-]{2,59}|[^\W\d_]{2,24})")
IPV4 = re.compile(r"(?<![\d.])(?<!\bv)(?i:(?<!version )(?<!release ))(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)")
IPV6 = re.compile(r"(?<![\w:])(?=[0-9A-Fa-f:]{7})(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{1,4}(?![\w:]{0,8}\w)")

RECOGNISERS = (
    Recogniser("SECRET", known_keys),
    Recogniser("SECRET", assigned_secrets),
    Recogniser("SECRET", random_secrets),
    Recogniser("EMAIL_ADDRESS", _matches(EMAIL, bool), "@"),
    Recogniser("IBAN_CODE", ibans, digits=8),
    Recogniser("IMEI", imeis, digits=14),
    Recogniser("CREDIT_CARD", card_numbers, digits=12),
    Recogniser("IP_ADDRESS", _ipv4_addresses, "."),
    Recogniser("IP_ADDRESS", _matches(IPV6, _is_address), ":"),
    Recogniser("MAC_ADDRESS", mac_addresses),
    Recogniser("CRYPTO", wallets, digits=1),
    Recogniser("PASSPORT", mrz_lines, "<"),
    Recogniser("PASSPORT", passports, digits=5),
    Recogniser("DRIVERS_LICENSE", licences, digits=5),
    Recogniser("DATE_OF_BIRTH", birth_dates, digits=4, score=FORMAT_ONLY_SCORE),
    Recogniser("VIN", vin_numbers, digits=2),
    Recogniser("BANK_ACCOUNT", routing_numbers, digits=9),
    Recogniser("BANK_ACCOUNT", bank_codes),
    Recogniser("BANK_ACCOUNT", account_numbers, digits=6),
    Recogniser("PHONE_NUMBER", phones, digits=7),
    Recogniser("ADDRESS", streets, digits=1, score=FORMAT_ONLY_SCORE),
    Recogniser("PERSON", introduced_names, score=FORMAT_ONLY_SCORE),
)
IDENTIFIER_RECOGNISERS = tuple(
    one
    for one in RECOGNISERS
    if one.kind in {"SECRET", "EMAIL_ADDRESS", "IBAN_CODE"}
    and one.find not in {assigned_secrets, random_secrets}
)


def recognise(text: str) -> list[Detection]:
    """All that the rules find, in places of the original text."""
    return recognise_in(normalise(text))


def recognise_in(seen: NormalisedText) -> list[Detection]:
    """The same for a text that was made plain before; one place has one kind, that of the first recogniser that knows it."""
    digits = len(ANY_DIGIT.findall(seen.text))
    found: dict[Range, tuple[str, float]] = {}
    if digits >= FEWEST_OF_ID:
        found.update({place: (kind, CERTAIN_SCORE) for kind, place in national_ids(seen.text)})
    for one in RECOGNISERS:
        if digits >= one.digits and one.needs in seen.text:
            for place in one.find(seen.text):
                found.setdefault(place, (one.kind, one.score))
    return [
        Detection(kind, DETECTOR, score, Span(*seen.original_span(*place)))
        for place, (kind, score) in _outermost(found)
    ]


def _outermost(found: Mapping[Range, tuple[str, float]]) -> Iterator[tuple[Range, tuple[str, float]]]:
    """Without what lies inside a place of the same kind."""
    ends: dict[str, int] = {}
    for place, (kind, score) in sorted(found.items(), key=lambda one: (one[0][0], -one[0][1])):
        if place[1] > ends.get(kind, 0):
            ends[kind] = place[1]
            yield place, (kind, score)


def holds_personal_identifier(text: str) -> bool:
    """Whether a name that a machine chose (a request id, a tag) is somebody's address, account or key; digits alone are not."""
    return any(True for one in IDENTIFIER_RECOGNISERS for _ in one.find(text))
