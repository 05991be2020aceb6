"""Decompresses Kafka batches up to a size limit: a megabyte could otherwise expand to gigabytes."""

import struct
import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType

import cramjam

MAX_BATCH_BYTES = 32 * 1024 * 1024
"""Four records of the largest size that a topic accepts (schemas.topics.MAX_RECORD_BYTES)."""
NONE, GZIP, SNAPPY, LZ4, ZSTD = range(5)
GZIP_WINDOW = 31
XERIAL_MAGIC = b"\x82SNAPPY\x00"
XERIAL_HEADER_BYTES = 16
BLOCK_LENGTH = struct.Struct(">i")


class BatchTooLargeError(ValueError):
    """A batch expands to more than MAX_BATCH_BYTES."""


def decompress(codec: int, data: bytes) -> bytes:
    """The records of a batch; raises BatchTooLargeError, or the library's own error for damaged data."""
    if codec == NONE:
        return data
    decoder = _DECODERS.get(codec)
    if decoder is None:
        msg = f"compression codec {codec} is not known; Kafka defines 0 to {ZSTD}"
        raise ValueError(msg)
    return decoder(data)


def _gzip(data: bytes) -> bytes:
    decoder = zlib.decompressobj(GZIP_WINDOW)
    decoded = decoder.decompress(data, MAX_BATCH_BYTES + 1)
    if len(decoded) > MAX_BATCH_BYTES:
        raise _too_large()
    if not decoder.eof:
        msg = "the gzip stream ends too early"
        raise ValueError(msg)
    return decoded


def _snappy(data: bytes) -> bytes:
    """Raw snappy, or the Java library's framing, whose blocks each begin with their size."""
    if not data.startswith(XERIAL_MAGIC):
        return _snappy_block(data, 0)
    decoded, position = bytearray(), XERIAL_HEADER_BYTES
    while position < len(data):
        (length,) = BLOCK_LENGTH.unpack_from(data, position)
        position += BLOCK_LENGTH.size
        if length < 0 or position + length > len(data):
            msg = f"a snappy block of {length} bytes does not fit into the batch"
            raise ValueError(msg)
        decoded += _snappy_block(data[position : position + length], len(decoded))
        position += length
    return bytes(decoded)


def _snappy_block(block: bytes, before: int) -> bytes:
    if before + cramjam.snappy.decompress_raw_len(block) > MAX_BATCH_BYTES:
        raise _too_large()
    return bytes(cramjam.snappy.decompress_raw(block))


def _into_bounded_buffer(decompress_into: Callable[[bytes, bytearray], int]) -> Callable[[bytes], bytes]:
    def decode(data: bytes) -> bytes:
        # A small buffer first: one of the largest size for each batch would cost more than the batch itself.
        for size in (min(MAX_BATCH_BYTES, 64 * 1024 + 8 * len(data)), MAX_BATCH_BYTES):
            buffer = bytearray(size)
            try:
                return bytes(memoryview(buffer)[: decompress_into(data, buffer)])
            except cramjam.DecompressionError as error:
                if _BUFFER_FULL not in str(error):
                    raise
        raise _too_large()

    return decode


_BUFFER_FULL = "whole buffer"
_DECODERS: Mapping[int, Callable[[bytes], bytes]] = MappingProxyType(
    {
        GZIP: _gzip,
        SNAPPY: _snappy,
        LZ4: _into_bounded_buffer(cramjam.lz4.decompress_into),
        ZSTD: _into_bounded_buffer(cramjam.zstd.decompress_into),
    }
)


def _too_large() -> BatchTooLargeError:
    return BatchTooLargeError(f"a batch unfolds to more than {MAX_BATCH_BYTES} bytes")
