"""One POST to a provider, limited in time and size; its content is never logged."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal, Self

import aiohttp
from pydantic import SecretStr

from services.router.adapters.http.event_stream import EventStream
from services.router.adapters.http.response_reading import (
    CONNECTION_ERRORS,
    HttpReply,
    ReplyBuffer,
    read_response,
)
from services.router.domain.provider_call import ProviderCall, ProviderError

CONNECT_TIMEOUT_S = 5.0
KEEP_ALIVE_S = 30.0
MAX_INTERIM_RESPONSES = 20
MAX_STALE_CONNECTIONS = 8
ATTEMPT_HEADER = "x-weir-attempt"
IDEMPOTENCY_HEADER = "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class ProviderAddress:
    """How a provider is called; `limit_field` is `max_completion_tokens` for OpenAI's reasoning models.

    With `stream` answers are streamed, so that the part that arrived before a timeout is kept.
    """

    name: str
    base_url: str
    api_key: SecretStr | None = None
    limit_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    stream: bool = False

    @property
    def host_label(self) -> str:
        """Name and host for error messages, since path and query of a base_url may hold a key."""
        host, _, _ = self.base_url.partition("://")[2].partition("/")
        return f"{self.name} ({host.rpartition('@')[2]})"


class _StaleConnectionError(aiohttp.ClientError):
    """A kept connection has unread data, which would be taken for the reply to the next call."""


class _BoundedResponse(aiohttp.ClientResponse):
    """Limits the interim responses (1xx), which aiohttp reads without end while the event loop is blocked."""

    async def start(self, connection: aiohttp.connector.Connection) -> aiohttp.ClientResponse:
        """Wait for the head; raises ClientResponseError after too many interim responses."""
        protocol: Any = connection.protocol
        read_head, reads_left = protocol.read, count(MAX_INTERIM_RESPONSES, -1)

        async def bounded() -> object:
            if next(reads_left) < 0:
                raise aiohttp.ClientResponseError(
                    self.request_info, self.history, message="no end of interim responses"
                )
            return await read_head()

        protocol.read = bounded
        try:
            return await super().start(connection)
        finally:
            protocol.read = read_head


class _CheckedRequest(aiohttp.ClientRequest):
    """A request that is not sent on a stale connection."""

    async def send(self, conn: aiohttp.connector.Connection) -> aiohttp.ClientResponse:
        """Send the request; raises _StaleConnectionError if the connection has unread data."""
        if conn.protocol is None or conn.protocol.should_close:
            raise _StaleConnectionError
        return await super().send(conn)


class ProviderPool:
    """The HTTP/1.1 connections to all providers, opened at the first call, when the event loop runs.

    Uses aiohttp, since httpcore's pool spends seconds on its queue with some hundred calls in flight.
    """

    def __init__(self, max_connections: int, proxy: str | None = None) -> None:
        """Only `proxy` sets a proxy; environment variables are ignored."""
        self._max_connections = max_connections
        self._large_chunk_lock = asyncio.Lock()
        self.proxy = proxy
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """The session, opened at the first use."""
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=self._max_connections, keepalive_timeout=KEEP_ALIVE_S)
            # A compressed reply could grow past the size limit before it is counted.
            self._session = aiohttp.ClientSession(
                connector=connector,
                trust_env=False,
                headers={"Accept-Encoding": "identity"},
                cookie_jar=aiohttp.DummyCookieJar(),
                request_class=_CheckedRequest,
                response_class=_BoundedResponse,
            )
        return self._session

    async def large_chunk_slot(self) -> None:
        """Wait for a turn to parse a large chunk; each iteration of the event loop gives one."""
        async with self._large_chunk_lock:
            await asyncio.sleep(0)

    async def __aenter__(self) -> Self:
        """Open nothing yet; connections are opened by the first call."""
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


class HttpExchange:
    """Sends bodies to one address; any failure before an answer begins is a ProviderError."""

    def __init__(
        self, address: ProviderAddress, path: str, pool: ProviderPool, new_stream: Callable[[], EventStream]
    ) -> None:
        """`path` is appended to the base_url; `new_stream` makes the reader of a streamed answer."""
        self._url = address.base_url.rstrip("/") + path
        self._host = address.host_label
        self._pool = pool
        self._new_stream = new_stream

    async def post(self, call: ProviderCall, headers: Mapping[str, str], body: bytes) -> HttpReply:
        """Make the call; returns the reply or raises ProviderError within `call.timeout_s`."""
        buffer = ReplyBuffer(self._new_stream)
        try:
            async with asyncio.timeout(call.timeout_s):
                return await self._send(buffer, call, headers, body)
        except (
            aiohttp.ConnectionTimeoutError,
            aiohttp.ClientConnectorError,
            aiohttp.ClientHttpProxyError,
            _StaleConnectionError,
        ) as error:
            raise ProviderError(
                "unreachable", f"nothing answers at {self._host}: {type(error).__name__}"
            ) from error
        except TimeoutError:
            return buffer.interrupted(
                "timeout", f"no whole answer from {self._host} within {call.timeout_s:.1f} s"
            )
        except aiohttp.ClientResponseError as error:
            raise ProviderError("bad_reply", f"what {self._host} answered is no HTTP") from error
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError, ValueError) as error:
            raise ProviderError("configuration", f"the address {self._host} is no HTTP address") from error
        except CONNECTION_ERRORS as error:
            raise ProviderError(
                "connection_lost", f"the connection to {self._host} broke: {type(error).__name__}"
            ) from error

    async def _send(
        self, buffer: ReplyBuffer, call: ProviderCall, headers: Mapping[str, str], body: bytes
    ) -> HttpReply:
        for _ in range(MAX_STALE_CONNECTIONS):
            try:
                return await self._exchange(buffer, call, headers, body)
            except _StaleConnectionError:
                # Nothing was sent; the stale connection is closed, and the next one may be new.
                continue
        return await self._exchange(buffer, call, headers, body)

    async def _exchange(
        self, buffer: ReplyBuffer, call: ProviderCall, headers: Mapping[str, str], body: bytes
    ) -> HttpReply:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=min(CONNECT_TIMEOUT_S, call.timeout_s))
        all_headers = {
            "Content-Type": "application/json",
            IDEMPOTENCY_HEADER: call.idempotency_key,
            ATTEMPT_HEADER: str(call.attempt_id),
            **headers,
        }
        session, proxy = self._pool.session, self._pool.proxy
        async with session.post(
            self._url, data=body, headers=all_headers, timeout=timeout, proxy=proxy, allow_redirects=False
        ) as response:
            return await read_response(response, buffer, self._pool.large_chunk_slot)
