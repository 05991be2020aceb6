"""User and password in URLs of any scheme, with any characters in the password."""

import re
from collections.abc import Iterator

from services.guard.domain.pii.recogniser import Recogniser
from services.guard.domain.secrets.placeholders import without_brackets
from services.guard.domain.secrets.values import is_random
from services.guard.domain.text.types import CharSpan

SCHEME = re.compile(r"(?<![A-Za-z0-9])([A-Za-z][A-Za-z0-9+.-]{0,31})\Z")
MARK = "://"
MAX_SCHEME_CHARS = 32
RUN = re.compile(r"[^\s\"'`<>]{1,512}")
"""The URL behind its scheme, up to a blank or quote."""
SERVER_RUN = re.compile(r"[^\s\"]{1,512}")
"""The same of a database or mail server, whose passwords hold quotes and angle brackets, too."""
HOST = re.compile(
    r"(?:\[[0-9A-Fa-f:.]{2,45}\]|[^\W_](?:[\w.-]{0,252}[^\W_])?)(?P<port>:\d{1,5})?(?=[/?#,;:)\]}|<>'`]|\Z|[.!?]\Z|\\)"
)
PORT = re.compile(r"[^:]{1,255}:\d{0,5}\Z")
AUTHORITY_END = re.compile(r"[/?#]")
WEB_SCHEMES = frozenset(
    {"http", "https", "ws", "wss", "git", "ssh", "file", "git+ssh", "git+https", "ftp", "view-source", "blob"}
)
"""Schemes with paths in which an `@` is common."""
TEMPLATE = re.compile(
    r"[$%#]?[{\[(<].*[}\])>]|\$[A-Za-z_]\w*|%(?![0-9A-Fa-f]{2}).*|%[A-Za-z_]\w{1,40}%|[*.x•…]+"
    r"|(?:replace[_-]?me|place[_-]?holder|dummy|redacted|your)[\w-]{0,30}",
    re.IGNORECASE,
)
PLACEHOLDER_PASSWORD = re.compile(
    r"(?:my|your|the|user|db|some)?[_-]?(?:pass(?:word|wd|wort|w)?|pwd?|secret|token|senha|contrase[nñ]a|mot_?de_?passe)"
    r"(?:[_-]?here)?|change[_-]?(?:me|this|it)[\w-]{0,30}|example\w{0,8}",
    re.IGNORECASE,
)
PLACEHOLDER_USER = re.compile(
    r"(?:my|your|the|db|some|basic|login|workgroup;|domain;)?[_-]?(?:user(?:[_-]?name|[_-]?id)?|login|usr|name|u)",
    re.IGNORECASE,
)
PUBLIC_KEY_HOST = "sentry"
"""The user of a Sentry DSN is a public key."""
MIN_TOKEN_CHARS = 20


def url_credentials(text: str) -> Iterator[CharSpan]:
    """The part `user:password` of URLs, and tokens in its place, except placeholders."""
    position = text.find(MARK)
    while position >= 0:
        start = position + len(MARK)
        following = text.find(MARK, start)
        scheme = _scheme(text, position)
        pattern = RUN if scheme in WEB_SCHEMES else SERVER_RUN
        run = pattern.match(text, start, following if following >= 0 else len(text))
        if run and scheme and "@" in run.group():
            end = _userinfo_end(run.group(), scheme)
            if end > 0 and _is_secret(run.group()[:end], run.group()[end + 1 :]):
                yield start, start + end
        position = following


def _scheme(text: str, end: int) -> str:
    match = SCHEME.search(text[max(0, end - MAX_SCHEME_CHARS) : end])
    return match[1].lower() if match else ""


def _userinfo_end(url: str, scheme: str) -> int:
    """The index of the `@` before the host; -1 where none is.

    A password may hold `/`, `?`, `#` and `@`, and so may a path. In web addresses the first host that can be
    one counts; elsewhere the last.
    """
    hosts = [index for index, character in enumerate(url) if character == "@" and HOST.match(url, index + 1)]
    limit = AUTHORITY_END.search(url)
    authority = limit.start() if limit else len(url)
    inside = [index for index in hosts if index < authority]
    if not inside:
        return _end_behind_slash(url, hosts, authority)
    behind = [index for index in hosts if index > authority]
    if behind and _continues(url, inside[-1], behind[-1], authority, scheme):
        return behind[-1]
    return inside[-1]


def _end_behind_slash(url: str, hosts: list[int], authority: int) -> int:
    """The end of credentials whose password holds `/`, `?` or `#`; `host:8080/a@b` has none."""
    user, colon, _ = url[:authority].partition(":")
    if not hosts or not colon or PORT.fullmatch(url[:authority]) or "@" in user:
        return -1
    return hosts[-1]


def _continues(url: str, first: int, last: int, authority: int, scheme: str) -> bool:
    """Whether what follows the first `@` is rather the rest of the password than the host."""
    host = url[first + 1 : authority]
    if "." in host or ":" in host or host == "localhost" or ":" not in url[:first]:
        return False
    candidate = HOST.match(url, last + 1)
    is_certain = candidate is not None and (candidate["port"] is not None or "." in candidate.group())
    return is_certain and (scheme not in WEB_SCHEMES or url[last - 1] != "/")


def _is_secret(credentials: str, behind: str) -> bool:
    user, colon, password = credentials.partition(":")
    if not colon:
        return len(user) >= MIN_TOKEN_CHARS and is_random(user) and PUBLIC_KEY_HOST not in behind
    if not password or TEMPLATE.fullmatch(without_brackets(password)):
        return len(user) >= MIN_TOKEN_CHARS and is_random(user)
    return not is_example(user, password)


def is_example(user: str, password: str) -> bool:
    """Whether both are words for a user and a password, or templates, as documentation writes them."""
    if TEMPLATE.fullmatch(without_brackets(password)):
        return True
    is_user = PLACEHOLDER_USER.fullmatch(user) is not None or TEMPLATE.fullmatch(user) is not None
    return is_user and PLACEHOLDER_PASSWORD.fullmatch(password) is not None


RECOGNISERS = (Recogniser("SECRET", url_credentials, required="://", rank=14),)
