"""A server that answers each connection with the bytes of the test, and an OpenAI provider for it."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

from schemas.requests import Sampling
from schemas.values import Message
from services.router.adapters.http.exchange import ProviderAddress, ProviderPool
from services.router.adapters.local_tokens import LocalTokenCounter
from services.router.adapters.providers.openai import OpenAIProvider
from services.router.domain.provider_call import ProviderCall, ProviderError

SECRET = "sk-live-0123456789"


PROMPT = "the prompt of <PERSON_1>"


GOOD = {
    "model": "a-1",
    "choices": [{"message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 3},
}


Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


def call(timeout_s: float = 5.0, model: str = "a", **sampling: Any) -> ProviderCall:
    return ProviderCall(
        model=model,
        messages=(Message(role="user", content=PROMPT, name="caller"),),
        sampling=Sampling(**sampling),
        max_tokens=16,
        attempt_id=UUID(int=9),
        idempotency_key="key-1",
        timeout_s=timeout_s,
    )


def http(status: str, body: bytes, *headers: str, length: int | None = None) -> bytes:
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Length: {len(body) if length is None else length}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class WireServer:
    """Reads one request a connection, keeps it, and answers with the bytes it was given."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.heads: list[str] = []
        self.bodies: list[dict[str, Any]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            int(line.split(":")[1])
            for line in head.lower().splitlines()
            if line.startswith("content-length:")
        )
        self.heads.append(head)
        self.bodies.append(json.loads(await reader.readexactly(length)))
        try:
            await self._answer(writer)
        except ConnectionError:
            return
        finally:
            writer.close()


def says(data: bytes) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return answer


@asynccontextmanager
async def provider_at(answer: Answer) -> AsyncGenerator[tuple[OpenAIProvider, WireServer]]:
    wire = WireServer(answer)
    server = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, ProviderPool(4) as client:
        yield (
            OpenAIProvider(
                ProviderAddress("wire", f"http://127.0.0.1:{port}/v1/", SecretStr(SECRET)),
                client,
                lambda: datetime.now(UTC),
                LocalTokenCounter(),
            ),
            wire,
        )


async def error_of(answer: Answer, timeout_s: float = 5.0) -> ProviderError:
    async with provider_at(answer) as (provider, _):
        with pytest.raises(ProviderError) as caught:
            await provider.complete(call(timeout_s))
    return caught.value
