"""Who may speak to the interface at all, judged by a request's head, before its body is read.

A page in a browser on this machine can reach loopback: directly, or as a name of its own that it points to 127.0.0.1.
Both are told by what browsers send and pages cannot change: `Host`, `Origin` and `Sec-Fetch-Site`.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl

from weir.local.clickhouse.access import DatabaseUser, PasswordDigests
from weir.local.clickhouse.errors import AUTHENTICATION_FAILED, BAD_REQUEST_PARAMETER, EngineError

OWN_SITES = frozenset({"same-origin", "none"})
SINGLE_HEADERS = (
    "host",
    "origin",
    "authorization",
    "content-length",
    "sec-fetch-site",
    "x-clickhouse-user",
    "x-clickhouse-key",
)
MAX_FIELDS = 1_000
_TOKEN = re.compile(r"[\x21-\x7e]{1,200}")


class RequestHeadRefusedError(Exception):
    """A request that is answered without looking at its body."""

    def __init__(self, status: HTTPStatus, error: EngineError) -> None:
        """Keep what the caller is told."""
        self.status = status
        self.error = error
        super().__init__(str(error))


@dataclass(frozen=True, slots=True)
class RequestHead:
    """A request without its body."""

    method: str
    path: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RequestHeadGate:
    """The rules for heads."""

    hosts: Collection[str]
    """The names under which this interface is reached, with its port."""
    passwords: PasswordDigests

    @classmethod
    def at(cls, port: int, passwords: PasswordDigests) -> "RequestHeadGate":
        """The door of an interface on loopback."""
        return cls(frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")), passwords)

    def check_site(self, head: RequestHead) -> None:
        """Refuse other names of this machine and pages of other sites."""
        host = head.headers.get("host", "").lower()
        if host not in self.hosts:
            _refuse(HTTPStatus.FORBIDDEN, f"the Host must be one of {', '.join(sorted(self.hosts))}")
        site = head.headers.get("sec-fetch-site")
        if site is not None and site not in OWN_SITES:
            _refuse(HTTPStatus.FORBIDDEN, "pages of other sites are refused (Sec-Fetch-Site)")
        origin = head.headers.get("origin")
        if origin is not None and origin.lower() != f"http://{host}":
            _refuse(HTTPStatus.FORBIDDEN, "pages of other sites are refused (Origin)")

    def user_of(self, head: RequestHead) -> DatabaseUser:
        """The user whose password was given."""
        user = self.passwords.user_of(head.headers, head.parameters)
        if user is not None:
            return user
        has_tried = (
            "authorization" in head.headers
            or "x-clickhouse-key" in head.headers
            or "password" in head.parameters
        )
        status = HTTPStatus.FORBIDDEN if has_tried else HTTPStatus.UNAUTHORIZED
        text = "Authentication failed: name a user and its password, `weir clickhouse` shows both. (AUTHENTICATION_FAILED)"
        raise RequestHeadRefusedError(status, EngineError(AUTHENTICATION_FAILED, text))


def read(method: str, path: str, query: bytes, raw_headers: Sequence[tuple[bytes, bytes]]) -> RequestHead:
    """Read a head; a header that decides who may speak must not stand there twice."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw_headers:
        name = raw_name.decode("latin-1").lower()
        if name in headers and name in SINGLE_HEADERS:
            _refuse(HTTPStatus.BAD_REQUEST, f"the header {name} stands there twice")
        headers[name] = raw_value.decode("latin-1")
    try:
        pairs = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict"
        )
    except ValueError:
        _refuse(
            HTTPStatus.BAD_REQUEST,
            f"the query string is not percent-encoded UTF-8 of at most {MAX_FIELDS} fields",
        )
        raise
    return RequestHead(method, path, dict(pairs), headers)


def check_outgoing(name: str, value: str) -> str:
    """A value of the caller that goes back in a header: visible ASCII of at most 200 characters."""
    if not _TOKEN.fullmatch(value):
        _refuse(HTTPStatus.BAD_REQUEST, f"{name} must be 1 to 200 visible ASCII characters")
    return value


def _refuse(status: HTTPStatus, why: str) -> None:
    raise RequestHeadRefusedError(
        status, EngineError(BAD_REQUEST_PARAMETER, f"Refused: {why}. (BAD_ARGUMENTS)")
    )
