"""The content encodings of ClickHouse's HTTP clients; a body is decompressed to a bounded size only."""

import gzip
import zlib
from collections.abc import Callable, Mapping
from typing import Protocol, cast

import lz4.frame
from backports import zstd

from weir.local.clickhouse.errors import CANNOT_DECOMPRESS, NOT_IMPLEMENTED, TOO_LARGE, EngineError

MAX_BODY_BYTES = 256 * 1024**2
RATIO_COUNTS_FROM_BYTES = 32 * 1024**2
MAX_RATIO = 250
STEP_BYTES = 1024**2


class _Decompressor(Protocol):
    """Decompresses one member of a compressed body in bounded steps."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes | None: ...
    @property
    def needs_input(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _ZlibDecompressor:
    """zlib's decompressor with the interface of the others."""

    def __init__(self, bits: int) -> None:
        self._inner = zlib.decompressobj(bits)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._inner.decompress(data or self._inner.unconsumed_tail, max_length)


def _raw_or_zlib(body: bytes) -> Callable[[], _Decompressor]:
    # Some clients send `deflate` without the zlib header, whose first two bytes are a multiple of 31.
    has_header = len(body) > 1 and body[0] & 0x0F == zlib.DEFLATED and (body[0] << 8 | body[1]) % 31 == 0
    return lambda: _ZlibDecompressor(zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS)


# The compiled part of the library has no types.
_new_lz4 = cast("Callable[[], _Decompressor]", lz4.frame.LZ4FrameDecompressor)

_DECODERS: Mapping[str, Callable[[bytes], Callable[[], _Decompressor]]] = {
    "lz4": lambda _: _new_lz4,
    "zstd": lambda _: zstd.ZstdDecompressor,
    "gzip": lambda _: lambda: _ZlibDecompressor(zlib.MAX_WBITS | 16),
    "deflate": _raw_or_zlib,
}


def _deflate(body: bytes) -> bytes:
    return zlib.compress(body, 1)


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, 1)


_ENCODERS: Mapping[str, Callable[[bytes], bytes]] = {
    "lz4": lz4.frame.compress,
    "zstd": zstd.compress,
    "gzip": _gzip,
    "deflate": _deflate,
}
_MIN_ENCODED_BYTES = 512


def decode(body: bytes, encoding: str | None) -> bytes:
    """Decompress a body; raises EngineError if it is invalid or exceeds the allowed size or ratio."""
    if not encoding or encoding == "identity":
        return body
    decoder = _DECODERS.get(encoding.strip().lower())
    if decoder is None:
        problem = f"Content-Encoding {encoding[:100]!r} is unknown, use one of {', '.join(_DECODERS)}."
        raise EngineError(NOT_IMPLEMENTED, f"{problem} (NOT_IMPLEMENTED)")
    try:
        return _unpack(body, decoder(body))
    except (zlib.error, zstd.ZstdError, RuntimeError, OSError, EOFError, MemoryError) as error:
        message = f"The body is not {encoding}: {error}. (HTTP_BODY_DECOMPRESSION_FAILED)"
        raise EngineError(CANNOT_DECOMPRESS, message) from error


def _unpack(body: bytes, make: Callable[[], _Decompressor]) -> bytes:
    limit = min(MAX_BODY_BYTES, max(RATIO_COUNTS_FROM_BYTES, MAX_RATIO * len(body)))
    unpacked = bytearray()
    rest = body
    # A body may consist of several members.
    while rest:
        unpacker = make()
        while not unpacker.eof:
            piece = unpacker.decompress(rest, STEP_BYTES)
            rest = b""
            unpacked += piece
            if len(unpacked) > limit:
                problem = (
                    f"The body unpacks to more than {limit} bytes, the most for {len(body)} compressed ones."
                )
                raise EngineError(TOO_LARGE, f"{problem} (TOO_LARGE)")
            if not piece and unpacker.needs_input and not unpacker.eof:
                message = "it ends too early"
                raise EOFError(message)
        rest = unpacker.unused_data or b""
    return bytes(unpacked)


def encode(body: bytes, accepted: str) -> tuple[bytes, str | None]:
    """Compress a response with the first encoding that the client accepts; small ones are not compressed."""
    if len(body) < _MIN_ENCODED_BYTES:
        return body, None
    names = {name.split(";")[0].strip().lower() for name in accepted.split(",")}
    for name, encoder in _ENCODERS.items():
        if name in names:
            return encoder(body), name
    return body, None
