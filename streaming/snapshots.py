"""Snapshots of a ledger's state on `llm.accounts`: chunks first, then the head that makes them count; two slots in turn."""

import hashlib
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import uuid5

from schemas.stream import SnapshotChunk, SnapshotHead
from schemas.topics import ACCOUNTS
from streaming.broker import Broker
from streaming.handling import NAMESPACE, State
from streaming.intake import incoming_of
from streaming.metrics import SNAPSHOTS
from streaming.publishing import Publisher, acknowledged
from streaming.records import TopicPartition

log = logging.getLogger(__name__)

SLOTS = 2


class Snapshots:
    """Writes and reads the snapshots of one ledger partition; a snapshot without its head, or with a wrong digest, does not count."""

    def __init__(self, broker: Broker, publisher: Publisher, ledger: str, partition: int) -> None:
        """Take the ledger's name and the partition, which is also the partition of `llm.accounts`."""
        self._broker = broker
        self._publisher = publisher
        self._ledger = ledger
        self._partition = partition
        self._slot = 0

    async def load_into(self, state: State) -> Mapping[str, int]:
        """Load the newest whole snapshot; returns the first offset of each output topic that is not in it (empty without one)."""
        place = TopicPartition(ACCOUNTS.name, self._partition)
        reader = self._broker.reader
        chunks: dict[tuple[int, int], SnapshotChunk] = {}
        heads: dict[int, SnapshotHead] = {}
        whole: tuple[SnapshotHead, list[str]] | None = None
        for record in await reader.read(place, await reader.beginning(place), await reader.end(place)):
            event = incoming_of(record).event
            if isinstance(event, SnapshotChunk) and event.ledger == self._ledger:
                chunks[event.generation, event.index] = event
            elif isinstance(event, SnapshotHead) and event.ledger == self._ledger:
                heads[event.generation] = event
                bodies = [chunk.body for i in range(event.chunks) if (chunk := chunks.get((event.generation, i))) is not None]
                if len(bodies) == event.chunks and _digest(bodies) == event.digest:
                    whole = event, bodies
        if whole is None:
            return {}
        head, bodies = whole
        self._slot = (head.generation + 1) % SLOTS
        state.load(bodies)
        return head.folded

    async def write(self, state: State, folded: Mapping[str, int]) -> None:
        """Write the state as it is after all decisions below `folded`; the older slot is overwritten."""
        bodies, slot, now = list(state.dump()), self._slot, datetime.now(UTC)
        digest = _digest(bodies)
        head = SnapshotHead(
            ledger=self._ledger, partition=self._partition, generation=slot, chunks=len(bodies), digest=digest, folded=dict(folded), taken_at=now
        )
        sends = []
        for index, body in enumerate(bodies):
            chunk = SnapshotChunk(ledger=self._ledger, partition=self._partition, generation=slot, index=index, body=body, digest=digest)
            sends.append(await self._publisher.send(chunk, uuid5(NAMESPACE, f"{chunk.partition_key}/{digest}"), None, self._partition))
        await acknowledged(sends)
        await acknowledged([await self._publisher.send(head, uuid5(NAMESPACE, f"{head.partition_key}/{digest}"), None, self._partition)])
        self._slot = (slot + 1) % SLOTS
        SNAPSHOTS.labels(self._ledger).inc()


def _digest(bodies: list[str]) -> str:
    return hashlib.sha256("\x00".join(bodies).encode()).hexdigest()
