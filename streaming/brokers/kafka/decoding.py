"""Decodes fetched batches so that no record can stop its reader: undecodable ones are returned as raw bytes.

aiokafka raises if a header's name is not UTF-8 or a batch is damaged, and then meets the same batch again at
every fetch. `install` replaces its decoder by `BoundedRecords`: the common case still runs in aiokafka's
compiled code; the rest of a batch that it refuses is read here, record by record. Such records carry
`UNDECODABLE` as their first header, which `undecodable_reason` reads.
"""

import struct
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.record.legacy_records import LegacyRecordBatch

from streaming.brokers.kafka.compression import BatchTooLargeError, decompress

HEADER = struct.Struct(">qiibIhiqqqhii")
LENGTH_OFFSET, MAGIC_OFFSET, ATTRIBUTES_OFFSET = 8, 16, 21
LOG_OVERHEAD = 12
MAGIC = 2
CODEC_MASK, APPEND_TIME_MASK = 0x07, 0x08
# No producer can write this name: UTF-8 never decodes to a lone surrogate, damaged names only from U+DC80 on.
UNDECODABLE = "\ud800weir-undecodable"
MAX_VARINT_BITS = 63

HeaderList = tuple[tuple[str, bytes | None], ...]


class BoundedRecords:
    """The batches of one fetch, as aiokafka's fetcher iterates over them."""

    def __init__(self, data: bytes) -> None:
        """Take what a fetch returned for one partition."""
        self._data = data
        self._position = 0

    def size_in_bytes(self) -> int:
        """How many bytes were fetched, including an incomplete last batch."""
        return len(self._data)

    def has_next(self) -> bool:
        """Whether another complete batch follows."""
        return self._end() <= len(self._data)

    def next_batch(self) -> Any:  # noqa: ANN401 - aiokafka's own classes have no stubs
        """The next complete batch."""
        start, self._position = self._position, self._end()
        raw = self._data[start : self._position]
        magic = raw[MAGIC_OFFSET]
        return BoundedBatch(raw) if magic >= MAGIC else LegacyRecordBatch(raw, magic)

    def _end(self) -> int:
        if len(self._data) - self._position < LOG_OVERHEAD:
            return len(self._data) + 1
        (length,) = struct.unpack_from(">i", self._data, self._position + LENGTH_OFFSET)
        return self._position + LOG_OVERHEAD + max(length, HEADER.size - LOG_OVERHEAD)


@dataclass(frozen=True, slots=True)
class DecodedRecord:
    """A record in aiokafka's form."""

    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: HeaderList
    checksum: None = None


class BoundedBatch:
    """One batch, decoded by aiokafka as far as it can, then by this module."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._batch = DefaultRecordBatch(raw)
        self.base_offset: int = self._batch.base_offset
        self.next_offset: int = self._batch.next_offset
        self.producer_id: int = self._batch.producer_id
        self.is_control_batch: bool = self._batch.is_control_batch
        self.is_transactional: bool = self._batch.is_transactional

    def validate_crc(self) -> bool:
        """Whether the checksum of the batch is correct."""
        return bool(self._batch.validate_crc())

    def __next__(self) -> Any:  # noqa: ANN401 - as above
        """The first record of a control batch."""
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        last_offset = self.base_offset - 1
        try:
            for record in self._decoded():
                if not last_offset < record.offset < self.next_offset:
                    raise IndexError(record.offset)  # noqa: TRY301 - a damaged offset is read anew like any other damage
                last_offset = record.offset
                yield record
        except Exception as error:  # noqa: BLE001 - no batch may stop the reader: the rest is read here
            yield from self._remaining_records(last_offset, error)

    def _decoded(self) -> Iterable[Any]:
        attributes = self._attributes()
        if not attributes & CODEC_MASK:
            return self._batch
        records = decompress(attributes & CODEC_MASK, self._raw[HEADER.size :])
        return DefaultRecordBatch(self._uncompressed_header(attributes, len(records)) + records)

    def _uncompressed_header(self, attributes: int, size: int) -> bytes:
        header = bytearray(self._raw[: HEADER.size])
        struct.pack_into(">i", header, LENGTH_OFFSET, HEADER.size - LOG_OVERHEAD + size)
        struct.pack_into(">h", header, ATTRIBUTES_OFFSET, attributes & ~CODEC_MASK)
        return bytes(header)

    def _attributes(self) -> int:
        return int(struct.unpack_from(">h", self._raw, ATTRIBUTES_OFFSET)[0])

    def _remaining_records(self, last_offset: int, error: Exception) -> Generator[DecodedRecord]:
        attributes = self._attributes()
        times = _BatchTimestamps(self._raw, attributes)
        try:
            data = decompress(attributes & CODEC_MASK, self._raw[HEADER.size :])
        except Exception as damage:  # noqa: BLE001 - as above: only the raw batch can be returned
            reason = (
                str(damage)
                if isinstance(damage, BatchTooLargeError)
                else f"its compression is damaged ({type(damage).__name__})"
            )
            yield times.raw(max(last_offset + 1, self.base_offset), self._raw[HEADER.size :], reason)
            return
        for record in _records_of(data, (self.base_offset, self.next_offset), times, type(error).__name__):
            if record.offset > last_offset:
                last_offset = record.offset
                yield record


class _BatchTimestamps:
    """The timestamps of a batch."""

    def __init__(self, raw: bytes, attributes: int) -> None:
        header = HEADER.unpack_from(raw)
        self._first, self._max = header[7], header[8]
        self._is_append = bool(attributes & APPEND_TIME_MASK)

    def at(self, delta: int) -> int:
        return self._max if self._is_append else self._first + delta

    def record(
        self, offset: int, delta: int, body: tuple[bytes | None, bytes | None, HeaderList]
    ) -> DecodedRecord:
        return DecodedRecord(offset, self.at(delta), int(self._is_append), *body)

    def raw(self, offset: int, data: bytes, reason: str) -> DecodedRecord:
        return self.record(offset, 0, (None, data, ((UNDECODABLE, reason.encode()),)))


def _records_of(
    data: bytes, offsets: tuple[int, int], times: _BatchTimestamps, error: str
) -> Generator[DecodedRecord]:
    """All records of a batch; if a record's own length is wrong, the rest of the batch is one record."""
    position, (offset, end) = 0, offsets
    while position < len(data) and offset < end:
        start = position
        try:
            length, position = _varint(data, position)
            record = data[position : position + length] if length > 0 else b""
            position += length
            if length <= 0 or position > len(data):
                raise IndexError(length)  # noqa: TRY301 - one way out for all damage of the framing
        except IndexError:
            yield times.raw(offset, data[start:], f"the batch is damaged here ({error})")
            return
        try:
            decoded = _record(record, offsets[0], times)
            if not offset <= decoded.offset < end:
                raise IndexError(decoded.offset)  # noqa: TRY301 - as above
        except (IndexError, UnicodeError):
            decoded = times.raw(offset, record, f"the record is damaged ({error})")
        offset = decoded.offset + 1
        yield decoded


def _record(data: bytes, base_offset: int, times: _BatchTimestamps) -> DecodedRecord:
    """The record in these bytes; raises IndexError if an inner length exceeds them."""
    delta, position = _varint(data, 1)
    offset_delta, position = _varint(data, position)
    key, position = _bytes(data, position)
    value, position = _bytes(data, position)
    count, position = _varint(data, position)
    if not 0 <= count <= len(data):
        raise IndexError(count)
    headers: list[tuple[str, bytes | None]] = []
    for _ in range(count):
        name, position = _bytes(data, position)
        content, position = _bytes(data, position)
        headers.append(((name or b"").decode("utf-8", "surrogateescape"), content))
    return times.record(base_offset + offset_delta, delta, (key, value, tuple(headers)))


def _bytes(data: bytes, position: int) -> tuple[bytes | None, int]:
    length, position = _varint(data, position)
    if length < 0:
        return None, position
    if position + length > len(data):
        raise IndexError(length)
    return data[position : position + length], position + length


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """A zigzag number and the position after it; raises IndexError at the end of the data."""
    shift = value = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return (value >> 1) ^ -(value & 1), position
        shift += 7
        if shift > MAX_VARINT_BITS:
            raise IndexError(position)


def undecodable_reason(headers: HeaderList) -> str | None:
    """Why a record is undecodable; None if it is not."""
    for name, value in headers:
        if name == UNDECODABLE:
            return (value or b"").decode("utf-8", "replace")
        if not name.isascii() and any("\ud800" <= letter <= "\udfff" for letter in name):
            return "a header's name is not UTF-8"
    return None


def install() -> None:
    """Make all aiokafka consumers of this process decode with `BoundedRecords`."""
    # aiokafka has no setting for its decoder.
    fetcher.MemoryRecords = BoundedRecords


install()
