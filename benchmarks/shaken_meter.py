"""The meter with one injected fault: it kills or stops itself before a step, as a crash there would.

    python -m benchmarks.shaken_meter --point "before an append" --after 7 --signal KILL

The meter itself is the deployed one; only the connection to the broker is wrapped.
"""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import uvloop

from schemas.stream import SnapshotHead
from schemas.topics import ACCOUNTS
from services.meter.app import build
from services.meter.settings import MeterSettings
from streaming.brokers.kafka.broker import KafkaBroker, KafkaProducer
from streaming.brokers.kafka.group import KafkaGroupConsumer
from streaming.brokers.kafka.reader import KafkaLogReader
from streaming.brokers.records import CommittedOffset, OutboundRecord, Record, TopicPartition
from streaming.errors import StopServiceError
from streaming.logs import configure
from streaming.process import RESTART_EXIT_CODE, run, tune_garbage_collection, unique_client_id

POINTS = (
    "before an append",
    "after an append",
    "before a commit",
    "after a commit",
    "before a poll",
    "before a chunk",
    "before a head",
    "before a tombstone",
    "while reading back",
)


class InjectedFault:
    """Sends one signal to this process when it reaches a point for the `after`-th time."""

    def __init__(self, point: str, after: int, number: signal.Signals) -> None:
        """An `after` of 1 means the first time."""
        self._point = point
        self._left = after
        self._number = number

    def at(self, point: str) -> None:
        """Count the point, and send the signal when it is due."""
        if point == self._point:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), self._number)


class FaultInjectingProducer(KafkaProducer):
    """A producer with points before and after its appends, and before records of a snapshot."""

    fault: InjectedFault

    async def send(self, record: OutboundRecord) -> "asyncio.Future[int]":
        """Send a record; chunks, heads and tombstones of snapshots are points."""
        if record.topic == ACCOUNTS.name:
            is_head = ("ce_type", SnapshotHead.TYPE.encode()) in record.headers
            self.fault.at(
                "before a tombstone"
                if record.value is None
                else "before a head"
                if is_head
                else "before a chunk"
            )
        return await super().send(record)

    async def append(
        self, place: TopicPartition, records: Sequence[OutboundRecord]
    ) -> "Sequence[asyncio.Future[range]]":
        """Append decisions, with a point before and after."""
        self.fault.at("before an append")
        sent = await super().append(place, records)
        self.fault.at("after an append")
        return sent


class FaultInjectingConsumer(KafkaGroupConsumer):
    """A consumer with points before polls and around commits."""

    fault: InjectedFault

    async def poll(
        self, places: Sequence[TopicPartition], *, max_records: int, timeout_s: float
    ) -> list[Record]:
        """Poll, with a point before."""
        self.fault.at("before a poll")
        return await super().poll(places, max_records=max_records, timeout_s=timeout_s)

    async def commit(self, marks: Mapping[TopicPartition, CommittedOffset]) -> None:
        """Commit, with a point before and after."""
        self.fault.at("before a commit")
        await super().commit(marks)
        self.fault.at("after a commit")


class FaultInjectingReader(KafkaLogReader):
    """A reader with a point during a rebuild."""

    fault: InjectedFault

    async def read(self, place: TopicPartition, start: int, end: int) -> list[Record]:
        """Read a range, with a point after."""
        records = await super().read(place, start, end)
        self.fault.at("while reading back")
        return records


class FaultInjectingBroker(KafkaBroker):
    """A connection to Kafka whose producer, consumers and reader share one fault."""

    def __init__(self, fault: InjectedFault, bootstrap: str, session_timeout_s: float) -> None:
        """Connect as the meter does."""
        super().__init__(
            bootstrap, client_id=unique_client_id("meter"), session_timeout_ms=int(session_timeout_s * 1000)
        )
        self._fault = fault

    @property
    def producer(self) -> KafkaProducer:
        """The producer with its points."""
        return _with_fault(super().producer, FaultInjectingProducer, self._fault)

    @property
    def reader(self) -> KafkaLogReader:
        """The reader with its point."""
        return _with_fault(super().reader, FaultInjectingReader, self._fault)

    @asynccontextmanager
    async def join(self, *names: Any, **fields: Any) -> AsyncGenerator[KafkaGroupConsumer]:  # noqa: ANN401 - as they are passed on
        """Join a group as a consumer with points."""
        async with super().join(*names, **fields) as consumer:
            yield _with_fault(consumer, FaultInjectingConsumer, self._fault)


def _with_fault(part: Any, kind: type[Any], fault: InjectedFault) -> Any:  # noqa: ANN401 - the same object with another class
    part.__class__ = kind
    part.fault = fault
    return part


async def _run(fault: InjectedFault, settings: MeterSettings) -> int:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    broker = FaultInjectingBroker(fault, settings.kafka_bootstrap, settings.session_timeout_s)
    try:
        await run([build(settings)], broker, session_s=settings.session_timeout_s, stop=stop)
    except StopServiceError as error:
        print(f"stopped: {error}", file=sys.stderr)
        return RESTART_EXIT_CODE
    return 0


def main() -> int:
    """Run the meter until its fault, a signal, or an error that stops it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--point", choices=POINTS, required=True)
    parser.add_argument("--after", type=int, required=True)
    parser.add_argument("--signal", choices=("KILL", "STOP"), required=True)
    chosen = parser.parse_args()
    settings = MeterSettings.read()
    configure(settings.log_level)
    tune_garbage_collection()
    fault = InjectedFault(chosen.point, chosen.after, signal.Signals[f"SIG{chosen.signal}"])
    return uvloop.run(_run(fault, settings))


if __name__ == "__main__":
    sys.exit(main())
