"""Reads request bodies in bounded memory and time: a limit for each body, and one for all bodies together."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from email.parser import BytesParser
from email.policy import HTTP
from typing import cast

from starlette.requests import Request

from weir.local.clickhouse import wire
from weir.local.clickhouse.errors import NOT_IMPLEMENTED, TOO_LARGE, TOO_MANY_QUERIES, EngineError

MAX_BUFFERED_BYTES = 1024**3
PIECE_TIMEOUT_S = 20.0
BODY_TIMEOUT_S = 120.0


class BodyReader:
    """Reads bodies up to a limit of buffered bytes; one with too large a Content-Length is refused unread."""

    def __init__(self, max_buffered_bytes: int = MAX_BUFFERED_BYTES) -> None:
        """Buffer at most this many bytes of all bodies together."""
        self._free = max_buffered_bytes
        # Decompression uses a whole core, so at most two run at once.
        self._unpacking = asyncio.Semaphore(2)

    @asynccontextmanager
    async def read(self, request: Request, encoding: str | None) -> AsyncGenerator[bytes]:
        """The decompressed body, buffered during the block; raises TimeoutError if it arrives too slowly."""
        buffered = 0
        body = bytearray()
        try:
            _check_size(int(request.headers.get("content-length") or 0))
            async with asyncio.timeout(BODY_TIMEOUT_S):
                pieces = request.stream()
                while (piece := await asyncio.wait_for(anext(pieces, None), PIECE_TIMEOUT_S)) is not None:
                    buffered = self._count(buffered, len(piece))
                    body += piece
                    _check_size(len(body))
            unpacked = bytes(body)
            del body[:]
            if encoding:
                async with self._unpacking:
                    unpacked = await asyncio.to_thread(wire.decode, unpacked, encoding)
                buffered = self._count(buffered, max(0, len(unpacked) - buffered))
            yield unpacked
        finally:
            self._free += buffered

    def _count(self, buffered: int, more: int) -> int:
        if more > self._free:
            problem = "The bodies of all requests together exceed the limit of the server."
            raise EngineError(TOO_MANY_QUERIES, f"{problem} (TOO_MANY_SIMULTANEOUS_QUERIES)")
        self._free -= more
        return buffered + more


def _check_size(size: int) -> None:
    if not 0 <= size <= wire.MAX_BODY_BYTES:
        raise EngineError(
            TOO_LARGE, f"A body of {size} bytes is outside of 0..{wire.MAX_BODY_BYTES}. (TOO_LARGE)"
        )


def form_fields(body: bytes, content_type: str) -> dict[str, str]:
    """The fields of a multipart form; raises EngineError for files, which would be external tables."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1")
    fields: dict[str, str] = {}
    for part in BytesParser(policy=HTTP).parsebytes(head + body).iter_parts():
        if part.get_filename():
            raise EngineError(
                NOT_IMPLEMENTED, "External tables are not supported by the embedded engine. (NOT_IMPLEMENTED)"
            )
        name = part.get_param("name", header="content-disposition")
        fields[str(name)] = cast("bytes", part.get_payload(decode=True)).decode()
    return fields
