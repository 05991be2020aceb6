"""Appends batches that no ordinary client writes: bytes are replaced and the checksum recomputed."""

import struct
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.util import calc_crc32c

CRC_OFFSET, CHECKED_FROM = 17, 21
PLACEHOLDER = b"<odd>"


class OddBatch(BatchBuilder):
    """A batch in which each PLACEHOLDER is replaced by other bytes of the same length."""

    def __init__(self, odd: bytes) -> None:
        super().__init__(1_000_000, 0)
        assert len(odd) == len(PLACEHOLDER)
        self._odd = odd

    def _build(self) -> Any:
        data = bytearray(bytes(super()._build()).replace(PLACEHOLDER, self._odd))
        struct.pack_into(">I", data, CRC_OFFSET, calc_crc32c(bytes(data[CHECKED_FROM:])))
        return data


async def append_odd(
    bootstrap: str,
    topic: str,
    records: Sequence[tuple[bytes, Sequence[tuple[str, bytes]]]],
    odd: bytes,
    partition: int = 0,
) -> None:
    """Append records (value, headers) as one batch; PLACEHOLDER in them becomes `odd`."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        batch = OddBatch(odd)
        for value, headers in records:
            batch.append(timestamp=None, key=None, value=value, headers=list(headers))
        batch.close()
        await (await producer.send_batch(batch, topic, partition=partition))
    finally:
        await producer.stop()
