"""Request bodies in bounded memory: a limit for each, one for all together, and a time within which each must arrive."""

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
    """Reads bodies and counts what is held; what does not fit is refused, before it is read where its length is told."""

    def __init__(self, held_bytes: int = MAX_BUFFERED_BYTES) -> None:
        """Begin with nothing held."""
        self._free = held_bytes
        # Unpacking is work for a core, and there are few.
        self._unpacking = asyncio.Semaphore(2)

    @asynccontextmanager
    async def read(self, request: Request, encoding: str | None) -> AsyncGenerator[bytes]:
        """The unpacked body, counted as held until the end of the block; TimeoutError where it does not arrive in time."""
        held = 0
        body = bytearray()
        try:
            _check_size(int(request.headers.get("content-length") or 0))
            async with asyncio.timeout(BODY_TIMEOUT_S):
                pieces = request.stream()
                while (piece := await asyncio.wait_for(anext(pieces, None), PIECE_TIMEOUT_S)) is not None:
                    held = self._count(held, len(piece))
                    body += piece
                    _check_size(len(body))
            unpacked = bytes(body)
            del body[:]
            if encoding:
                async with self._unpacking:
                    unpacked = await asyncio.to_thread(wire.decode, unpacked, encoding)
                held = self._count(held, max(0, len(unpacked) - held))
            yield unpacked
        finally:
            self._free += held

    def _count(self, held: int, more: int) -> int:
        if more > self._free:
            text = "The bodies of all requests together are larger than what is held at once. (TOO_MANY_SIMULTANEOUS_QUERIES)"
            raise EngineError(TOO_MANY_QUERIES, text)
        self._free -= more
        return held + more


def _check_size(size: int) -> None:
    if not 0 <= size <= wire.MAX_BODY_BYTES:
        raise EngineError(
            TOO_LARGE, f"A body of {size} bytes is outside of 0..{wire.MAX_BODY_BYTES}. (TOO_LARGE)"
        )


def form_fields(body: bytes, content_type: str) -> dict[str, str]:
    """The fields of a multipart form; files in it would be external tables."""
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
