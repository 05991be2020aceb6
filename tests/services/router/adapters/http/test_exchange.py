"""On connections that are kept between calls each call gets its own reply, or fails in time."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from services.router.adapters.http.exchange import ProviderAddress, ProviderPool
from services.router.adapters.local_tokens import LocalTokenCounter
from services.router.adapters.providers.openai import OpenAIProvider
from services.router.domain.provider_call import ProviderError

if TYPE_CHECKING:
    from tests.services.router.adapters.conftest import Wire

TOKENS = LocalTokenCounter()
Served = Callable[[int, asyncio.StreamWriter], Awaitable[None]]


def reply(text: str, *headers: str) -> bytes:
    body = json.dumps({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}).encode()
    return (
        "\r\n".join(["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers]).encode()
        + b"\r\n\r\n"
        + body
    )


@asynccontextmanager
async def keeping(answer: Served) -> AsyncGenerator[tuple[OpenAIProvider, list[int]]]:
    """Serve calls on kept connections; `answer` gets the call's number, each connection appends its count."""
    served: list[int] = []
    numbers = iter(range(100))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        place = len(served)
        served.append(0)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                await reader.readexactly(
                    next(
                        int(line.split(":")[1])
                        for line in head.splitlines()
                        if line.startswith("content-length:")
                    )
                )
                served[place] += 1
                await answer(next(numbers), writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.close()

    tasks: list[asyncio.Task[None]] = []
    server = await asyncio.start_server(
        lambda reader, writer: tasks.append(asyncio.create_task(serve(reader, writer))), "127.0.0.1", 0
    )
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    async with server:
        async with ProviderPool(4) as pool:
            yield (
                OpenAIProvider(
                    ProviderAddress("wire", url, stream=True), pool, lambda: datetime.now(UTC), TOKENS
                ),
                served,
            )
        await asyncio.gather(*tasks)


async def test_a_reply_that_nobody_asked_for_is_not_the_next_calls(wire: "Wire") -> None:
    async def answer(number: int, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(f"answer {number}"))
        await writer.drain()
        await asyncio.sleep(0.02)
        writer.write(reply("meant for nobody"))

    async with keeping(answer) as (provider, served):
        texts: list[str] = []
        for _ in range(4):
            texts.append((await provider.complete(wire.call())).content)
            await asyncio.sleep(0.1)

    assert texts == ["answer 0", "answer 1", "answer 2", "answer 3"]
    assert served == [1, 1, 1, 1]


async def test_two_replies_to_one_call_are_one_reply_and_the_connection_is_left(wire: "Wire") -> None:
    async def answer(number: int, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(f"answer {number}") + reply("meant for nobody"))

    async with keeping(answer) as (provider, _):
        texts = [(await provider.complete(wire.call())).content for _ in range(3)]

    assert texts == ["answer 0", "answer 1", "answer 2"]


async def test_a_clean_connection_serves_one_call_after_the_other(wire: "Wire") -> None:
    async def answer(number: int, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(f"answer {number}"))

    async with keeping(answer) as (provider, served):
        for _ in range(5):
            await provider.complete(wire.call())

    assert served == [5]


async def test_a_stream_ends_where_its_provider_says_so_although_the_connection_stays_open(
    wire: "Wire",
) -> None:
    events = b'data: {"choices": [{"delta": {"content": "hi"}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'

    async def answer(number: int, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/event-stream\r\n\r\n"
        )
        writer.write(b"%x\r\n%s\r\n" % (len(events), events))

    async with keeping(answer) as (provider, _):
        async with asyncio.timeout(1.5):
            reply = await provider.complete(wire.call(timeout_s=5.0))

    assert reply.content == "hi"


async def test_framing_that_breaks_inside_an_answer_ends_the_call_long_before_its_time(wire: "Wire") -> None:
    async def answer(number: int, writer: asyncio.StreamWriter) -> None:
        writer.write(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"cho\r\n')
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(b"no size\r\n")

    async with keeping(answer) as (provider, _):
        async with asyncio.timeout(3):
            with pytest.raises(ProviderError) as caught:
                await provider.complete(wire.call(timeout_s=30.0))

    assert caught.value.kind == "cut_off"


@pytest.mark.parametrize("timeout_s", [0.5, 30.0])
async def test_a_refusal_whose_body_does_not_come_stands_by_its_status(
    wire: "Wire", timeout_s: float
) -> None:
    async def answer(number: int, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b'HTTP/1.1 429 Too Many Requests\r\nContent-Length: 900\r\nRetry-After: 3\r\n\r\n{"error"'
        )

    async with keeping(answer) as (provider, _):
        async with asyncio.timeout(4):
            with pytest.raises(ProviderError) as caught:
                await provider.complete(wire.call(timeout_s=timeout_s))

    assert (caught.value.kind, caught.value.status_code, caught.value.retry_after_s) == (
        "rate_limited",
        429,
        3.0,
    )
