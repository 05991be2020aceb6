"""Bodies are read in bounded memory: too large ones are refused, and what was buffered is given back."""

import gzip
from collections.abc import Sequence

import pytest
from starlette.requests import Request
from starlette.types import Message

from weir.local.clickhouse import wire
from weir.local.clickhouse.bodies import BodyReader, form_fields
from weir.local.clickhouse.errors import EngineError


def request(*pieces: bytes, declared: int | None = None) -> Request:
    """A request whose body arrives in these pieces."""
    waiting = [
        {"type": "http.request", "body": piece, "more_body": number < len(pieces) - 1}
        for number, piece in enumerate(pieces)
    ]

    async def receive() -> Message:
        return waiting.pop(0)

    headers = [] if declared is None else [(b"content-length", str(declared).encode())]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive)


async def read(reader: BodyReader, arriving: Request, encoding: str | None = None) -> bytes:
    async with reader.read(arriving, encoding) as body:
        return body


async def test_pieces_are_joined_and_a_compressed_body_is_decompressed() -> None:
    reader = BodyReader()
    packed = gzip.compress(b"SELECT 1" * 99)

    assert await read(reader, request(b"SELECT ", b"", b"1")) == b"SELECT 1"
    assert await read(reader, request(packed[:9], packed[9:]), "gzip") == b"SELECT 1" * 99


@pytest.mark.parametrize("declared", [-1, wire.MAX_BODY_BYTES + 1])
async def test_a_body_of_an_impossible_length_is_refused_unread(declared: int) -> None:
    with pytest.raises(EngineError, match="is outside of 0"):
        await read(BodyReader(), request(declared=declared))


@pytest.mark.parametrize(
    ("pieces", "encoding"),
    [((b"x" * 60, b"x" * 60), None), ((gzip.compress(b"x" * 5_000),), "gzip")],
)
async def test_bodies_over_the_shared_limit_are_refused_and_their_bytes_given_back(
    pieces: Sequence[bytes], encoding: str | None
) -> None:
    reader = BodyReader(max_buffered_bytes=100)

    for _ in range(3):
        with pytest.raises(EngineError, match="all requests together exceed"):
            await read(reader, request(*pieces), encoding)

    assert await read(reader, request(b"x" * 100)) == b"x" * 100


async def test_a_body_counts_until_its_request_has_ended() -> None:
    reader = BodyReader(max_buffered_bytes=100)

    async with reader.read(request(b"x" * 60), None):
        with pytest.raises(EngineError, match="all requests together exceed"):
            await read(reader, request(b"y" * 60))

    assert await read(reader, request(b"y" * 60)) == b"y" * 60


FORM = (
    b'--b\r\nContent-Disposition: form-data; name="query"\r\n\r\nSELECT {a:String}\r\n'
    b'--b\r\nContent-Disposition: form-data; name="param_a"\r\n\r\n\xc3\xa4\r\n%s--b--\r\n'
)


def test_a_form_has_its_fields_by_name_and_no_files() -> None:
    fields = form_fields(FORM % b"", "multipart/form-data; boundary=b")
    file = b'--b\r\nContent-Disposition: form-data; name="t"; filename="t.csv"\r\n\r\n1\r\n'

    assert fields == {"query": "SELECT {a:String}", "param_a": "ä"}
    with pytest.raises(EngineError, match="External tables are not supported"):
        form_fields(FORM % file, "multipart/form-data; boundary=b")
