"""Snapshots of a ledger's state on `llm.accounts`: chunks, then the head that makes them count.

Older snapshots are deleted after it. No key is ever written twice. So a suspended former owner can at most
complete its own snapshot late, which is correct for an earlier time, and delete what is older than the
snapshot before it. It can never touch another owner's snapshot, and a complete one always remains.
"""

import asyncio
import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from uuid import uuid4, uuid5

from schemas.stream import SnapshotChunk, SnapshotHead
from schemas.topics import ACCOUNTS
from streaming.brokers.port import Broker, LogReader
from streaming.brokers.records import Record, TopicPartition
from streaming.events.event_processing import event_in
from streaming.events.publishing import Publisher, acknowledged
from streaming.handling import NAMESPACE, LedgerState
from streaming.metrics import SNAPSHOTS
from streaming.partitions.lease import Lease

log = logging.getLogger(__name__)

READ_BATCH_OFFSETS = 64
MAX_UNACKNOWLEDGED_CHUNKS = 8
GENERATION_BITS = 62
NO_ENDS: Mapping[str, int] = MappingProxyType({})
MAX_OTHER_SNAPSHOTS = 1_000
MAX_CHUNKS = 100_000
"""Each chunk holds many accounts: a record that names more was not written by Weir."""


@dataclass(frozen=True, slots=True)
class LedgerPartition:
    """A ledger's name and one of its partitions, which is also the partition of `llm.accounts`."""

    name: str
    partition: int


class SnapshotLog:
    """The snapshots of one ledger partition; one without its head, or with a wrong digest, does not count."""

    def __init__(self, broker: Broker, publisher: Publisher, lease: Lease, ledger: LedgerPartition) -> None:
        """Take the connection, the publisher, the lease, and the ledger partition."""
        self._broker = broker
        self._publisher = publisher
        self._lease = lease
        self._ledger_partition = ledger
        self._ledger, self._partition = ledger.name, ledger.partition
        # The chunk count of each generation that is still in the log; `_newest` is the newest complete one.
        self._known: dict[int, int] = {}
        self._newest: int | None = None

    async def load_into(self, state: LedgerState, ends: Mapping[str, int] = NO_ENDS) -> Mapping[str, int]:
        """Load the newest complete snapshot; returns by output topic the first offset that is not in it.

        The result is empty without a snapshot. A snapshot that is ahead of the end of a topic (`ends`) is
        ignored.
        """
        scan = await _scan_backwards(self._broker.reader, self._ledger_partition, state, ends)
        self._known = dict(scan.known)
        if scan.complete is None:
            return {}
        self._newest = scan.complete[0].generation
        return scan.complete[0].folded

    async def write(self, state: LedgerState, folded: Mapping[str, int]) -> None:
        """Write the state, which holds all decisions below `folded` and must not change meanwhile."""
        generation, digest, chunks = uuid4().int >> (128 - GENERATION_BITS), _SnapshotDigest(), 0
        sends: list[asyncio.Future[int]] = []
        for body in state.dump():
            digest.add(body)
            sends.append(await self._send_chunk(generation, chunks, body))
            chunks += 1
            if len(sends) >= MAX_UNACKNOWLEDGED_CHUNKS:
                await acknowledged(sends)
                sends = []
        await acknowledged(sends)
        head = SnapshotHead(
            ledger=self._ledger,
            partition=self._partition,
            generation=generation,
            chunks=chunks,
            digest=digest.hexdigest(),
            folded=dict(folded),
            others={str(known): count for known, count in self._known.items()},
            taken_at=datetime.now(UTC),
        )
        self._lease.check()
        await acknowledged(
            [await self._publisher.send(head, uuid5(NAMESPACE, head.partition_key), None, self._partition)]
        )
        previous, self._newest = self._newest, generation
        self._known[generation] = chunks
        await self._delete({known for known in self._known if known not in {previous, generation}})
        SNAPSHOTS.labels(self._ledger).inc()

    async def _send_chunk(self, generation: int, index: int, body: str) -> "asyncio.Future[int]":
        digest = hashlib.sha256(body.encode()).hexdigest()
        chunk = SnapshotChunk(
            ledger=self._ledger,
            partition=self._partition,
            generation=generation,
            index=index,
            body=body,
            digest=digest,
        )
        self._lease.check()
        return await self._publisher.send(chunk, uuid5(NAMESPACE, chunk.partition_key), None, self._partition)

    async def _delete(self, generations: set[int]) -> None:
        """Delete snapshots, heads first, so that no partly deleted one looks complete."""
        for generation in sorted(generations):
            names = ["head", *range(self._known[generation])]
            keys = [f"{self._ledger}/{self._partition}/{generation}/{name}".encode() for name in names]
            self._lease.check()
            await acknowledged(
                [await self._publisher.send_tombstone(ACCOUNTS.name, key, self._partition) for key in keys]
            )
            del self._known[generation]


async def load_newest(
    reader: LogReader, ledger: str, partition: int, state: LedgerState
) -> Mapping[str, int]:
    """Load the newest complete snapshot of a ledger that another process runs; returns as `load_into`."""
    scan = await _scan_backwards(reader, LedgerPartition(ledger, partition), state, NO_ENDS)
    return scan.complete[0].folded if scan.complete is not None else {}


class _BackwardSnapshotScan:
    """The snapshots in a log that is read from its end: the newest record of a key counts."""

    def __init__(self, ledger: str) -> None:
        self.known: dict[int, int] = {}
        self.complete: tuple[SnapshotHead, list[str]] | None = None
        self._ledger = ledger
        self._seen: set[bytes] = set()
        self._heads: dict[int, SnapshotHead] = {}
        self._bodies: dict[int, dict[int, str]] = {}

    def add(self, record: Record) -> None:
        """Add the next older record, until a snapshot is complete."""
        key = record.key or b""
        if self.complete is not None or key in self._seen:
            return
        self._seen.add(key)
        incoming = event_in(record) if record.value is not None else None
        event = incoming.event if incoming is not None else None
        if isinstance(event, SnapshotHead) and event.ledger == self._ledger and _is_possible(event):
            self._heads[event.generation] = event
            self.known |= {int(generation): chunks for generation, chunks in event.others.items()} | {
                event.generation: event.chunks
            }
            self._complete_with(event)
        elif isinstance(event, SnapshotChunk) and event.ledger == self._ledger:
            self._add_chunk(event)

    def reject(self) -> None:
        """Discard a snapshot that cannot be loaded, and continue the scan with older ones."""
        self.complete = None

    def _add_chunk(self, chunk: SnapshotChunk) -> None:
        if chunk.index >= MAX_CHUNKS:
            return
        head = self._heads.get(chunk.generation)
        if (
            head is None
        ):  # its writer ended before the head: only its key matters, so that it is deleted later
            self.known[chunk.generation] = max(self.known.get(chunk.generation, 0), chunk.index + 1)
            return
        self._bodies.setdefault(chunk.generation, {})[chunk.index] = chunk.body
        self._complete_with(head)

    def _complete_with(self, head: SnapshotHead) -> None:
        bodies_by_index = self._bodies.get(head.generation, {})
        if len(bodies_by_index) < head.chunks:
            return
        if any(index not in bodies_by_index for index in range(head.chunks)):
            return
        bodies = [bodies_by_index[index] for index in range(head.chunks)]
        digest = _SnapshotDigest()
        for body in bodies:
            digest.add(body)
        if digest.hexdigest() == head.digest:
            self.complete = head, bodies


async def _scan_backwards(
    reader: LogReader, ledger: LedgerPartition, state: LedgerState, ends: Mapping[str, int]
) -> _BackwardSnapshotScan:
    """Read the log backwards in small ranges until a snapshot is complete and loads."""
    topic_partition = TopicPartition(ACCOUNTS.name, ledger.partition)
    beginning, high = await reader.beginning(topic_partition), await reader.end(topic_partition)
    scan = _BackwardSnapshotScan(ledger.name)
    while high > beginning and scan.complete is None:
        low = max(beginning, high - READ_BATCH_OFFSETS)
        for record in reversed(await reader.read(topic_partition, low, high)):
            scan.add(record)
            if scan.complete is not None and not await _loads(scan.complete, state, ends):
                scan.reject()
            elif scan.complete is not None:
                break
        high = low
    return scan


async def _loads(
    complete: tuple[SnapshotHead, list[str]], state: LedgerState, ends: Mapping[str, int]
) -> bool:
    """Load a snapshot; returns False if it cannot be loaded, since the state can be rebuilt from the log."""
    head, bodies = complete
    facts = {"ledger": head.ledger, "partition": head.partition, "generation": head.generation}
    if any(head.folded.get(topic, 0) > end for topic, end in ends.items()):
        log.error("a snapshot is left out: it is ahead of its logs", extra=facts)
        return False
    try:
        # Many accounts take seconds: a thread loads them, so that the process still sends heartbeats.
        await asyncio.to_thread(state.load, bodies)
    except Exception as error:  # noqa: BLE001 - the log holds all that a snapshot does
        log.error("a snapshot is left out: it does not load", extra={**facts, "error": type(error).__name__})  # noqa: TRY400 - a trace may quote accounts
        return False
    return True


def _is_possible(head: SnapshotHead) -> bool:
    return (
        max((head.chunks, *head.others.values()), default=0) <= MAX_CHUNKS
        and len(head.others) <= MAX_OTHER_SNAPSHOTS
    )


class _SnapshotDigest:
    """The digest of a snapshot's pieces in order."""

    def __init__(self) -> None:
        self._hash, self._separator = hashlib.sha256(), b""

    def add(self, body: str) -> None:
        self._hash.update(self._separator)
        self._hash.update(body.encode())
        self._separator = b"\x00"

    def hexdigest(self) -> str:
        return self._hash.hexdigest()
