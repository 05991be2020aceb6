"""Facts about the stream: skipped offsets, dead letters put back, snapshots of the meter's accounts."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from schemas.bounds import MOST_SNAPSHOTS, Body, Count, Digest, Moment, Offset, Partition, Word
from schemas.event import Event

Generation = Annotated[str, StringConstraints(max_length=19, pattern=r"^[0-9]{1,19}$")]


class OffsetsSkipped(Event):
    """Offsets `first..last` of a raw topic hold no request: a tick, a transaction marker, or lost records."""

    TYPE: ClassVar[str] = "weir.stream.offsets.skipped.v1"

    topic: Word
    partition: Partition
    first: Offset
    last: Offset
    reason: Literal["tick", "no_record", "lost"]
    seen_at: Moment

    @property
    def partition_key(self) -> str:
        """The raw topic and partition."""
        return f"{self.topic}/{self.partition}"


class LetterRedriven(Event):
    """A claim on a dead letter, written before its redrive; only the first claim in the log is valid."""

    TYPE: ClassVar[str] = "weir.stream.letter.redriven.v1"

    letter_id: UUID = Field(description="derived from the original's position and a keyed hash of its bytes")
    claim_id: UUID = Field(description="drawn by chance: whose claim it is")
    topic: Annotated[str, StringConstraints(max_length=249)]
    partition: int = Field(ge=0, le=2**31 - 1)
    offset: int = Field(ge=0, le=2**63 - 1)
    claimed_at: Moment

    @property
    def partition_key(self) -> str:
        """The position of the dead letter."""
        return str(self.letter_id)


class SnapshotChunk(Event):
    """A piece of a ledger's state; a snapshot is valid only after its head has been written."""

    TYPE: ClassVar[str] = "weir.ledger.snapshot.chunk.v1"

    ledger: Word
    partition: Partition
    generation: Offset = Field(
        description="the snapshot's own number, drawn by chance: no key is ever written twice"
    )
    index: Count
    body: Body
    digest: Digest

    @property
    def partition_key(self) -> str:
        """Unique for each snapshot and chunk; superseded snapshots get tombstones."""
        return f"{self.ledger}/{self.partition}/{self.generation}/{self.index}"


class SnapshotHead(Event):
    """The head that completes a snapshot: count and digest of its chunks, and the offsets it covers."""

    TYPE: ClassVar[str] = "weir.ledger.snapshot.head.v1"

    ledger: Word
    partition: Partition
    generation: Offset
    chunks: Count
    digest: Digest
    folded: dict[Word, Offset] = Field(
        max_length=MOST_SNAPSHOTS, description="output topic to the first offset that is not in the snapshot"
    )
    others: dict[Generation, Count] = Field(
        default_factory=dict[str, int],
        max_length=MOST_SNAPSHOTS,
        description="generation to chunks of the snapshots that stood in the log beside this one",
    )
    taken_at: Moment

    @property
    def partition_key(self) -> str:
        """Unique for each snapshot."""
        return f"{self.ledger}/{self.partition}/{self.generation}/head"
