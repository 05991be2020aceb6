"""What a handler sees: events that come in, decisions that go out, a journal for outside calls; never an offset or a topic."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Protocol, TypeVar
from uuid import UUID, uuid5

from schemas.event import Event
from schemas.values import ErrorFacts
from streaming.brokers.records import Record

TOO_LARGE = "too_large"
DEAD_LETTER = "dead_letter"
NAMESPACE = UUID("5b0f3c1e-7d3a-5a8e-9f64-2c1d0e6b7a90")

E = TypeVar("E", bound=Event)
E_co = TypeVar("E_co", bound=Event, covariant=True)


@dataclass(frozen=True, slots=True)
class Incoming(Generic[E_co]):
    """An event from the log: its derived id, where it stood, and the time by the clock of this process."""

    event: E_co
    event_id: UUID
    record: Record
    now: datetime


@dataclass(frozen=True, slots=True)
class LedgerDecision:
    """An event that a ledger writes; `name` is unique for what is decided (`<record_id>/outcome`), so a repeat gets the same id."""

    event: Event
    name: str
    event_id: UUID = field(init=False)

    def __post_init__(self) -> None:
        """Derive the id from the name, once."""
        object.__setattr__(self, "event_id", uuid5(NAMESPACE, self.name))


@dataclass(frozen=True, slots=True)
class DeadLetteredRecord:
    """A record of an inner topic that became a dead letter, as whoever closes its request sees it.

    `event` is None where the record is no event of its topic, `calls` are outside calls that were started for it and have no answer, and
    `unwritten` is what followed from it, where that is larger than its topic accepts.
    """

    record: Record
    event: Event | None
    reason: str
    message: str
    now: datetime
    calls: Sequence[Event] = ()
    oversized_output: Event | None = None

    def error(self) -> ErrorFacts:
        """What the caller is told; nothing of the record is in it."""
        if self.reason == TOO_LARGE:
            message = "what follows from the request is larger than a record may be: send less, or ask for a shorter answer"
            return ErrorFacts(code="outcome_too_large", message=message)
        message = f"the request could not be handled ({self.reason}); it is kept as a dead letter: tell the operator its request id"
        return ErrorFacts(code=DEAD_LETTER, message=message)


CloseRequest = Callable[[DeadLetteredRecord], Event | None]


def derived_id(parent: UUID, event: Event, index: int) -> UUID:
    """The id of the event number `index` that follows from `parent`: the same after every crash."""
    return uuid5(parent, f"{event.TYPE}/{index}")


def position_id(record: Record) -> UUID:
    """The id of what a record on a raw topic becomes: named by its position and append time."""
    return uuid5(NAMESPACE, f"{record.topic}/{record.partition}/{record.offset}/{record.timestamp_ms}")


class LedgerState(Protocol):
    """A ledger's state in one partition: a pure fold over the decisions in the log; the first event with an id wins."""

    def fold(self, event: Event, event_id: UUID) -> None:
        """Take one decision in; a repeat changes nothing, and the order between topics does not matter."""
        ...

    def dump(self) -> Iterable[str]:
        """The whole state as pieces of JSON text, each well under a megabyte."""
        ...

    def load(self, pieces: Sequence[str]) -> None:
        """Replace the state by a dump."""
        ...


class Journal(Protocol):
    """The record of outside calls of one event: written and acknowledged before each call."""

    @property
    def past(self) -> Sequence[Event]:
        """Calls that a former process started for this event and that have no answer: their result is unknown."""
        ...

    @property
    def owner(self) -> str:
        """The name under which this process signs its calls."""
        ...

    async def write(self, attempt: Event) -> None:
        """Return once the attempt is acknowledged; only then may the call be made."""
        ...


StageHandler = Callable[[Incoming[E]], Awaitable[Sequence[Event]]]
CallHandler = Callable[[Incoming[E], Journal], Awaitable[Event]]
Row = Mapping[str, object]
RowsOf = Callable[[Incoming[E]], Mapping[str, Sequence[Row]]]


class RowStore(Protocol):
    """Where a sink writes: the same token twice must store once, in the table and in everything that is derived from it."""

    async def insert(self, table: str, rows: Sequence[Row], token: str) -> None:
        """Insert one block; raises DependencyDownError where the store does not answer, RowsRefusedError for what its rows hold."""
        ...

    async def find_refused(self, table: str, rows: Sequence[Row]) -> Sequence[int]:
        """The indexes of the rows that the store would refuse, without storing any."""
        ...

    async def check(self) -> None:
        """Refuse to run on tables that would not drop a repeated block; raises StopServiceError."""
        ...
