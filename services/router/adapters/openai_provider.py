"""Calls an OpenAI-compatible server over HTTP: one POST for one attempt, bounded in time and size, its content never logged."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import httpx
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


def provider_client(max_connections: int, proxy: str | None = None) -> httpx.AsyncClient:
    """One pool of HTTP/1.1 connections; environment variables do not change where prompts go, only `proxy` does."""
    limits = httpx.Limits(max_connections=max_connections, max_keepalive_connections=max_connections, keepalive_expiry=KEEP_ALIVE_S)
    # identity: a compressed reply could grow past the size bound before it is counted.
    return httpx.AsyncClient(limits=limits, proxy=proxy, trust_env=False, http2=False, headers={"Accept-Encoding": "identity"})


class OpenAIProvider:
    """A provider that speaks OpenAI's chat completions; every way to fail is a ProviderError."""

    kind = "openai"

    def __init__(self, address: ProviderAddress, client: httpx.AsyncClient, now: Callable[[], datetime]) -> None:
        self._address = address
        self._url = address.base_url.rstrip("/") + "/chat/completions"
        self._client = client
        self._now = now

    async def complete(self, call: ProviderCall) -> ProviderReply:
        """Make the call; returns or raises within `call.timeout_s`."""
        try:
            async with asyncio.timeout(call.timeout_s):
                status, headers, body = await self._exchange(call)
        except (TimeoutError, httpx.ReadTimeout, httpx.WriteTimeout) as error:
            raise ProviderError("timeout", f"no answer from {self._place} within {call.timeout_s:.1f} s") from error
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise ProviderError("unreachable", f"nothing answers at {self._place}: {type(error).__name__}") from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise ProviderError("configuration", f"the address {self._place} is no HTTP address") from error
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise ProviderError("connection_lost", f"the connection to {self._place} broke: {type(error).__name__}") from error
        return read_reply(status, headers, body, self._now())

    @property
    def _place(self) -> str:
        # The host alone: a base_url may hold a key in its path or query.
        host, _, _ = self._address.base_url.partition("://")[2].partition("/")
        return f"{self._address.name} ({host.rpartition('@')[2]})"

    async def _exchange(self, call: ProviderCall) -> tuple[int, httpx.Headers, bytes]:
        timeout = httpx.Timeout(call.timeout_s, connect=min(CONNECT_TIMEOUT_S, call.timeout_s))
        async with self._client.stream("POST", self._url, content=self._body(call), headers=self._headers(call), timeout=timeout) as response:
            body = await self._read(response)
            return response.status_code, response.headers, body

    async def _read(self, response: httpx.Response) -> bytes:
        body = bytearray()
        try:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_REPLY_BYTES:
                    raise ProviderError("bad_reply", f"the reply is larger than {MAX_REPLY_BYTES} bytes", status_code=response.status_code)
        except httpx.DecodingError as error:
            raise ProviderError("bad_reply", "the reply's compression is damaged", status_code=response.status_code) from error
        except (httpx.ReadError, httpx.RemoteProtocolError) as error:
            if not response.is_success:
                return bytes(body)
            raise ProviderError("cut_off", "the connection broke inside the answer", status_code=response.status_code) from error
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
