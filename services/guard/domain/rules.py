"""Recognisers by shape and check digit; every pattern has bounded repeats, so that no text makes them slow."""

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stdnum.us import ssn

from services.guard.domain.accounts import Range, cards, ibans, phones
from services.guard.domain.credentials import SECRET
from services.guard.domain.plain import Plain, plain
from services.guard.domain.spans import CERTAIN, Span

DETECTOR = "rules"
Finder = Callable[[str], Iterator[Range]]


@dataclass(frozen=True, slots=True)
class Recogniser:
    """Where a kind of content stands, and a character without which a text cannot hold it."""

    kind: str
    find: Finder
    needs: str = ""


def _matches(shape: re.Pattern[str], is_valid: Callable[[str], bool]) -> Finder:
    def find(text: str) -> Iterator[Range]:
        return (match.span() for match in shape.finditer(text) if is_valid(match.group()))

    return find


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
SSN = re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])")

RECOGNISERS = (
    Recogniser("SECRET", _matches(SECRET, bool)),
    Recogniser("EMAIL_ADDRESS", _matches(EMAIL, bool), "@"),
    Recogniser("IBAN_CODE", ibans),
    Recogniser("CREDIT_CARD", cards),
    Recogniser("US_SSN", _matches(SSN, ssn.is_valid), "-"),
    Recogniser("IP_ADDRESS", _matches(IPV4, _is_address), "."),
    Recogniser("IP_ADDRESS", _matches(IPV6, _is_address), ":"),
    Recogniser("PHONE_NUMBER", phones),
)
IDENTIFIER_RECOGNISERS = tuple(one for one in RECOGNISERS if one.kind in ("SECRET", "EMAIL_ADDRESS", "IBAN_CODE"))


def find_by_rules(text: str) -> list[Span]:
    """All that the rules find, in places of the original text."""
    return find_in(plain(text))


def find_in(seen: Plain) -> list[Span]:
    """The same for a text that was made plain before."""
    return [_span(seen, one.kind, *place) for one in RECOGNISERS if one.needs in seen.text for place in one.find(seen.text)]


def holds_personal_identifier(text: str) -> bool:
    """Whether a name that a machine chose (a request id, a tag) is somebody's address, account or key; digits alone are not."""
    return any(True for one in IDENTIFIER_RECOGNISERS for _ in one.find(text))


def _span(seen: Plain, kind: str, start: int, end: int) -> Span:
    return Span(*seen.back(start, end), kind, CERTAIN, DETECTOR)
