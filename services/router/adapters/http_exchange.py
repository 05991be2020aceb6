"""One POST to a provider: bounded in time and size, its content never logged, and what arrived is kept also where it broke off."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Self

import aiohttp
from aiohttp.http_exceptions import ContentEncodingError
from pydantic import SecretStr

from services.router.domain.provider_call import FailureKind, ProviderCall, ProviderError

# A reply must fit, sealed and beside its prompt, into one record on the log.
MAX_REPLY_BYTES = 2 * 1024 * 1024
# A stream wraps each token in an event of some hundred bytes.
MAX_STREAM_BYTES = 8 * MAX_REPLY_BYTES
CONNECT_TIMEOUT_S = 5.0
KEEP_ALIVE_S = 30.0
OK = 200
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
    def place(self) -> str:
        """Name it in errors by its host alone: a base_url may hold a key in its path or query."""
        host, _, _ = self.base_url.partition("://")[2].partition("/")
        return f"{self.name} ({host.rpartition('@')[2]})"


class ProviderPool:
    """One pool of HTTP/1.1 connections for all providers, opened at the first call, since it belongs to the running event loop.

    aiohttp and not httpx: with some hundred calls in flight httpcore's pool spends seconds on its own queue.
    """

    def __init__(self, max_connections: int, proxy: str | None = None) -> None:
        """Environment variables do not change where prompts go, only `proxy` does."""
        self._max_connections = max_connections
        self.proxy = proxy
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """The open session."""
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=self._max_connections, keepalive_timeout=KEEP_ALIVE_S)
            # identity: a compressed reply could grow past the size bound before it is counted.
            self._session = aiohttp.ClientSession(
                connector=connector, trust_env=False, headers={"Accept-Encoding": "identity"}, cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session

    async def __aenter__(self) -> Self:
        """Nothing is opened before the first call."""
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


@dataclass(frozen=True, slots=True)
class Received:
    """A response: whole, or with the `failure` that broke it off inside an answer, and then `body` is what had arrived by then."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    failure: ProviderError | None = None

    @property
    def is_stream(self) -> bool:
        """Whether it came in events; a server that cannot stream answers in one piece, whatever it was asked."""
        return self.headers.get("content-type", "").startswith("text/event-stream")


@dataclass(slots=True)
class _Arriving:
    """What has arrived so far."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytearray = field(default_factory=bytearray)

    def broken(self, kind: FailureKind, message: str) -> Received:
        """End here; raises where nothing of an answer had arrived, so that nothing can be said of what it cost."""
        failure = ProviderError(kind, message, status_code=self.status)
        if self.status != OK or not self.body:
            raise failure
        return Received(self.status, self.headers, bytes(self.body), failure)


class HttpExchange:
    """Sends one body to one address; every way to fail before an answer begins is a ProviderError."""

    def __init__(self, address: ProviderAddress, path: str, pool: ProviderPool) -> None:
        """`path` follows the provider's base_url."""
        self._url = address.base_url.rstrip("/") + path
        self._place = address.place
        self._pool = pool

    async def post(self, call: ProviderCall, headers: Mapping[str, str], body: bytes) -> Received:
        """Make the call; returns or raises within `call.timeout_s`."""
        arriving = _Arriving()
        try:
            async with asyncio.timeout(call.timeout_s):
                return await self._exchange(arriving, call, headers, body)
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError) as error:
            raise ProviderError("unreachable", f"nothing answers at {self._place}: {type(error).__name__}") from error
        except TimeoutError:
            return arriving.broken("timeout", f"no whole answer from {self._place} within {call.timeout_s:.1f} s")
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError, ValueError) as error:
            raise ProviderError("configuration", f"the address {self._place} is no HTTP address") from error
        except (aiohttp.ClientError, OSError) as error:
            raise ProviderError("connection_lost", f"the connection to {self._place} broke: {type(error).__name__}") from error

    async def _exchange(self, arriving: _Arriving, call: ProviderCall, headers: Mapping[str, str], body: bytes) -> Received:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=min(CONNECT_TIMEOUT_S, call.timeout_s))
        sent = {"Content-Type": "application/json", IDEMPOTENCY_HEADER: call.idempotency_key, ATTEMPT_HEADER: str(call.attempt_id), **headers}
        session, proxy = self._pool.session, self._pool.proxy
        async with session.post(self._url, data=body, headers=sent, timeout=timeout, proxy=proxy, allow_redirects=False) as response:
            arriving.status, arriving.headers = response.status, response.headers
            return await _read(response, arriving)


async def _read(response: aiohttp.ClientResponse, arriving: _Arriving) -> Received:
    limit = MAX_STREAM_BYTES if response.content_type == "text/event-stream" else MAX_REPLY_BYTES
    try:
        async for chunk in response.content.iter_any():
            arriving.body += chunk
            if len(arriving.body) > limit:
                return arriving.broken("bad_reply", f"the reply is larger than {limit} bytes")
    except (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError, ConnectionError) as error:
        if isinstance(error.__cause__, ContentEncodingError):
            raise ProviderError("bad_reply", "the reply's compression is damaged", status_code=response.status) from error
        if response.ok:
            return arriving.broken("cut_off", "the connection broke inside the answer")
    return Received(response.status, response.headers, bytes(arriving.body))
