"""E-mail addresses, and IP addresses of hosts, which versions, section numbers and times are not."""

import ipaddress
import re
from collections.abc import Iterator

from services.guard.domain.pii.context import column_title
from services.guard.domain.pii.number_labels import NETWORK, PROGRAM, VERSION, NumberLabel, label_before
from services.guard.domain.pii.number_words import vocabulary
from services.guard.domain.pii.recogniser import Recogniser
from services.guard.domain.text.boundaries import unspaced_end
from services.guard.domain.text.top_level_domains import top_level_end
from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.windowed_search import matches

EMAIL = re.compile(
    r"[\w+%][\w.+%'-]{0,63}+@(?:[\w-]{1,63}\.){1,8}"
    r"(?:xn--[a-z0-9-]{2,59}|[A-Za-z\u00c0-\u024f]{2,24}|[^\W\d_]{2,24})"
)
FILE_ENDING = re.compile(
    r"\.(?:png|jpe?g|gif|svg|webp|avif|ico|js|mjs|cjs|tsx|jsx|s?css|json|ya?ml|toml|xml|html?|txt|tgz|gz|whl|jar"
    r"|exe|dll|woff|ttf|map|lock|cluster\.local)\Z",
    re.IGNORECASE,
)
"""Endings of file names such as `logo@2x.png`, none a top-level domain, and of the services of a cluster."""
REPOSITORY_USERS = ("git@", "hg@", "svn@")
"""The accounts of all users of a repository; before a path they are nobody's mail address."""
AUTHORITY_BEFORE = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{0,20})://(?P<user>[^\s/?#\"'`<>]{0,128})\Z")
AUTHORITY_BEHIND = re.compile(r"[^\s/?#\"'`<>@]{0,128}@")
MAX_AUTHORITY_CHARS = 152
MAIL_SCHEMES = frozenset({"mailto", "mail", "xmpp", "sip", "sips", "im", "acct", "email"})
IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)")
IPV6 = re.compile(
    r"(?<![A-Za-z0-9_:])(?=[0-9A-Fa-f:]{7})(?:[0-9A-Fa-f]{0,4}:){2,7}"
    r"(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f]{1,4})(?![A-Za-z0-9_:]{0,8}[A-Za-z0-9_])"
)
BUS_BEFORE = re.compile(r"(?<![\d.])\d{1,2}-\Z")
"""The number of a bus before the path of a device on it: `usb 1-1.4.2.1`."""
LABELS = vocabulary("number", "filler", NETWORK, VERSION, PROGRAM, "link", is_linked=True)
PRIVATE_NETWORKS = tuple(map(ipaddress.ip_network, ("192.168.0.0/16", "172.16.0.0/12", "169.254.0.0/16")))
MIN_OCTET_SUM = 150
"""Of the last three numbers of an address; versions have smaller ones."""
MIN_FIRST_OCTET = 160
"""No program is known with so high a first number of its version."""
NETWORK_BEFORE = re.compile(
    r"(?:://|->|→|(?<![^\W_])(?:root|admin|user|ubuntu|pi|git|deploy|ec2-user|guest|postgres|mysql)['\"]?@)[\"']?\Z"
)
NETWORK_BEHIND = re.compile(r"\]?[:#\[(]\d{2,5}(?!\d)|/(?:[89]|[12]\d|3[0-2])(?!\d)| ?(?:->|→)")
VERB_BEHIND = re.compile(
    r"(?: [a-z]{1,12}){0,2} (?:attack|scann|connect|disconnect|ping|unreachable|offline|block|bann|denied"
    r"|den(?:y|ies)|refus|reject|log(?:ged|s|ging) (?:in|on)|login|time[ds] out|responds?|answers?|hammer"
    r"|prob(?:es|ing)|brute)"
)
"""What hosts do and what is done to them, behind their address: `1.2.3.4 keeps attacking us`."""
LINE_START = re.compile(r"(?:\A|\n)[^\w\n]{0,3}\Z")
LOG_BEHIND = re.compile(r"[ \t]{1,3}(?:- \S{1,40} \[|[A-Z]{3,7} |\[)")
PRODUCT_BEFORE = re.compile(r"(?:[A-Za-z][\w+]{0,30}[/_-]|[A-Za-z]|[=~<>!^]=[ ]?)\Z")
"""A name directly before a version: `Chrome/1.2.3.4`, `lib-1.2.3.4`, `v1.2.3.4`, `name==1.2.3.4`."""
VERSION_BEHIND = re.compile(r"[-+_~][A-Za-z0-9]|\.[A-Za-z]{2,6}\b|[A-Za-z]")
MAX_SIGN_CHARS = 34
VERSION_WORD = re.compile(
    r"(?<![^\W_])(?:versions?|v|ver|release[ds]?|build|upgrad\w{1,5}|updat\w{1,5}|downgrad\w{1,5}|bump\w{0,4}"
    r"|firmware|migrat\w{2,5}|actuali\w{1,8}|aktuali\w{1,8}|mise à jour|обновл\w{1,6}"
    r"|верси\w{1,3}|wersj\w{1,3})(?![^\W_])",
    re.IGNORECASE,
)
FROM = re.compile(r"(?<![^\W_])(?:from|von|vom|depuis|desde)[ :=]{1,2}\Z", re.IGNORECASE)
CLOCK = re.compile(r"(?<!\d)[0-2]?\d:[0-5]\d:[0-5]\d(?!\d)")
MAX_LINE_CHARS, MAX_LOG_CHARS = 100, 300
MAX_WORD_DISTANCE = 25
"""Of a word for networks from which other words separate the address."""
GLOBAL_IPV6 = re.compile(
    r"(?:[23][0-9a-f]{3}|f[cd][0-9a-f]{2}|fe[89ab][0-9a-f]|ff0[0-9a-f]|64:ff9b|::ffff):", re.IGNORECASE
)
FULL_IPV6_GROUPS = 8


def email_addresses(text: str) -> Iterator[CharSpan]:
    """E-mail addresses, but no names of files, addresses of repositories, and users and hosts of URLs."""
    for match in matches(EMAIL, text):
        span = _email_span(text, match)
        if span is not None and not _is_repository(text, match) and not _is_authority(text, match):
            yield span


def _email_span(text: str, match: re.Match[str]) -> CharSpan | None:
    """The address without text that stands beside it without a space; None without a top-level domain."""
    domain_start = text.index("@", match.start()) + 1
    length = top_level_end(text[domain_start : match.end()])
    if length is None or FILE_ENDING.search(match.group()):
        return None
    # An address may be wholly of such a script: then the whole is its local part.
    start = unspaced_end(text, match.start(), domain_start - 1)
    return (match.start() if start == domain_start - 1 else start), domain_start + length


def _is_authority(text: str, match: re.Match[str]) -> bool:
    """Whether it is the end of a URL's user and password and the host behind them.

    A mail address may be the user of a URL: there a further `@` follows before the host.
    """
    start = max(0, match.start() - MAX_AUTHORITY_CHARS)
    if text.rfind("://", start, match.start()) < 0:
        return False
    before = AUTHORITY_BEFORE.search(text, start, match.start())
    if before is None or before["scheme"].lower() in MAIL_SCHEMES:
        return False
    if AUTHORITY_BEHIND.match(text, match.end()):
        return False
    return ":" in before["user"] or text.startswith(("/", ":"), match.end())


def _is_repository(text: str, match: re.Match[str]) -> bool:
    """Whether it is the account and host of a repository, behind a scheme or before a path."""
    if not match.group().lower().startswith(REPOSITORY_USERS):
        return False
    return text.startswith((":", "/"), match.end()) or text.endswith("//", 0, match.start())


def ipv4_addresses(text: str) -> Iterator[CharSpan]:
    """IPv4 addresses; searched without windows, since the look-ahead of IPV4 is unbounded.

    A number is an address by its size or by a sign or word of networks beside it, not by four parts alone.
    """
    known: dict[str, bool] = {}
    unclear: list[re.Match[str]] = []
    for match in IPV4.finditer(text):
        if not _is_host_address(match.group()):
            continue
        is_address = _is_ipv4(text, match)
        if is_address:
            known[match.group()] = True
            yield match.span()
        elif is_address is None:
            unclear.append(match)
    yield from (match.span() for match in unclear if match.group() in known)


def _is_ipv4(text: str, match: re.Match[str]) -> bool | None:
    """Whether it is an address; None if nothing around it says so, nor that it is a version."""
    start = match.start()
    before = text[max(0, start - MAX_SIGN_CHARS) : start]
    if BUS_BEFORE.search(before):
        return False
    label = label_before(text, start, LABELS)
    kind = label.kind if label is not None and label.is_direct else None
    if label is not None and kind in {VERSION, PROGRAM}:
        return _is_of_host(text, match, label) and not PRODUCT_BEFORE.search(before)
    is_private = _is_private(match.group())
    if kind != NETWORK and not is_private and PRODUCT_BEFORE.search(before):
        return False
    return is_private or _is_large(match.group()) or _is_in_place_of_address(text, match, label, before)


def _is_in_place_of_address(
    text: str, match: re.Match[str], label: NumberLabel | None, before: str
) -> bool | None:
    """Whether something around four small numbers says that they are an address; None if nothing does."""
    start, end = match.span()
    if VERSION_BEHIND.match(text, end):
        return False
    return _is_named_as_network(text, start, label) or _has_network_sign(text, start, end, before) or None


def _is_of_host(text: str, match: re.Match[str], label: NumberLabel) -> bool:
    """Whether the address behind a word for a program or version is none of its versions.

    Private and large ones are versions only if a word for versions, not only a program, stands before them.
    """
    is_private = _is_private(match.group())
    if label.kind == PROGRAM and VERB_BEHIND.match(text, match.end()):
        return True
    max_fillers = 0 if is_private else 1
    return (is_private or _is_large(match.group())) and (label.kind == PROGRAM or label.fillers > max_fillers)


def _is_named_as_network(text: str, start: int, label: NumberLabel | None) -> bool:
    is_of_network = label is not None and label.kind == NETWORK
    if label is not None and is_of_network and (label.is_direct or label.distance <= MAX_WORD_DISTANCE):
        return True
    return _is_in_network_column(text, start)


def _is_in_network_column(text: str, start: int) -> bool:
    title = column_title(text, start)
    label = label_before(title, len(title), LABELS) if title else None
    return label is not None and label.kind == NETWORK


def _is_private(address: str) -> bool:
    return any(ipaddress.ip_address(address) in network for network in PRIVATE_NETWORKS)


def _is_large(address: str) -> bool:
    """Whether it has larger numbers than a version."""
    first, *others = map(int, address.split("."))
    return first >= MIN_FIRST_OCTET or sum(others) >= MIN_OCTET_SUM


def _has_network_sign(text: str, start: int, end: int, before: str) -> bool:
    """Whether a port, a mask, a scheme or the shape of a log line says that it is an address.

    In a log line, which has a clock time, addresses have no words, but versions have them.
    """
    if NETWORK_BEFORE.search(before) or NETWORK_BEHIND.match(text, end):
        return True
    if LINE_START.search(before) and LOG_BEHIND.match(text, end):
        return True
    if VERSION_WORD.search(text, max(0, start - MAX_LINE_CHARS), end + MAX_LINE_CHARS):
        return False
    line_start = max(0, start - MAX_LOG_CHARS)
    line_start = max(line_start, text.rfind("\n", line_start, start) + 1)
    if FROM.search(before) or VERB_BEHIND.match(text, end):
        return True
    return CLOCK.search(text, line_start, start) is not None


def ipv6_addresses(text: str) -> Iterator[CharSpan]:
    """IPv6 addresses of hosts: of a known range, written in full, or beside a word for networks."""
    for match in matches(IPV6, text):
        if _is_host_address(match.group()) and _is_ipv6(text, match):
            yield match.span()


def _is_ipv6(text: str, match: re.Match[str]) -> bool:
    groups = match.group().split(":")
    if all(len(group) == 2 for group in groups):  # noqa: PLR2004 - bytes of a fingerprint
        return False
    if GLOBAL_IPV6.match(match.group()) or (len(groups) == FULL_IPV6_GROUPS and "" not in groups):
        return True
    label = label_before(text, match.start(), LABELS)
    is_bracketed = (
        text[match.start() - 1 : match.start()] == "[" and text[match.end() : match.end() + 2] == "]:"
    )
    return is_bracketed or (label is not None and label.kind == NETWORK)


def _is_host_address(text: str) -> bool:
    """Whether it may identify a host, which loopback and unspecified addresses and netmasks do not."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    address = mapped or address
    return not (address.is_unspecified or address.is_loopback or str(address).startswith("255."))


RECOGNISERS = (
    Recogniser("EMAIL_ADDRESS", email_addresses, required="@", rank=20, is_for_ids=True),
    Recogniser("IP_ADDRESS", ipv4_addresses, required=".", min_digits=4, rank=60),
    Recogniser("IP_ADDRESS", ipv6_addresses, required=":", rank=61),
)
