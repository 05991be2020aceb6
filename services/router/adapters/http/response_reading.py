"""Reads responses, limited in size, and keeps what had arrived of one that was cut off."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import aiohttp
from aiohttp.http_exceptions import ContentEncodingError

from services.router.adapters.http.event_stream import MAX_TEXT_CHARS, EventStream
from services.router.domain.provider_call import FailureKind, ProviderError

OK = 200
# The text is limited further by reply_bounds; the rest is escapes, reasoning and JSON around it.
MAX_REPLY_BYTES = 2 * 1024 * 1024
# A stream wraps each token in an event of some hundred bytes, of which only the text is kept.
MAX_STREAM_BYTES = 32 * 1024 * 1024
# Of an error response only code, usage and headers are read, while the next candidate waits.
MAX_ERROR_BYTES = 64 * 1024
ERROR_BODY_TIMEOUT_S = 2.0
# What follows the end mark of a stream is read for this long, or the connection is closed.
LAST_BYTES_TIMEOUT_S = 0.2
CHECK_INTERVAL_S = 1.0
EVENT_STREAM_TYPE = "text/event-stream"
# Larger chunks are parsed in slices of this size, one in each iteration of the event loop.
LARGE_BYTES = 16 * 1024

READ_HEADERS = ("content-type", "retry-after", "retry-after-ms")

Headers = Mapping[str, Sequence[str]]
CONNECTION_ERRORS = (aiohttp.ClientError, ConnectionError)


@dataclass(frozen=True, slots=True)
class HttpReply:
    """A complete response, or with a `failure` one that was cut off, of which `body` or `stream` had arrived.

    Only READ_HEADERS are kept; each may have several values.
    """

    status: int
    headers: Headers
    body: bytes
    stream: EventStream | None = None
    failure: ProviderError | None = None


@dataclass(slots=True)
class ReplyBuffer:
    """What has arrived of an answer: its bytes, or the stream that has read them."""

    new_stream: Callable[[], EventStream]
    status: int | None = None
    headers: Headers = field(default_factory=dict[str, Sequence[str]])
    body: bytearray = field(default_factory=bytearray)
    stream: EventStream | None = None
    size: int = 0

    def start(self, status: int, headers: Headers) -> None:
        """Note the head; a server that cannot stream may answer a streamed call without streaming."""
        self.status, self.headers = status, headers
        if any(kind.lower().startswith(EVENT_STREAM_TYPE) for kind in headers["content-type"]):
            self.stream = self.new_stream()

    @property
    def limit(self) -> int:
        """The maximum size of the answer in bytes."""
        return MAX_REPLY_BYTES if self.stream is None else MAX_STREAM_BYTES

    def feed(self, chunk: bytes) -> None:
        """Add the next bytes."""
        self.size += len(chunk)
        if self.stream is not None:
            self.stream.feed(chunk)
        else:
            self.body += chunk

    def complete(self) -> HttpReply:
        """The complete reply; a stream that had to leave something out is a failure."""
        if self.stream is not None:
            self.stream.end()
            if self.stream.is_oversized:
                return self.interrupted(
                    "bad_reply", f"the answer is larger than {MAX_TEXT_CHARS} characters, or a part of it is"
                )
        return HttpReply(self.status or 0, self.headers, bytes(self.body), self.stream)

    def interrupted(self, kind: FailureKind, message: str) -> HttpReply:
        """The reply as far as it has arrived, with its failure; raises ProviderError if nothing has arrived.

        An error response is returned without its body, as its status is enough.
        """
        if self.status is not None and self.status != OK:
            return HttpReply(self.status, self.headers, b"")
        failure = ProviderError(kind, message, status_code=self.status)
        if self.status is None or not self.size:
            raise failure
        return HttpReply(self.status, self.headers, bytes(self.body), self.stream, failure)


async def read_response(
    response: aiohttp.ClientResponse, buffer: ReplyBuffer, large_chunk_slot: Callable[[], Awaitable[None]]
) -> HttpReply:
    """Read a response to its end or its limit into `buffer`, which outlives a cancellation of this call."""
    buffer.start(response.status, {name: response.headers.getall(name, []) for name in READ_HEADERS})
    if response.status != OK:
        return HttpReply(response.status, buffer.headers, await _error_body(response))
    try:
        while chunk := await _next_chunk(response):
            await _feed(chunk, buffer, large_chunk_slot)
            if buffer.size > buffer.limit:
                return buffer.interrupted("bad_reply", f"the reply is larger than {buffer.limit} bytes")
            if buffer.stream is not None and buffer.stream.has_ended:
                await _last_bytes(response)
                break
    except CONNECTION_ERRORS as error:
        if isinstance(error.__cause__, ContentEncodingError):
            raise ProviderError(
                "bad_reply", "the reply's compression is damaged", status_code=response.status
            ) from error
        return buffer.interrupted("cut_off", "the connection broke inside the answer")
    return buffer.complete()


async def _feed(chunk: bytes, buffer: ReplyBuffer, large_chunk_slot: Callable[[], Awaitable[None]]) -> None:
    """Add a chunk; a large one of a stream is parsed in slices, so that the event loop is not blocked."""
    if buffer.stream is None or len(chunk) <= LARGE_BYTES:
        buffer.feed(chunk)
        return
    for start in range(0, len(chunk), LARGE_BYTES):
        await large_chunk_slot()
        buffer.feed(chunk[start : start + LARGE_BYTES])


async def _next_chunk(response: aiohttp.ClientResponse) -> bytes:
    """The next chunk, empty at the end.

    aiohttp does not wake a reader if chunked framing breaks, so the connection is checked at intervals.
    """
    content = response.content
    while not content.at_eof():
        try:
            async with asyncio.timeout(CHECK_INTERVAL_S):
                chunk = await content.readany()
        except TimeoutError:
            connection = response.connection
            if connection is None or connection.transport is None or connection.transport.is_closing():
                raise aiohttp.ClientPayloadError("the connection is closed") from None
        else:
            if chunk:
                return chunk
    return b""


async def _error_body(response: aiohttp.ClientResponse) -> bytes:
    """The beginning of an error response's body, empty if it does not come."""
    body = bytearray()
    with suppress(TimeoutError, *CONNECTION_ERRORS):
        async with asyncio.timeout(ERROR_BODY_TIMEOUT_S):
            while len(body) <= MAX_ERROR_BYTES and (chunk := await _next_chunk(response)):
                body += chunk
    return bytes(body[:MAX_ERROR_BYTES])


async def _last_bytes(response: aiohttp.ClientResponse) -> None:
    with suppress(TimeoutError, *CONNECTION_ERRORS):
        async with asyncio.timeout(LAST_BYTES_TIMEOUT_S):
            while await _next_chunk(response):
                pass
