"""The broker interface of the loops: a log with groups, offsets and metadata; on Kafka or in memory."""

from asyncio import Future
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Literal, Protocol, Self

from streaming.brokers.positions import LogPositions
from streaming.brokers.records import CommittedOffset, OutboundRecord, Record, TopicPartition

Assignor = Literal["range", "sticky"]
OnChange = Callable[[frozenset[TopicPartition]], Awaitable[None]]


class Producer(Protocol):
    """Appends records idempotently with acks=all."""

    async def send(self, record: OutboundRecord) -> "Future[int]":
        """Queue a record; the future gives its offset, or raises BrokerDownError or RecordTooLargeError."""
        ...

    async def append(
        self, topic_partition: TopicPartition, records: Sequence[OutboundRecord]
    ) -> "Sequence[Future[range]]":
        """Queue records for one partition in this order, at a third of the cost of single sends.

        They are sent in a few batches; each future gives the acknowledged offsets of one, or fails as a send
        does.
        """
        ...


class GroupConsumer(Protocol):
    """One member of a consumer group; reads are read_committed, from the earliest offset.

    Commits are explicit and carry metadata.
    """

    @property
    def member_id(self) -> str:
        """The member id in the group; it changes when the member rejoins as a new one."""
        ...

    def assignment(self) -> frozenset[TopicPartition]:
        """The partitions that this member owns now."""
        ...

    async def poll(
        self, topic_partitions: Sequence[TopicPartition], *, max_records: int, timeout_s: float
    ) -> list[Record]:
        """The next records of these assigned partitions, each in offset order; empty after the timeout."""
        ...

    def seek(self, topic_partition: TopicPartition, offset: int) -> None:
        """Continue reading at `offset`."""
        ...

    def position(self, topic_partition: TopicPartition) -> int | None:
        """The offset after the last record returned or skipped (markers too); None before the first fetch."""
        ...

    async def committed(self, topic_partition: TopicPartition) -> CommittedOffset | None:
        """The group's committed offset with its metadata; None if it never committed."""
        ...

    async def commit(self, offsets: Mapping[TopicPartition, CommittedOffset]) -> None:
        """Commit offsets; raises FencedError if the partitions were assigned to another member."""
        ...

    async def members(self) -> frozenset[str]:
        """The client ids of the group's live members, this one included."""
        ...


class LogReader(Protocol):
    """Reads ranges of a log outside of any group (read_committed)."""

    async def read(self, topic_partition: TopicPartition, start: int, end: int) -> list[Record]:
        """All records with start <= offset < end; deleted offsets and markers are left out."""
        ...

    async def beginning(self, topic_partition: TopicPartition) -> int:
        """The first offset that the log still holds."""
        ...

    async def end(self, topic_partition: TopicPartition) -> int:
        """The last stable offset; without open transactions the offset of the next record."""
        ...

    async def partitions(self, topic: str) -> int:
        """How many partitions the topic has; raises UnknownTopicError."""
        ...


class Follower(Protocol):
    """Follows whole topics outside of any group (read_committed), by long polls."""

    async def poll(self, *, max_records: int, timeout_s: float) -> list[Record]:
        """The next records of all partitions; empty after the timeout."""
        ...

    async def has_caught_up(self) -> bool:
        """Whether everything that was in the log when the follower was opened has been returned."""
        ...


class Admin(Protocol):
    """Administration of topics and groups."""

    async def create_topics(self, topics: Mapping[str, tuple[int, Mapping[str, str]]]) -> None:
        """Create missing topics (name -> partitions, settings); existing topics stay unchanged."""
        ...

    async def align_topics(self, topics: Mapping[str, Mapping[str, str]]) -> Sequence[str]:
        """Set these settings of existing topics; returns `<topic> <setting>` of each that differed."""
        ...

    async def group_offsets(self, group: str) -> Mapping[TopicPartition, CommittedOffset]:
        """All committed offsets of a group."""
        ...

    async def delete_before(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Make records below these offsets unreadable, and let the broker delete their segments."""
        ...


class Broker(Protocol):
    """A connection to a broker; a context manager that opens and closes its clients."""

    @property
    def producer(self) -> Producer:
        """The shared idempotent producer."""
        ...

    @property
    def reader(self) -> LogReader:
        """The shared reader outside of groups."""
        ...

    @property
    def positions(self) -> LogPositions:
        """Beginnings, ends and first records of logs, open transactions included."""
        ...

    @property
    def admin(self) -> Admin:
        """Topics, committed offsets of groups, purges."""
        ...

    def join(  # noqa: PLR0913 - what a membership is made of
        self,
        group: str,
        topics: Sequence[str],
        *,
        assignor: Assignor,
        client_id: str,
        fetch_min_bytes: int = 1,
        on_revoked: OnChange,
        on_assigned: OnChange,
    ) -> AbstractAsyncContextManager[GroupConsumer]:
        """Join a group; a higher `fetch_min_bytes` trades up to half a second of latency for fewer fetches.

        A rebalance awaits on_revoked(partitions) before, and on_assigned(partitions) after each new
        assignment.
        """
        ...

    def follow(
        self, topics: Sequence[str], *, start: Literal["beginning", "end"]
    ) -> AbstractAsyncContextManager[Follower]:
        """Follow topics from their beginning, or from what is appended after the context was entered."""
        ...

    async def __aenter__(self) -> Self:
        """Connect; raises BrokerDownError with the address."""
        ...

    async def __aexit__(self, *exc: object) -> None:
        """Flush and close."""
        ...
