"""Compressed batches: every codec of Kafka is read, and none may expand beyond the bound."""

import gzip
from collections.abc import Callable

import cramjam
import pytest

from streaming.brokers.kafka.compression import (
    GZIP,
    LZ4,
    MAX_BATCH_BYTES,
    NONE,
    SNAPPY,
    ZSTD,
    BatchTooLargeError,
    decompress,
)

CODECS: dict[int, Callable[[bytes], bytes]] = {
    GZIP: gzip.compress,
    SNAPPY: lambda data: bytes(cramjam.snappy.compress_raw(data)),
    LZ4: lambda data: bytes(cramjam.lz4.compress(data)),
    ZSTD: lambda data: bytes(cramjam.zstd.compress(data)),
}


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("size", [1, 100_000])
def test_a_batch_is_decompressed(codec: int, size: int) -> None:
    data = b"record " * size

    assert decompress(codec, CODECS[codec](data)) == data


@pytest.mark.parametrize("codec", CODECS)
def test_a_batch_that_expands_beyond_the_bound_is_refused(codec: int) -> None:
    bomb = CODECS[codec](bytes(MAX_BATCH_BYTES + 1))

    with pytest.raises(BatchTooLargeError):
        decompress(codec, bomb)


def test_uncompressed_data_is_returned_unchanged_and_unknown_codecs_are_refused() -> None:
    assert decompress(NONE, b"data") == b"data"

    with pytest.raises(ValueError, match="codec 7"):
        decompress(7, b"data")
