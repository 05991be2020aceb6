"""Decodes records, runs handlers on them, and classifies errors: wait, dead-letter, or stop."""

import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar
from uuid import UUID

from schemas.cloudevents import InvalidEventError, decode
from schemas.event import Event
from schemas.topics import REQUESTS
from streaming.brokers.records import Record
from streaming.errors import BadEventError, DependencyDownError, StopServiceError
from streaming.events.breaker import CircuitBreaker, failure_of
from streaming.handling import Incoming, position_id
from streaming.metrics import RETRIES
from streaming.seal.seal import SealError

log = logging.getLogger(__name__)

MAX_TRIES = 3
RAW_TOPICS = frozenset({REQUESTS.name})
UNKNOWN_TENANT = ""

R = TypeVar("R")


class RecordRejectedError(Exception):
    """The record becomes a dead letter: a stable reason, and a message without content.

    `oversized_output` is the event that followed from the record, if that is larger than its topic accepts.
    """

    def __init__(self, reason: str, message: str, oversized_output: Event | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.oversized_output = oversized_output


def incoming_of(record: Record) -> Incoming[Event]:
    """Decode a record; raises RecordRejectedError if it is not a valid event of its topic."""
    if record.undecodable is not None:
        raise RecordRejectedError(
            "undecodable_record", f"Kafka's client cannot decode it: {record.undecodable}"
        )
    try:
        event = decode(record.topic, record.value, record.headers)
    except InvalidEventError as error:
        raise RecordRejectedError("invalid_event", str(error)) from error
    return Incoming(event, event_id_of(record), record, datetime.now(UTC))


def event_in(record: Record) -> Incoming[Event] | None:
    """Decode a record read from an output topic; None if it is not a valid event of that topic."""
    try:
        return incoming_of(record)
    except RecordRejectedError as rejection:
        log.warning(
            "no event of its topic, left out", extra={**_position(record), "reason": rejection.reason}
        )
        return None


def event_id_of(record: Record) -> UUID:
    """The id of a record's event: its ce_id, or derived from its position if it has none or the topic is raw.

    On raw topics a producer's own id is not trusted.
    """
    if record.topic in RAW_TOPICS:
        return position_id(record)
    declared = record.header("ce_id")
    try:
        return UUID((declared or b"").decode("ascii"))
    except ValueError:
        return position_id(record)


class HandlerRunner:
    """Runs handlers: retries unexpected errors, passes on waits and stops, rejects the record otherwise."""

    def __init__(self, group: str, breaker: CircuitBreaker | None = None) -> None:
        """Take the group for the metrics, and the breaker that all partition workers share."""
        self._group = group
        self._breaker = breaker or CircuitBreaker()

    def decoded(self, record: Record) -> Incoming[Event]:
        """Decode a record; raises RecordRejectedError."""
        try:
            return incoming_of(record)
        except RecordRejectedError:
            self._breaker.note_handled()
            raise
        except Exception as error:  # noqa: BLE001 - odd bytes must not end the loop
            self._reject(error, record, UNKNOWN_TENANT)

    async def handle(
        self, incoming: Incoming[Event], handler: Callable[[Incoming[Event]], Awaitable[Sequence[R]]]
    ) -> Sequence[R]:
        """Run a handler; raises RecordRejectedError, DependencyDownError or StopServiceError."""
        for tries_left in reversed(range(MAX_TRIES)):
            try:
                events = await handler(incoming)
            except (BadEventError, SealError) as error:
                self._breaker.note_handled(_tenant(incoming.event))
                raise RecordRejectedError(getattr(error, "reason", "seal_not_open"), str(error)) from error
            except (DependencyDownError, StopServiceError, RecordRejectedError):
                raise
            except Exception as error:  # noqa: BLE001 - retried, then a dead letter
                if tries_left:
                    note_failure(error, incoming.record, self._group)
                    RETRIES.labels(self._group).inc()
                    continue
                self._reject(error, incoming.record, _tenant(incoming.event))
            self._breaker.note_handled(_tenant(incoming.event))
            return events
        return ()

    def decide(self, incoming: Incoming[Event], decide: Callable[[Incoming[Any]], R]) -> R:
        """Run a pure function on an event, once since it would fail again; raises RecordRejectedError."""
        return self._once(incoming.record, _tenant(incoming.event), lambda: decide(incoming))

    def decide_raw(self, record: Record, decide: Callable[[Record], R]) -> R:
        """Run a pure function on a record that is not an event; raises RecordRejectedError."""
        return self._once(record, UNKNOWN_TENANT, lambda: decide(record))

    def _once(self, record: Record, tenant: str, decide: Callable[[], R]) -> R:
        try:
            result = decide()
        except BadEventError as error:
            raise RecordRejectedError(error.reason, str(error)) from error
        except (StopServiceError, RecordRejectedError):
            raise
        except Exception as error:  # noqa: BLE001 - a dead letter
            self._reject(error, record, tenant)
        self._breaker.note_handled(tenant)
        return result

    def count_refusal(self, error: Exception, record: Record) -> None:
        """Count a record whose content a store refused; raises BreakerOpenError at too many of them."""
        self._breaker.note_failed(
            error, failure_of(error, record, (record.key or b"").decode("utf-8", "replace"))
        )

    def _reject(self, error: Exception, record: Record, tenant: str) -> NoReturn:
        note_failure(error, record, self._group)
        self._breaker.note_failed(error, failure_of(error, record, tenant))
        raise RecordRejectedError("unexpected_error", f"{type(error).__name__} in {self._group}") from error


def note_failure(error: Exception, record: Record, group: str) -> None:
    """Log an unexpected error by type and code position; its message may contain content and is omitted."""
    frames = [
        f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)[-6:]
    ]
    log.error(
        "handler failed",
        extra={"group": group, **_position(record), "error": type(error).__name__, "frames": frames},
    )


def handler_for(
    handlers: Mapping[type[Event], Callable[..., Awaitable[Sequence[Event]]]], event: Event
) -> Callable[..., Awaitable[Sequence[Event]]]:
    """The handler of an event's class; raises RecordRejectedError if the loop has none."""
    handler = handlers.get(type(event))
    if handler is None:
        msg = f"{type(event).__name__} is not handled here"
        raise RecordRejectedError("unhandled_event", msg)
    return handler


def _tenant(event: Event) -> str:
    """The tenant of an event: its field if it has one, else its partition key."""
    declared = getattr(event, "tenant", None)
    return declared if isinstance(declared, str) else event.partition_key


def _position(record: Record) -> dict[str, object]:
    return {"topic": record.topic, "partition": record.partition, "offset": record.offset}
