"""Authenticates requests and refuses those of foreign web pages, by the head, before the body is read.

A page in a browser on this machine can reach loopback: directly, or by DNS rebinding of a host name of its
own to 127.0.0.1. Both are recognised by headers that pages cannot change: `Host`, `Origin` and
`Sec-Fetch-Site`.
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
    """A request that is refused without reading its body."""

    def __init__(self, status: HTTPStatus, error: EngineError) -> None:
        """Keep the HTTP status and the error for the response."""
        self.status = status
        self.error = error
        super().__init__(str(error))


@dataclass(frozen=True, slots=True)
class RequestHead:
    """Method, path, query parameters and headers of a request; header names in lower case."""

    method: str
    path: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RequestHeadGate:
    """Checks where a request comes from and whose credentials it has."""

    hosts: Collection[str]
    """The accepted values of the Host header, with the port."""
    passwords: PasswordDigests

    @classmethod
    def at(cls, port: int, passwords: PasswordDigests) -> "RequestHeadGate":
        """The gate of an interface on this loopback port."""
        return cls(frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")), passwords)

    def check_site(self, head: RequestHead) -> None:
        """Refuse other host names and pages of other sites, with RequestHeadRefusedError."""
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
        """The user of the credentials; raises RequestHeadRefusedError if they are missing or wrong."""
        user = self.passwords.user_of(head.headers, head.parameters)
        if user is not None:
            return user
        has_credentials = (
            "authorization" in head.headers
            or "x-clickhouse-key" in head.headers
            or "password" in head.parameters
        )
        status = HTTPStatus.FORBIDDEN if has_credentials else HTTPStatus.UNAUTHORIZED
        problem = "Authentication failed: name a user and its password, `weir clickhouse` shows both."
        error = EngineError(AUTHENTICATION_FAILED, f"{problem} (AUTHENTICATION_FAILED)")
        raise RequestHeadRefusedError(status, error)


def read(method: str, path: str, query: bytes, raw_headers: Sequence[tuple[bytes, bytes]]) -> RequestHead:
    """Parse a head; raises RequestHeadRefusedError if a header that the gate depends on occurs twice."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw_headers:
        name = raw_name.decode("latin-1").lower()
        if name in headers and name in SINGLE_HEADERS:
            _refuse(HTTPStatus.BAD_REQUEST, f"the header {name} occurs twice")
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
    """Return a value for a response header: 1 to 200 visible ASCII characters, others are refused."""
    if not _TOKEN.fullmatch(value):
        _refuse(HTTPStatus.BAD_REQUEST, f"{name} must be 1 to 200 visible ASCII characters")
    return value


def _refuse(status: HTTPStatus, why: str) -> None:
    raise RequestHeadRefusedError(
        status, EngineError(BAD_REQUEST_PARAMETER, f"Refused: {why}. (BAD_ARGUMENTS)")
    )
