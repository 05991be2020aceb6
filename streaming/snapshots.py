"""Snapshots of a ledger's state on `llm.accounts`: chunks first, then the head that makes them count, then older ones are let go.

No key is ever written twice. So a frozen former owner can at most complete its own snapshot late, which is a true one of an earlier
moment, and let go of what was older than the snapshot before it: it can never touch another's, and a whole one always stays.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import uuid4, uuid5

from schemas.stream import SnapshotChunk, SnapshotHead
from schemas.topics import ACCOUNTS
from streaming.broker import Broker, LogReader
from streaming.handling import NAMESPACE, State
from streaming.intake import event_in
from streaming.lease import Lease
from streaming.metrics import SNAPSHOTS
from streaming.publishing import Publisher, acknowledged
from streaming.records import Record, TopicPartition

READ_BACK = 64
TOGETHER = 8
GENERATION_BITS = 62


class Snapshots:
    """Writes and reads the snapshots of one ledger partition; a snapshot without its head, or with a wrong digest, does not count."""

    def __init__(self, broker: Broker, publisher: Publisher, lease: Lease, place: tuple[str, int]) -> None:
        """`place` is the ledger's name and the partition, which is also the partition of `llm.accounts`."""
        self._broker = broker
        self._publisher = publisher
        self._lease = lease
        self._ledger, self._partition = place
        # Generation to chunks of every snapshot that still stands in the log, and the newest whole one of them.
        self._known: dict[int, int] = {}
        self._newest: int | None = None

    async def load_into(self, state: State) -> Mapping[str, int]:
        """Load the newest whole snapshot; returns the first offset of each output topic that is not in it (empty without one)."""
        found = await _look_back(self._broker.reader, self._ledger, self._partition)
        self._known = dict(found.known)
        if found.whole is not None:
            self._newest = found.whole[0].generation
        return await _loaded(found, state)

    async def write(self, state: State, folded: Mapping[str, int]) -> None:
        """Write the state as it is after all decisions below `folded`, piece by piece; it must not change meanwhile."""
        generation, digest, chunks = uuid4().int >> (128 - GENERATION_BITS), _Digest(), 0
        sends: list[asyncio.Future[int]] = []
        for body in state.dump():
            digest.add(body)
            sends.append(await self._send_chunk(generation, chunks, body))
            chunks += 1
            if len(sends) >= TOGETHER:
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
        await acknowledged([await self._publisher.send(head, uuid5(NAMESPACE, head.partition_key), None, self._partition)])
        before, self._newest = self._newest, generation
        self._known[generation] = chunks
        await self._let_go({known for known in self._known if known not in {before, generation}})
        SNAPSHOTS.labels(self._ledger).inc()

    async def _send_chunk(self, generation: int, index: int, body: str) -> "asyncio.Future[int]":
        digest = hashlib.sha256(body.encode()).hexdigest()
        chunk = SnapshotChunk(ledger=self._ledger, partition=self._partition, generation=generation, index=index, body=body, digest=digest)
        self._lease.check()
        return await self._publisher.send(chunk, uuid5(NAMESPACE, chunk.partition_key), None, self._partition)

    async def _let_go(self, generations: set[int]) -> None:
        """Delete snapshots, heads first, so that none looks whole that is not."""
        for generation in sorted(generations):
            names = ["head", *range(self._known[generation])]
            keys = [f"{self._ledger}/{self._partition}/{generation}/{name}".encode() for name in names]
            self._lease.check()
            await acknowledged([await self._publisher.send_tombstone(ACCOUNTS.name, key, self._partition) for key in keys])
            del self._known[generation]


async def load_newest(reader: LogReader, ledger: str, partition: int, state: State) -> Mapping[str, int]:
    """Load the newest whole snapshot of a ledger that somebody else runs; returns what `Snapshots.load_into` does."""
    return await _loaded(await _look_back(reader, ledger, partition), state)


class _Backwards:
    """What the log holds of a ledger's snapshots, read from its end: the newest record of a key counts, as it does after compaction."""

    def __init__(self, ledger: str) -> None:
        self.known: dict[int, int] = {}
        self.whole: tuple[SnapshotHead, list[str]] | None = None
        self._ledger = ledger
        self._seen: set[bytes] = set()
        self._heads: dict[int, SnapshotHead] = {}
        self._bodies: dict[int, dict[int, str]] = {}

    def take(self, record: Record) -> None:
        """Look at the next older record, until a snapshot is whole."""
        key = record.key or b""
        if self.whole is not None or key in self._seen:
            return
        self._seen.add(key)
        incoming = event_in(record) if record.value is not None else None
        event = incoming.event if incoming is not None else None
        if isinstance(event, SnapshotHead) and event.ledger == self._ledger:
            self._heads[event.generation] = event
            self.known |= {int(generation): chunks for generation, chunks in event.others.items()} | {event.generation: event.chunks}
            self._complete(event)
        elif isinstance(event, SnapshotChunk) and event.ledger == self._ledger:
            self._chunk(event)

    def _chunk(self, chunk: SnapshotChunk) -> None:
        head = self._heads.get(chunk.generation)
        if head is None:  # its writer died before the head: nothing but its key is of interest
            self.known[chunk.generation] = max(self.known.get(chunk.generation, 0), chunk.index + 1)
            return
        self._bodies.setdefault(chunk.generation, {})[chunk.index] = chunk.body
        self._complete(head)

    def _complete(self, head: SnapshotHead) -> None:
        found = self._bodies.get(head.generation, {})
        if len(found) < head.chunks or not all(index in found for index in range(head.chunks)):
            return
        bodies = [found[index] for index in range(head.chunks)]
        digest = _Digest()
        for body in bodies:
            digest.add(body)
        if digest.hexdigest() == head.digest:
            self.whole = head, bodies


async def _look_back(reader: LogReader, ledger: str, partition: int) -> _Backwards:
    """Read the log backwards, a few chunks at a time, until a snapshot is whole: what lies before it costs nothing."""
    place = TopicPartition(ACCOUNTS.name, partition)
    beginning, high = await reader.beginning(place), await reader.end(place)
    found = _Backwards(ledger)
    while high > beginning and found.whole is None:
        low = max(beginning, high - READ_BACK)
        for record in reversed(await reader.read(place, low, high)):
            found.take(record)
        high = low
    return found


async def _loaded(found: _Backwards, state: State) -> Mapping[str, int]:
    if found.whole is None:
        return {}
    head, bodies = found.whole
    # Many accounts take seconds; in a thread, so that the process still shows the group that it lives.
    await asyncio.to_thread(state.load, bodies)
    return head.folded


class _Digest:
    """The digest of a snapshot's pieces, taken one after the other."""

    def __init__(self) -> None:
        self._hash, self._separator = hashlib.sha256(), b""

    def add(self, body: str) -> None:
        self._hash.update(self._separator)
        self._hash.update(body.encode())
        self._separator = b"\x00"

    def hexdigest(self) -> str:
        return self._hash.hexdigest()
