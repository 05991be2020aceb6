"""The types of handlers: incoming events, ledger decisions, the call journal; no offsets or topic names."""

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
    """An event from the log, with its derived id, its record, and the time of this process's clock."""

    event: E_co
    event_id: UUID
    record: Record
    now: datetime


@dataclass(frozen=True, slots=True)
class LedgerDecision:
    """An event that a ledger writes; its id is derived from `name`, which is unique for what is decided.

    With a name such as `<record_id>/outcome` a repeated decision gets the same id.
    """

    event: Event
    name: str
    event_id: UUID = field(init=False)

    def __post_init__(self) -> None:
        """Derive the id from the name."""
        object.__setattr__(self, "event_id", uuid5(NAMESPACE, self.name))


@dataclass(frozen=True, slots=True)
class DeadLetteredRecord:
    """A record of an inner topic that became a dead letter, as given to the function that closes its request.

    `event` is None if the record is not a valid event; `calls` are outside calls that were started for it
    and have no answer; `oversized_output` is the event that followed from it, if that is larger than its
    topic accepts.
    """

    record: Record
    event: Event | None
    reason: str
    message: str
    now: datetime
    calls: Sequence[Event] = ()
    oversized_output: Event | None = None

    def error(self) -> ErrorFacts:
        """The error for the caller, without content of the record."""
        if self.reason == TOO_LARGE:
            message = (
                "what follows from the request is larger than a record may be: "
                "send less, or ask for a shorter answer"
            )
            return ErrorFacts(code="outcome_too_large", message=message)
        message = (
            f"the request could not be handled ({self.reason}); it is kept as a dead letter: "
            "tell the operator its request id"
        )
        return ErrorFacts(code=DEAD_LETTER, message=message)


CloseRequest = Callable[[DeadLetteredRecord], Event | None]


def derived_id(parent: UUID, event: Event, index: int) -> UUID:
    """The id of output number `index` of the event `parent`: the same after every crash."""
    return uuid5(parent, f"{event.TYPE}/{index}")


def position_id(record: Record) -> UUID:
    """The event id of a record on a raw topic, derived from its position and append time."""
    return uuid5(NAMESPACE, f"{record.topic}/{record.partition}/{record.offset}/{record.timestamp_ms}")


class LedgerState(Protocol):
    """A ledger's state in one partition: a pure fold over its decisions; the first one with an id counts."""

    def fold(self, event: Event, event_id: UUID) -> None:
        """Apply one decision; a repeated one changes nothing, and order between topics does not matter."""
        ...

    def dump(self) -> Iterable[str]:
        """The whole state as pieces of JSON text, each well below a megabyte."""
        ...

    def load(self, pieces: Sequence[str]) -> None:
        """Replace the state by a dump."""
        ...


class Journal(Protocol):
    """The journal of the outside calls for one event; an entry is acknowledged before each call."""

    @property
    def past(self) -> Sequence[Event]:
        """Unanswered calls that this or an earlier process started for this event, with unknown results."""
        ...

    @property
    def owner(self) -> str:
        """The client id under which this process makes its calls."""
        ...

    async def write(self, attempt: Event) -> None:
        """Return once the attempt is acknowledged; only then may the call be made."""
        ...


StageHandler = Callable[[Incoming[E]], Awaitable[Sequence[Event]]]
CallHandler = Callable[[Incoming[E], Journal], Awaitable[Event]]
Row = Mapping[str, object]
RowsOf = Callable[[Incoming[E]], Mapping[str, Sequence[Row]]]


class RowStore(Protocol):
    """Where a sink inserts rows; a second insert with a token stores nothing, also in derived tables."""

    async def insert(self, table: str, rows: Sequence[Row], token: str) -> None:
        """Insert one block; raises DependencyDownError, or RowsRefusedError for what the rows hold."""
        ...

    async def find_refused(self, table: str, rows: Sequence[Row]) -> Sequence[int]:
        """The indexes of the rows that the store would refuse; stores nothing."""
        ...

    async def check(self) -> None:
        """Raise StopServiceError if the tables would not drop a repeated block."""
        ...
