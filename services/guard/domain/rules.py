"""Recognisers by shape and check digit; every pattern has bounded repeats, so that no text makes them slow."""

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import phonenumbers
from stdnum import iban, luhn
from stdnum.us import ssn

from services.guard.domain.plain import Plain, plain
from services.guard.domain.spans import CERTAIN, Span

DETECTOR = "rules"
Check = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Recogniser:
    """A shape, and the check that a match must pass."""

    kind: str
    shape: re.Pattern[str]
    is_valid: Check

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """The ranges of valid matches."""
        for match in self.shape.finditer(text):
            if self.is_valid(match.group()):
                yield match.span()


def _always(text: str) -> bool:
    return bool(text)


def _is_card(text: str) -> bool:
    digits = re.sub(r"[ -]", "", text)
    return luhn.is_valid(digits) and len(set(digits)) > 1


def _is_iban(text: str) -> bool:
    return iban.is_valid(text)


def _is_ip(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not address.is_unspecified


def _is_ssn(text: str) -> bool:
    return ssn.is_valid(text)


EMAIL = re.compile(r"(?<![\w.+-])[\w.+%-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w-])")
CARD = re.compile(r"(?<![\d.-])\d(?:[ -]?\d){12,18}(?![\d-])")
IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?![A-Za-z0-9])")
IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)")
IPV6 = re.compile(r"(?<![0-9A-Fa-f:])(?:[0-9A-Fa-f]{0,4}:){3,7}[0-9A-Fa-f]{0,4}(?![0-9A-Fa-f:])")
SSN = re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])")
SECRETS = re.compile(
    r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[\s\S]{0,8000}?(?:-----END [A-Z ]{0,20}PRIVATE KEY-----|$)"
    r"|(?<![A-Za-z0-9_-])(?:"
    r"sk-[A-Za-z0-9_-]{20,200}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}"
    r"|gh[pousr]_[A-Za-z0-9]{36,251}"
    r"|github_pat_[A-Za-z0-9_]{40,255}"
    r"|glpat-[A-Za-z0-9_-]{20,64}"
    r"|xox[abprs]-[A-Za-z0-9-]{10,250}"
    r"|AIza[A-Za-z0-9_-]{35}"
    r"|(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,247}"
    r"|weir_[A-Za-z0-9_-]{32,128}"
    r"|eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,1000}"
    r")(?![A-Za-z0-9_-])"
)
PHONE_START = re.compile(r"\+\d|\b00[1-9]\d")

RECOGNISERS = (
    Recogniser("SECRET", SECRETS, _always),
    Recogniser("EMAIL_ADDRESS", EMAIL, _always),
    Recogniser("IBAN_CODE", IBAN, _is_iban),
    Recogniser("CREDIT_CARD", CARD, _is_card),
    Recogniser("US_SSN", SSN, _is_ssn),
    Recogniser("IP_ADDRESS", IPV4, _is_ip),
    Recogniser("IP_ADDRESS", IPV6, _is_ip),
)
IDENTIFIER_RECOGNISERS = tuple(one for one in RECOGNISERS if one.kind in ("SECRET", "EMAIL_ADDRESS", "IBAN_CODE"))


def find_by_rules(text: str) -> list[Span]:
    """All that the rules find, in places of the original text."""
    seen = plain(text)
    spans = [_span(seen, one.kind, start, end) for one in RECOGNISERS for start, end in one.find(seen.text)]
    if PHONE_START.search(seen.text):
        spans += [_span(seen, "PHONE_NUMBER", start, end) for start, end in _phones(seen.text)]
    return spans


def holds_personal_identifier(text: str) -> bool:
    """Whether a name that a machine chose (a request id, a tag) is somebody's address, account or key; digits alone are not."""
    return any(True for one in IDENTIFIER_RECOGNISERS for _ in one.find(text))


def _phones(text: str) -> Iterator[tuple[int, int]]:
    """International numbers; the matcher knows each country's lengths and prefixes."""
    for match in phonenumbers.PhoneNumberMatcher(text, None, leniency=phonenumbers.Leniency.VALID):
        yield match.start, match.end


def _span(seen: Plain, kind: str, start: int, end: int) -> Span:
    return Span(*seen.back(start, end), kind, CERTAIN, DETECTOR)
