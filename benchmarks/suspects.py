"""Measures how long a ledger and a sink take for the suspects after an unclean end of a process.

    python benchmarks/suspects.py [--waiting 16000] [--block 5000]

Starts its own Kafka on free loopback ports in a temporary folder, and stops it. Asserts nothing.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4

import uvloop

from schemas.cloudevents import encode
from schemas.event import Event
from schemas.outcomes import Completion
from schemas.requests import ScreenedRequest
from schemas.topics import TOPIC_OF, kafka_topics
from streaming.brokers.kafka.broker import KafkaBroker
from streaming.brokers.records import CommittedOffset, OutboundRecord, TopicPartition
from streaming.handling import Incoming, LedgerDecision, Row
from streaming.loops.ledger import Ledger
from streaming.loops.sink import Sink
from streaming.partitions.commit_envelope import CommitMetadata
from streaming.partitions.lease import Lease
from streaming.partitions.quarantine import MAX_RUN_RECORDS
from streaming.process import unique_client_id
from streaming.seal.seal import Sealer, new_key
from weir.local.stack import running_kafka

EXAMPLES = Path(__file__).parents[1] / "schemas" / "examples"
PARTITIONS = 4
SEALER = Sealer.from_text(new_key())
LIMIT_S = 200

E = TypeVar("E", bound=Event)


def example(kind: type[E]) -> E:
    """The checked-in example of an event."""
    return kind.model_validate_json((EXAMPLES / f"{kind.TYPE}.json").read_bytes())


@dataclass(slots=True)
class HandlingTimes:
    """When the first and the latest record were handled, and how many."""

    records: int = 0
    first: float = field(default=0.0)
    last: float = field(default=0.0)

    def note(self) -> None:
        """Record the time of a handled record."""
        self.last = time.perf_counter()
        self.first = self.first or self.last
        self.records += 1


class EmptyLedgerState:
    """A ledger's state that keeps nothing."""

    def fold(self, event: Event, event_id: UUID) -> None:
        """Discard the event."""

    def dump(self) -> Sequence[str]:
        """An empty dump."""
        return ()

    def load(self, pieces: Sequence[str]) -> None:
        """Ignore the dump."""


class DiscardingRowStore:
    """A store that keeps nothing."""

    async def insert(self, table: str, rows: Sequence[Row], token: str) -> None:
        """Discard the rows."""

    async def find_refused(self, table: str, rows: Sequence[Row]) -> Sequence[int]:
        """No row is refused."""
        del table, rows
        return ()

    async def check(self) -> None:
        """Succeed, since nothing can be down."""


def ledger(handled: HandlingTimes) -> Ledger:
    """A ledger whose decisions take no time."""
    completion: Completion = example(Completion)

    def decide(state: EmptyLedgerState, incoming: Incoming[ScreenedRequest]) -> LedgerDecision:
        del state
        handled.note()
        return LedgerDecision(completion, f"{incoming.event_id}/outcome")

    decisions = {ScreenedRequest: decide}
    client_id = unique_client_id("meter")
    return Ledger("meter", decisions, lambda _s, _n: (), (Completion,), EmptyLedgerState, SEALER, client_id)


def sink(handled: HandlingTimes) -> Sink:
    """A sink whose rows take no time."""

    def rows_of(incoming: Incoming[Completion]) -> Mapping[str, Sequence[Row]]:
        handled.note()
        return {"completions": [{"id": str(incoming.event_id)}]}

    return Sink(
        "sink", {Completion: rows_of}, {}, DiscardingRowStore(), SEALER, unique_client_id("sink"), 100
    )


@asynccontextmanager
async def bench() -> AsyncGenerator[KafkaBroker]:
    """Start Kafka for one measurement."""
    with tempfile.TemporaryDirectory(prefix="weir-suspects-") as name, running_kafka(Path(name)) as bootstrap:
        async with KafkaBroker(bootstrap, client_id=unique_client_id("bench")) as broker:
            await broker.admin.create_topics(kafka_topics(PARTITIONS))
            yield broker


async def fill(
    broker: KafkaBroker, kind: type[Event], partitions: Sequence[TopicPartition], count: int
) -> None:
    """Append `count` events evenly to the partitions."""
    event, sent = example(kind), list[asyncio.Future[int]]()
    for number in range(count):
        partition = partitions[number % len(partitions)]
        encoded = encode(event, event_id=uuid4(), source="bench", time=datetime.now(UTC))
        record = OutboundRecord(
            partition.topic, encoded.key, encoded.value, encoded.headers, partition.partition
        )
        sent.append(await broker.producer.send(record))
    await asyncio.gather(*sent)


async def ignored(partitions: frozenset[TopicPartition]) -> None:
    """Ignore a change of the assignment."""
    del partitions


async def commit_as_before(
    broker: KafkaBroker, group: str, marks: Mapping[TopicPartition, CommittedOffset]
) -> None:
    """Commit as an earlier process of the group."""
    topics = sorted({partition.topic for partition in marks})
    client_id = unique_client_id("before")
    joined = broker.join(
        group,
        topics,
        assignor="range",
        client_id=client_id,
        on_revoked=ignored,
        on_assigned=ignored,
    )
    async with joined as member:
        while not set(marks) <= member.assignment():  # noqa: ASYNC110 - Kafka assigns them
            await asyncio.sleep(0.05)
        await member.commit(marks)


async def seconds(broker: KafkaBroker, made: Callable[[HandlingTimes], Ledger | Sink], count: int) -> float:
    """Run a loop until `count` records are handled; returns the seconds from the first to the last."""
    handled, stop = HandlingTimes(), asyncio.Event()
    lease = Lease(10.0)
    keeping = asyncio.create_task(lease.keep())
    running = asyncio.create_task(made(handled).run(broker, lease, stop))
    async with asyncio.timeout(LIMIT_S):
        while handled.records < count and not running.done():  # noqa: ASYNC110 - counted elsewhere
            await asyncio.sleep(0.01)
    stop.set()
    await running
    keeping.cancel()
    return handled.last - handled.first


async def after(kind: type[Event], group: str, envelope: CommitMetadata, count: int) -> float:
    """The seconds that a ledger or a sink takes after a commit with this metadata."""
    topic = TOPIC_OF[kind].name
    async with bench() as broker:
        partitions = [
            TopicPartition(topic, number) for number in range(PARTITIONS if group == "meter" else 1)
        ]
        await fill(broker, kind, partitions, count)
        await commit_as_before(
            broker, group, {partition: CommittedOffset(0, envelope.to_metadata()) for partition in partitions}
        )
        return await seconds(broker, ledger if group == "meter" else sink, count)


async def main(waiting: int, block: int) -> None:
    """Measure both loops after a clean and an unclean end."""
    run = range(MAX_RUN_RECORDS)
    ends = {
        "a clean end": CommitMetadata(is_clean=True),
        "an unclean end": CommitMetadata(is_clean=False, writer="before"),
        "a second one in a run": CommitMetadata(is_clean=False, writer="before", ended_runs=(run,)),
    }
    for what, envelope in ends.items():
        took = await after(ScreenedRequest, "meter", envelope, waiting)
        of = f"{waiting:,} records on {PARTITIONS} partitions"
        print(f"ledger, {of} after {what}: {took:.1f} s", flush=True)
    for what, loop in (("a clean end", "v1:0"), ("an unclean end", f"v1:{block}")):
        envelope = CommitMetadata(is_clean=False, writer="before", loop=loop)
        took = await after(Completion, "sink", envelope, block)
        print(f"sink, {block:,} records of one block after {what}: {took:.1f} s", flush=True)


if __name__ == "__main__":
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_written)
    parser.add_argument("--waiting", type=int, default=16_000)
    parser.add_argument("--block", type=int, default=5_000)
    chosen = parser.parse_args()
    uvloop.run(main(chosen.waiting, chosen.block))
