"""The port every loop speaks to: a Kafka-like log with groups, offsets and metadata; kafka.py and memory.py fulfil it alike."""

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
        """Queue a record; the future gives its acknowledged offset, or raises BrokerDownError / RecordTooLargeError."""
        ...

    async def append(
        self, topic_partition: TopicPartition, records: Sequence[OutboundRecord]
    ) -> "Sequence[Future[range]]":
        """Queue many records for one partition in this order, at a third of the cost of single sends.

        They travel in a few batches; each future gives the acknowledged offsets of one, or fails as a send does.
        """
        ...


class GroupConsumer(Protocol):
    """One member of a consumer group; commits are explicit and carry metadata; reads are read_committed, from the earliest offset."""

    @property
    def member_id(self) -> str:
        """The member id that the group knows; changes when the member rejoins as new."""
        ...

    def assignment(self) -> frozenset[TopicPartition]:
        """The partitions this member owns now."""
        ...

    async def poll(
        self, topic_partitions: Sequence[TopicPartition], *, max_records: int, timeout_s: float
    ) -> list[Record]:
        """The next records of these assigned partitions in offset order each; empty after the timeout."""
        ...

    def seek(self, topic_partition: TopicPartition, offset: int) -> None:
        """Go on reading at `offset`."""
        ...

    def position(self, topic_partition: TopicPartition) -> int | None:
        """The offset after the last record handed out or skipped (markers included); None before the first fetch."""
        ...

    async def committed(self, topic_partition: TopicPartition) -> CommittedOffset | None:
        """The group's mark, metadata included; None where it never committed."""
        ...

    async def commit(self, offsets: Mapping[TopicPartition, CommittedOffset]) -> None:
        """Write marks; raises FencedError when the partitions are somebody else's by now."""
        ...

    async def members(self) -> frozenset[str]:
        """The client ids of the group's living members, this one included."""
        ...


class LogReader(Protocol):
    """Reads ranges of a log outside of any group (read_committed)."""

    async def read(self, topic_partition: TopicPartition, start: int, end: int) -> list[Record]:
        """All records with start <= offset < end; offsets already gone or without a data record are left out."""
        ...

    async def beginning(self, topic_partition: TopicPartition) -> int:
        """The first offset that the log still holds."""
        ...

    async def end(self, topic_partition: TopicPartition) -> int:
        """The offset that the next record will get (the last stable offset)."""
        ...

    async def partitions(self, topic: str) -> int:
        """How many partitions the topic has; raises UnknownTopicError."""
        ...


class Follower(Protocol):
    """Follows whole topics outside of any group (read_committed), as long polls."""

    async def poll(self, *, max_records: int, timeout_s: float) -> list[Record]:
        """The next records of all partitions; empty after the timeout."""
        ...

    async def has_caught_up(self) -> bool:
        """Whether everything that stood in the log when it was opened has been handed out."""
        ...


class Admin(Protocol):
    """What services ask of the cluster beside records."""

    async def create_topics(self, topics: Mapping[str, tuple[int, Mapping[str, str]]]) -> None:
        """Create what is missing (name -> partitions, settings); existing topics stay as they are."""
        ...

    async def align_topics(self, topics: Mapping[str, Mapping[str, str]]) -> Sequence[str]:
        """Set these settings of topics that exist where they differ, and no others; returns `<topic> <setting>` of each change."""
        ...

    async def group_offsets(self, group: str) -> Mapping[TopicPartition, CommittedOffset]:
        """All marks of a group."""
        ...

    async def delete_before(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Purge: make records below these offsets unreadable, and let the broker remove their segments."""
        ...


class Broker(Protocol):
    """A connection to the log; a context manager that opens and closes its clients."""

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
        """Topics, group marks, purges."""
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
        """Join a group; more `fetch_min_bytes` trade up to half a second of latency for fewer fetches.

        A rebalance awaits on_revoked(partitions) before, and on_assigned(partitions) after each new assignment.
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
