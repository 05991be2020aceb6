"""A server that sends exactly the bytes of a test."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from schemas.requests import Sampling
from schemas.values import Message
from services.router.domain.provider_call import ProviderCall

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Wire:
    """Reads one request a connection, keeps it, and answers with the bytes it was given."""

    def __init__(self) -> None:
        self.heads: list[str] = []
        self.bodies: list[dict[str, Any]] = []

    @asynccontextmanager
    async def saying(self, data: bytes, *, is_silent: bool = False) -> AsyncGenerator[str]:
        """Serve at the address that is given, and after the bytes say nothing until the end."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(
                int(line.split(":")[1])
                for line in head.lower().splitlines()
                if line.startswith("content-length:")
            )
            self.heads.append(head)
            self.bodies.append(json.loads(await reader.readexactly(length)))
            try:
                writer.write(data)
                await writer.drain()
                if is_silent:
                    await over.wait()
            except ConnectionError:
                pass
            finally:
                writer.close()
                served.set()

        over, served = asyncio.Event(), asyncio.Event()
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
            over.set()
            await served.wait()

    @staticmethod
    def http(status: str, body: bytes, *headers: str, length: int | None = None) -> bytes:
        """Write a response; a `length` beyond the body's is a promise that the server breaks."""
        lines = [
            f"HTTP/1.1 {status}",
            f"Content-Length: {len(body) if length is None else length}",
            "Connection: close",
            *headers,
        ]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    @staticmethod
    def call(*messages: Message, timeout_s: float = 5.0, **sampling: Any) -> ProviderCall:
        """Ask something."""
        return ProviderCall(
            model="a",
            messages=messages or (Message(role="user", content="the prompt of <PERSON_1>"),),
            sampling=Sampling(**sampling),
            max_tokens=16,
            attempt_id=UUID(int=9),
            idempotency_key="key-1",
            timeout_s=timeout_s,
        )


@pytest.fixture
def wire() -> Wire:
    return Wire()
