"""Calls an OpenAI-compatible server over HTTP: one POST for one attempt, bounded in time and size, its content never logged."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self

import aiohttp
from aiohttp.http_exceptions import ContentEncodingError
from pydantic import JsonValue, SecretStr
from pydantic_core import to_json

from services.router.adapters.openai_reply import read_reply
from services.router.domain.provider_call import ProviderCall, ProviderError, ProviderReply

# A reply must fit, sealed and beside its prompt, into one record on the log.
MAX_REPLY_BYTES = 2 * 1024 * 1024
CONNECT_TIMEOUT_S = 5.0
KEEP_ALIVE_S = 30.0
ATTEMPT_HEADER = "x-weir-attempt"
IDEMPOTENCY_HEADER = "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class ProviderAddress:
    """Where a provider answers; `limit_field` is `max_completion_tokens` for OpenAI's own reasoning models."""

    name: str
    base_url: str
    api_key: SecretStr | None = None
    limit_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"


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


class OpenAIProvider:
    """A provider that speaks OpenAI's chat completions; every way to fail is a ProviderError."""

    kind = "openai"

    def __init__(self, address: ProviderAddress, pool: ProviderPool, now: Callable[[], datetime]) -> None:
        self._address = address
        self._url = address.base_url.rstrip("/") + "/chat/completions"
        self._pool = pool
        self._now = now

    async def complete(self, call: ProviderCall) -> ProviderReply:
        """Make the call; returns or raises within `call.timeout_s`."""
        try:
            async with asyncio.timeout(call.timeout_s):
                status, headers, body = await self._exchange(call)
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError) as error:
            raise ProviderError("unreachable", f"nothing answers at {self._place}: {type(error).__name__}") from error
        except TimeoutError as error:
            raise ProviderError("timeout", f"no answer from {self._place} within {call.timeout_s:.1f} s") from error
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError, ValueError) as error:
            raise ProviderError("configuration", f"the address {self._place} is no HTTP address") from error
        except (aiohttp.ClientError, OSError) as error:
            raise ProviderError("connection_lost", f"the connection to {self._place} broke: {type(error).__name__}") from error
        return read_reply(status, headers, body, self._now())

    @property
    def _place(self) -> str:
        # The host alone: a base_url may hold a key in its path or query.
        host, _, _ = self._address.base_url.partition("://")[2].partition("/")
        return f"{self._address.name} ({host.rpartition('@')[2]})"

    async def _exchange(self, call: ProviderCall) -> tuple[int, Mapping[str, str], bytes]:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=min(CONNECT_TIMEOUT_S, call.timeout_s))
        session, proxy = self._pool.session, self._pool.proxy
        posting = session.post(self._url, data=self._body(call), headers=self._headers(call), timeout=timeout, proxy=proxy, allow_redirects=False)
        async with posting as response:
            return response.status, response.headers, await self._read(response)

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        try:
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > MAX_REPLY_BYTES:
                    raise ProviderError("bad_reply", f"the reply is larger than {MAX_REPLY_BYTES} bytes", status_code=response.status)
        except (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError, ConnectionError) as error:
            if isinstance(error.__cause__, ContentEncodingError):
                raise ProviderError("bad_reply", "the reply's compression is damaged", status_code=response.status) from error
            if not response.ok:
                return bytes(body)
            raise ProviderError("cut_off", "the connection broke inside the answer", status_code=response.status) from error
        return bytes(body)

    def _headers(self, call: ProviderCall) -> dict[str, str]:
        headers = {"Content-Type": "application/json", IDEMPOTENCY_HEADER: call.idempotency_key, ATTEMPT_HEADER: str(call.attempt_id)}
        if self._address.api_key is not None:
            headers["Authorization"] = f"Bearer {self._address.api_key.get_secret_value()}"
        return headers

    def _body(self, call: ProviderCall) -> bytes:
        settings: dict[str, JsonValue] = call.sampling.model_dump(mode="json", exclude_none=True, exclude={"max_tokens"})
        messages = [message.model_dump(mode="json", exclude_none=True) for message in call.messages]
        return to_json({"model": call.model, "messages": messages, self._address.limit_field: call.max_tokens, **settings})
