"""Reading a response from the wire: bounded in size, and what arrived is kept also where it broke off."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import aiohttp
from aiohttp.http_exceptions import ContentEncodingError

from services.router.adapters.http.event_stream import MAX_TEXT_CHARS, EventStream
from services.router.domain.provider_call import FailureKind, ProviderError

OK = 200
# An answer's text is bounded further (reply_bounds); the rest is escapes, thoughts and what surrounds them.
MAX_REPLY_BYTES = 2 * 1024 * 1024
# A stream wraps each token in an event of some hundred bytes, and only what they say is kept.
MAX_STREAM_BYTES = 32 * 1024 * 1024
# Of a refusal only a code, its usage and its headers are read, and the next candidate waits meanwhile.
MAX_REFUSAL_BYTES = 64 * 1024
REFUSAL_S = 2.0
# After the end of a stream the connection is free for the next call, or it is closed.
LAST_BYTES_S = 0.2
LOOK_AGAIN_S = 1.0
EVENTS = "text/event-stream"
# More is read in pieces of this size, one in each turn of the event loop.
LARGE_BYTES = 16 * 1024

READ_HEADERS = ("content-type", "retry-after", "retry-after-ms")

Headers = Mapping[str, Sequence[str]]
BROKEN = (aiohttp.ClientError, ConnectionError)


@dataclass(frozen=True, slots=True)
class HttpReply:
    """A response: whole, or with the `failure` that broke it off inside an answer; then `body` or `stream` is what had arrived by then.

    Of its headers those that are read are kept; each may have come more than once.
    """

    status: int
    headers: Headers
    body: bytes
    stream: EventStream | None = None
    failure: ProviderError | None = None


@dataclass(slots=True)
class ReplyBuffer:
    """What has arrived so far of an answer: its bytes, or the stream that they went into."""

    new_stream: Callable[[], EventStream]
    status: int | None = None
    headers: Headers = field(default_factory=dict[str, Sequence[str]])
    body: bytearray = field(default_factory=bytearray)
    stream: EventStream | None = None
    size: int = 0

    def start(self, status: int, headers: Headers) -> None:
        """Begin with the head; a server that cannot stream answers in one piece, whatever it was asked."""
        self.status, self.headers = status, headers
        if any(kind.lower().startswith(EVENTS) for kind in headers["content-type"]):
            self.stream = self.new_stream()

    @property
    def limit(self) -> int:
        """How many bytes an answer may have."""
        return MAX_REPLY_BYTES if self.stream is None else MAX_STREAM_BYTES

    def feed(self, chunk: bytes) -> None:
        """Take in what arrived next."""
        self.size += len(chunk)
        if self.stream is not None:
            self.stream.feed(chunk)
        else:
            self.body += chunk

    def complete(self) -> HttpReply:
        """End where the answer ends; a stream of which something was left out is no answer."""
        if self.stream is not None:
            self.stream.end()
            if self.stream.is_oversized:
                return self.interrupted(
                    "bad_reply", f"the answer is larger than {MAX_TEXT_CHARS} characters, or a part of it is"
                )
        return HttpReply(self.status or 0, self.headers, bytes(self.body), self.stream)

    def interrupted(self, kind: FailureKind, message: str) -> HttpReply:
        """End here; raises where nothing of an answer had arrived, so that nothing can be said of what it cost. A refusal stands as it is."""
        if self.status is not None and self.status != OK:
            return HttpReply(self.status, self.headers, b"")
        failure = ProviderError(kind, message, status_code=self.status)
        if self.status is None or not self.size:
            raise failure
        return HttpReply(self.status, self.headers, bytes(self.body), self.stream, failure)


async def read(
    response: aiohttp.ClientResponse, arriving: ReplyBuffer, turn: Callable[[], Awaitable[None]]
) -> HttpReply:
    """Read a response to its end or its bound; raises ProviderError, and what `arriving` holds outlives a timeout from outside."""
    arriving.start(response.status, {name: response.headers.getall(name, []) for name in READ_HEADERS})
    if response.status != OK:
        return HttpReply(response.status, arriving.headers, await _refusal(response))
    try:
        while chunk := await _next_chunk(response):
            await _take(chunk, arriving, turn)
            if arriving.size > arriving.limit:
                return arriving.interrupted("bad_reply", f"the reply is larger than {arriving.limit} bytes")
            if arriving.stream is not None and arriving.stream.has_ended:
                await _last_bytes(response)
                break
    except BROKEN as error:
        if isinstance(error.__cause__, ContentEncodingError):
            raise ProviderError(
                "bad_reply", "the reply's compression is damaged", status_code=response.status
            ) from error
        return arriving.interrupted("cut_off", "the connection broke inside the answer")
    return arriving.complete()


async def _take(chunk: bytes, arriving: ReplyBuffer, turn: Callable[[], Awaitable[None]]) -> None:
    """Take in a piece; reading events costs time, so that a large one is read in slices while others have their turn."""
    if arriving.stream is None or len(chunk) <= LARGE_BYTES:
        arriving.feed(chunk)
        return
    for start in range(0, len(chunk), LARGE_BYTES):
        await turn()
        arriving.feed(chunk[start : start + LARGE_BYTES])


async def _next_chunk(response: aiohttp.ClientResponse) -> bytes:
    """Wait for the next piece; empty at the end. aiohttp does not wake a reader where chunked framing breaks, so its connection is looked at."""
    content = response.content
    while not content.at_eof():
        try:
            async with asyncio.timeout(LOOK_AGAIN_S):
                chunk = await content.readany()
        except TimeoutError:
            connection = response.connection
            if connection is None or connection.transport is None or connection.transport.is_closing():
                raise aiohttp.ClientPayloadError("the connection is closed") from None
        else:
            if chunk:
                return chunk
    return b""


async def _refusal(response: aiohttp.ClientResponse) -> bytes:
    """Read the beginning of an error; its status stands whatever becomes of its body."""
    body = bytearray()
    with suppress(TimeoutError, *BROKEN):
        async with asyncio.timeout(REFUSAL_S):
            while len(body) <= MAX_REFUSAL_BYTES and (chunk := await _next_chunk(response)):
                body += chunk
    return bytes(body[:MAX_REFUSAL_BYTES])


async def _last_bytes(response: aiohttp.ClientResponse) -> None:
    with suppress(TimeoutError, *BROKEN):
        async with asyncio.timeout(LAST_BYTES_S):
            while await _next_chunk(response):
                pass
