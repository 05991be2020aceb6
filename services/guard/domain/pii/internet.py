"""E-mail addresses, and IP addresses of hosts."""

import ipaddress
import re
from collections.abc import Callable, Iterator

from services.guard.domain.pii.recogniser import FindSpans, Recogniser
from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.windowed_search import matches

EMAIL = re.compile(r"[\w+%][\w.+%'-]{0,63}+@(?:[\w-]{1,63}\.){1,8}(?:xn--[a-z0-9-]{2,59}|[^\W\d_]{2,24})")
IPV4 = re.compile(r"(?<![\d.])(?<!\bv)(?i:(?<!version )(?<!release ))(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)")
IPV6 = re.compile(r"(?<![\w:])(?=[0-9A-Fa-f:]{7})(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{1,4}(?![\w:]{0,8}\w)")


def _finder(pattern: re.Pattern[str], is_valid: Callable[[str], bool]) -> FindSpans:
    def find(text: str) -> Iterator[CharSpan]:
        return (match.span() for match in matches(pattern, text) if is_valid(match.group()))

    return find


def _ipv4_addresses(text: str) -> Iterator[CharSpan]:
    """IPv4 addresses; searched without windows, since the look-ahead of IPV4 is unbounded."""
    return (match.span() for match in IPV4.finditer(text) if _is_host_address(match.group()))


def _is_host_address(text: str) -> bool:
    """Whether it may identify a host, which loopback and unspecified addresses and netmasks do not."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_unspecified or address.is_loopback or text.startswith("255."))


RECOGNISERS = (
    Recogniser("EMAIL_ADDRESS", _finder(EMAIL, bool), required="@", rank=20, is_for_ids=True),
    Recogniser("IP_ADDRESS", _ipv4_addresses, required=".", rank=60),
    Recogniser("IP_ADDRESS", _finder(IPV6, _is_host_address), required=":", rank=61),
)
