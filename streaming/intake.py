"""Turns records into events, runs a handler on them, and decides what a failure means: wait, dead letter, or stop."""

import logging
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from schemas.cloudevents import InvalidEventError, decode
from schemas.event import Event
from schemas.topics import REQUESTS
from streaming.errors import BadEventError, BreakerOpenError, DependencyDownError, StopServiceError
from streaming.handling import Incoming, position_id
from streaming.metrics import RETRIES
from streaming.records import Record
from streaming.seal import SealError

log = logging.getLogger(__name__)

TRIES = 3
RAW_TOPICS = frozenset({REQUESTS.name})


class Rejection(Exception):  # noqa: N818 - not an error of the program: the verdict on one record, caught by the loop that raised it
    """A record goes to the dead letters: a stable reason and a message without content."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Breaker:
    """Stops the service when unexpected errors hit half of the recent records: a bad deploy must not dead-letter the world.

    Broken input does not count, or anybody who may publish could stop the stream.
    """

    def __init__(self, window: int = 200, at_least: int = 20, share: float = 0.5) -> None:
        """Look at the last `window` records; open at `share` of them, but not before `at_least` have failed."""
        self._recent: deque[bool] = deque(maxlen=window)
        self._at_least = at_least
        self._share = share

    def passed(self) -> None:
        """Note a record that was handled, or was broken input."""
        self._recent.append(False)

    def failed(self, error: BaseException) -> None:
        """Note an unexpected error; raises BreakerOpenError when there are too many."""
        self._recent.append(True)
        failures = sum(self._recent)
        if failures >= self._at_least and failures >= self._share * len(self._recent):
            msg = f"{failures} of the last {len(self._recent)} records failed with an unexpected error, the last one {type(error).__name__}: stopped"
            raise BreakerOpenError(msg)


def incoming_of(record: Record) -> Incoming[Event]:
    """Decode a record; raises Rejection where it is no event of its topic."""
    try:
        event = decode(record.topic, record.value, record.headers)
    except InvalidEventError as error:
        raise Rejection("invalid_event", str(error)) from error
    return Incoming(event, event_id_of(record), record, datetime.now(UTC))


def event_id_of(record: Record) -> UUID:
    """The id of a record's event: derived from the position on raw topics (a producer's own id is not trusted), else its ce_id."""
    if record.topic in RAW_TOPICS:
        return position_id(record)
    declared = record.header("ce_id")
    try:
        return UUID((declared or b"").decode("ascii"))
    except ValueError:
        return position_id(record)


class Intake:
    """Applies a handler to records: retries what is unexpected, passes on waits and stops, rejects the rest."""

    def __init__(self, group: str, breaker: Breaker | None = None) -> None:
        """Take the group for metrics and the breaker that all lanes share."""
        self._group = group
        self._breaker = breaker or Breaker()

    async def handle(self, incoming: Incoming[Event], handler: Callable[[Incoming[Event]], Awaitable[Sequence[Event]]]) -> Sequence[Event]:
        """What the handler makes of an event; raises Rejection, DependencyDownError or StopServiceError."""
        for left in reversed(range(TRIES)):
            try:
                events = await handler(incoming)
            except (BadEventError, SealError) as error:
                self._breaker.passed()
                raise Rejection(getattr(error, "reason", "seal_not_open"), str(error)) from error
            except (DependencyDownError, StopServiceError):
                raise
            except Exception as error:  # the last line of defence: retried, then a dead letter, and the breaker watches
                note_failure(error, incoming.record, self._group)
                if left:
                    RETRIES.labels(self._group).inc()
                    continue
                self._breaker.failed(error)
                raise Rejection("unexpected_error", f"{type(error).__name__} in {self._group}") from error
            self._breaker.passed()
            return events
        return ()


def note_failure(error: Exception, record: Record, group: str) -> None:
    """Log an unexpected error by its type and place; its message may hold content and is left out."""
    frames = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)[-6:]]
    facts = {"group": group, "topic": record.topic, "partition": record.partition, "offset": record.offset}
    log.error("handler failed", extra={**facts, "error": type(error).__name__, "frames": frames})


def handler_for(handlers: Mapping[type[Event], Callable[..., Awaitable[Sequence[Event]]]], event: Event) -> Callable[..., Awaitable[Sequence[Event]]]:
    """The handler of an event's class; raises Rejection where the loop has none."""
    handler = handlers.get(type(event))
    if handler is None:
        msg = f"{type(event).__name__} is not handled here"
        raise Rejection("unhandled_event", msg)
    return handler
