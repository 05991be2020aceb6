"""The encodings that ClickHouse's HTTP clients send and accept."""

import gzip
import zlib
from collections.abc import Callable, Mapping

import lz4.frame
from backports import zstd

from weir.local.clickhouse_errors import CANNOT_DECOMPRESS, NOT_IMPLEMENTED, EngineError


def _deflate(body: bytes) -> bytes:
    return zlib.compress(body, 1)


def _inflate(body: bytes) -> bytes:
    # Clients disagree whether `deflate` has the zlib header.
    try:
        return zlib.decompress(body)
    except zlib.error:
        return zlib.decompress(body, -zlib.MAX_WBITS)


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, 1)


_DECODERS: Mapping[str, Callable[[bytes], bytes]] = {
    "lz4": lz4.frame.decompress,
    "zstd": zstd.decompress,
    "gzip": gzip.decompress,
    "deflate": _inflate,
}
_ENCODERS: Mapping[str, Callable[[bytes], bytes]] = {
    "lz4": lz4.frame.compress,
    "zstd": zstd.compress,
    "gzip": _gzip,
    "deflate": _deflate,
}
_WORTH_ENCODING = 512


def decode(body: bytes, encoding: str | None) -> bytes:
    """Undo a Content-Encoding."""
    if not encoding or encoding == "identity":
        return body
    decoder = _DECODERS.get(encoding.strip().lower())
    if decoder is None:
        message = f"Content-Encoding {encoding!r} is unknown, use one of {', '.join(_DECODERS)}. (NOT_IMPLEMENTED)"
        raise EngineError(NOT_IMPLEMENTED, message)
    try:
        return decoder(body)
    except (zlib.error, zstd.ZstdError, RuntimeError, OSError, EOFError) as error:
        message = f"The body is not {encoding}: {error}. (HTTP_BODY_DECOMPRESSION_FAILED)"
        raise EngineError(CANNOT_DECOMPRESS, message) from error


def encode(body: bytes, accepted: str) -> tuple[bytes, str | None]:
    """Compress an answer in the first way that the client accepts; small ones stay as they are."""
    if len(body) < _WORTH_ENCODING:
        return body, None
    names = {name.split(";")[0].strip().lower() for name in accepted.split(",")}
    for name, encoder in _ENCODERS.items():
        if name in names:
            return encoder(body), name
    return body, None
