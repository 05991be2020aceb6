"""One POST to a user's address is bounded in time and size; its errors hold neither address nor content."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import pytest

from streaming.outside_post import PostError, new_client, post_json


@asynccontextmanager
async def served(*pieces: bytes, pause_s: float = 0.0) -> AsyncGenerator[str]:
    """A server on loopback that sends these bytes, with a pause before each piece but the first."""
    tasks = set[asyncio.Task[object] | None]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            for number, piece in enumerate(pieces):
                await asyncio.sleep(pause_s if number else 0)
                writer.write(piece)
                await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/s3cret"
        await asyncio.gather(*filter(None, tasks), return_exceptions=True)


async def post(url: str, timeout_s: float = 5.0, max_bytes: int = 100) -> bytes:
    async with new_client(4) as client:
        return await post_json(client, url, {"text": "hello"}, timeout_s, max_bytes)


async def test_the_body_of_a_reply_is_returned() -> None:
    async with served(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}") as url:
        assert await post(url) == b"{}"


@pytest.mark.parametrize(
    ("reply", "is_down"),
    [
        (b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n", True),
        (b"HTTP/1.1 429 No\r\ncontent-length: 0\r\n\r\n", True),
        (b"HTTP/1.1 413 No\r\ncontent-length: 0\r\n\r\n", False),
        (b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 1\r\n\r\nx", False),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 200\r\n\r\n" + b"x" * 200, False),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{", True),
        (b"no http", True),
        (b"", True),
    ],
)
async def test_a_bad_reply_is_an_error_that_tells_whether_the_address_is_down(
    reply: bytes, is_down: bool
) -> None:
    async with served(reply) as url:
        with pytest.raises(PostError) as failed:
            await post(url)

    assert failed.value.is_down is is_down
    assert "s3cret" not in str(failed.value)


async def test_nobody_listening_is_an_address_that_is_down() -> None:
    with pytest.raises(PostError) as failed:
        await post("http://127.0.0.1:1/")

    assert failed.value.is_down


async def test_the_time_limit_covers_a_body_that_trickles() -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n"
    async with served(head, *[b"x"] * 50, pause_s=0.05) as url, asyncio.timeout(2):
        with pytest.raises(TimeoutError):
            await post(url, timeout_s=0.3)
