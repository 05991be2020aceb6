"""Rejects records: writes the dead letter, and the event that closes the request if the service has one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Generic, TypeVar

from schemas.event import Event
from schemas.requests import request_in
from streaming.brokers.records import Record
from streaming.errors import RecordTooLargeError
from streaming.events.event_processing import RecordRejectedError, event_id_of, note_failure
from streaming.events.publishing import Publisher, SourceRecord, acknowledged
from streaming.handling import DeadLetteredRecord, derived_id

C = TypeVar("C")

MAX_HEAD_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class RejectedRecord:
    """A record and why it was rejected.

    `event` is None if the record could not be decoded; `calls` were started for it and have no answer.
    """

    record: Record
    rejection: RecordRejectedError
    event: Event | None = None
    calls: Sequence[Event] = ()


class DeadLetterWriter(Generic[C]):
    """Writes dead letters for one group; `closing` maps a topic to the function that closes requests."""

    def __init__(
        self,
        publisher: Publisher,
        group: str,
        closing: Mapping[str, Callable[[DeadLetteredRecord], C | None]],
    ) -> None:
        """Topics without an entry in `closing` have no records that a caller waits for."""
        self._publisher = publisher
        self._group = group
        self._closing = closing

    @classmethod
    def without_closing(cls, publisher: Publisher, group: str) -> "DeadLetterWriter[C]":
        """A writer that does not decode records, for poison that could crash the process."""
        return cls(publisher, group, {})

    async def write_letter(self, rejected: RejectedRecord) -> None:
        """Append the dead letter and wait until it is acknowledged."""
        record, rejection = rejected.record, rejected.rejection
        request = request_in(record.value) if record.topic in self._closing else None
        record_id = str(request.record_id) if request is not None else None
        try:
            await acknowledged(
                [await self._publisher.send_dead_letter(record, rejection.reason, str(rejection), record_id)]
            )
        except RecordTooLargeError:
            head = replace(
                record,
                key=(record.key or b"")[:MAX_HEAD_BYTES],
                value=(record.value or b"")[:MAX_HEAD_BYTES],
                headers=(),
            )
            message = f"{rejection}; only its head is kept: sealed it is larger than a dead letter may be"
            await acknowledged(
                [await self._publisher.send_dead_letter(head, rejection.reason, message, record_id)]
            )

    async def close(
        self: "DeadLetterWriter[Event]", rejected: RejectedRecord, partition: int | None
    ) -> int | None:
        """Append the event that closes the request; returns its offset, or None without an event."""
        event = self.closing(rejected)
        if event is None:
            return None
        parent = event_id_of(rejected.record)
        try:
            sent = await self._publisher.send(
                event, derived_id(parent, event, 0), SourceRecord(parent, rejected.record), partition
            )
            return (await acknowledged([sent]))[0]
        except RecordTooLargeError as error:  # the request then ends when its deadline has passed
            note_failure(error, rejected.record, self._group)
            return None

    def closing(self, rejected: RejectedRecord) -> C | None:
        """The event or decision that closes the request; None without a caller, or if that fails."""
        close = self._closing.get(rejected.record.topic)
        if close is None:
            return None
        rejection = rejected.rejection
        dead_lettered = DeadLetteredRecord(
            record=rejected.record,
            event=rejected.event,
            reason=rejection.reason,
            message=str(rejection),
            now=datetime.now(UTC),
            calls=rejected.calls,
            oversized_output=rejection.oversized_output,
        )
        try:
            return close(dead_lettered)
        except Exception as error:  # noqa: BLE001 - the request then ends when its deadline has passed
            note_failure(error, rejected.record, self._group)
            return None
