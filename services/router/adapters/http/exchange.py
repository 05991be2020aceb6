"""One POST to a provider: bounded in time and size, on a connection of its own while it lasts, its content never logged."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal, Self

import aiohttp
from pydantic import SecretStr

from services.router.adapters.http.event_stream import EventStream
from services.router.adapters.http.response_reading import BROKEN, HttpReply, ReplyBuffer, read
from services.router.domain.provider_call import ProviderCall, ProviderError

CONNECT_TIMEOUT_S = 5.0
KEEP_ALIVE_S = 30.0
MOST_INTERIM = 20
MAX_STALE = 8
ATTEMPT_HEADER = "x-weir-attempt"
IDEMPOTENCY_HEADER = "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class ProviderAddress:
    """Where a provider answers; `limit_field` is `max_completion_tokens` for OpenAI's own reasoning models.

    With `stream` its answers come in pieces: of a call that runs out of time it is then known what had arrived.
    """

    name: str
    base_url: str
    api_key: SecretStr | None = None
    limit_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    stream: bool = False

    @property
    def host_label(self) -> str:
        """Name it in errors by its host alone: a base_url may hold a key in its path or query."""
        host, _, _ = self.base_url.partition("://")[2].partition("/")
        return f"{self.name} ({host.rpartition('@')[2]})"


class _StaleConnectionError(aiohttp.ClientError):
    """A kept connection said something that nobody had asked for: the next reply on it would be another call's."""


class _BoundedResponse(aiohttp.ClientResponse):
    """A response before which only so many interim ones (1xx) may come: aiohttp reads them for ever, and hardly lets anybody else work."""

    async def start(self, connection: aiohttp.connector.Connection) -> aiohttp.ClientResponse:
        """Wait for the head; raises ClientResponseError where it does not come."""
        protocol: Any = connection.protocol
        next_head, left = protocol.read, count(MOST_INTERIM, -1)

        async def bounded() -> object:
            if next(left) < 0:
                raise aiohttp.ClientResponseError(
                    self.request_info, self.history, message="no end of interim responses"
                )
            return await next_head()

        protocol.read = bounded
        try:
            return await super().start(connection)
        finally:
            protocol.read = next_head


class _CheckedRequest(aiohttp.ClientRequest):
    """A request that goes out on a clean connection only."""

    async def send(self, conn: aiohttp.connector.Connection) -> aiohttp.ClientResponse:
        """Send it; raises where something waits on the connection already, since it would be taken for this call's reply."""
        if conn.protocol is None or conn.protocol.should_close:
            raise _StaleConnectionError
        return await super().send(conn)


class ProviderPool:
    """One pool of HTTP/1.1 connections for all providers, opened at the first call, since it belongs to the running event loop.

    aiohttp and not httpx: with some hundred calls in flight httpcore's pool spends seconds on its own queue.
    """

    def __init__(self, max_connections: int, proxy: str | None = None) -> None:
        """Environment variables do not change where prompts go, only `proxy` does."""
        self._max_connections = max_connections
        self._turnstile = asyncio.Lock()
        self.proxy = proxy
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """The open session."""
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=self._max_connections, keepalive_timeout=KEEP_ALIVE_S)
            # identity: a compressed reply could grow past the size bound before it is counted.
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
        """Wait until no other large piece is read in this turn of the event loop, so that many of them never stop heartbeats and small calls."""
        async with self._turnstile:
            await asyncio.sleep(0)

    async def __aenter__(self) -> Self:
        """Nothing is opened before the first call."""
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


class HttpExchange:
    """Sends one body to one address; every way to fail before an answer begins is a ProviderError."""

    def __init__(
        self, address: ProviderAddress, path: str, pool: ProviderPool, new_stream: Callable[[], EventStream]
    ) -> None:
        """`path` follows the provider's base_url; `new_stream` puts an answer together that comes in pieces."""
        self._url = address.base_url.rstrip("/") + path
        self._place = address.host_label
        self._pool = pool
        self._new_stream = new_stream

    async def post(self, call: ProviderCall, headers: Mapping[str, str], body: bytes) -> HttpReply:
        """Make the call; returns or raises within `call.timeout_s`."""
        arriving = ReplyBuffer(self._new_stream)
        try:
            async with asyncio.timeout(call.timeout_s):
                return await self._sent(arriving, call, headers, body)
        except (
            aiohttp.ConnectionTimeoutError,
            aiohttp.ClientConnectorError,
            aiohttp.ClientHttpProxyError,
            _StaleConnectionError,
        ) as error:
            raise ProviderError(
                "unreachable", f"nothing answers at {self._place}: {type(error).__name__}"
            ) from error
        except TimeoutError:
            return arriving.interrupted(
                "timeout", f"no whole answer from {self._place} within {call.timeout_s:.1f} s"
            )
        except aiohttp.ClientResponseError as error:
            raise ProviderError("bad_reply", f"what {self._place} answered is no HTTP") from error
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError, ValueError) as error:
            raise ProviderError("configuration", f"the address {self._place} is no HTTP address") from error
        except BROKEN as error:
            raise ProviderError(
                "connection_lost", f"the connection to {self._place} broke: {type(error).__name__}"
            ) from error

    async def _sent(
        self, arriving: ReplyBuffer, call: ProviderCall, headers: Mapping[str, str], body: bytes
    ) -> HttpReply:
        for _ in range(MAX_STALE):
            try:
                return await self._exchange(arriving, call, headers, body)
            except _StaleConnectionError:
                # Nothing was sent, and the connection is closed; the next one may be new.
                continue
        return await self._exchange(arriving, call, headers, body)

    async def _exchange(
        self, arriving: ReplyBuffer, call: ProviderCall, headers: Mapping[str, str], body: bytes
    ) -> HttpReply:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=min(CONNECT_TIMEOUT_S, call.timeout_s))
        sent = {
            "Content-Type": "application/json",
            IDEMPOTENCY_HEADER: call.idempotency_key,
            ATTEMPT_HEADER: str(call.attempt_id),
            **headers,
        }
        session, proxy = self._pool.session, self._pool.proxy
        async with session.post(
            self._url, data=body, headers=sent, timeout=timeout, proxy=proxy, allow_redirects=False
        ) as response:
            return await read(response, arriving, self._pool.large_chunk_slot)
