"""Decides the records of a ledger partition; each decision is folded into the state and appended."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schemas.event import Event
from streaming.brokers.records import OutboundRecord, Record
from streaming.events.event_processing import (
    HandlerRunner,
    RecordRejectedError,
    event_id_of,
    note_failure,
)
from streaming.events.publishing import Publisher, SourceRecord
from streaming.events.rejecting import DeadLetterWriter, RejectedRecord
from streaming.handling import Incoming, LedgerDecision, LedgerState
from streaming.loops.owned_log import check_size
from streaming.partitions.quarantine import POISON_DEATHS, poison_rejection

Decide = Callable[[Any, Incoming[Any]], LedgerDecision | None]


@dataclass(frozen=True, slots=True)
class EncodedDecision:
    """A decision and its record."""

    decision: LedgerDecision
    record: OutboundRecord


@dataclass(slots=True)
class RecordDecider:
    """Folds a decision only after it was encoded and fits its topic, so that state and log agree.

    `has_changed` is set by every fold; the worker resets it when it takes a snapshot.
    """

    group: str
    partition: int
    state: LedgerState
    decide_by_class: Mapping[type[Any], Decide]
    runner: HandlerRunner
    publisher: Publisher
    dead_letters: DeadLetterWriter[LedgerDecision]
    has_changed: bool = False

    async def decide(self, record: Record, deaths: int) -> Sequence[OutboundRecord]:
        """The records that follow: a decision, nothing, or the decision that closes a dead letter's request.

        `deaths` is how often a process ended while it handled this record alone.
        """
        event: Event | None = None
        try:
            if deaths > POISON_DEATHS:
                raise poison_rejection(deaths)
            incoming = self.runner.decoded(record)
            event = incoming.event
            if deaths == POISON_DEATHS:
                raise poison_rejection(deaths)
            return self.fold(self.runner.decide(incoming, self._decision))
        except RecordRejectedError as rejection:
            rejected = RejectedRecord(record, rejection, event)
        if deaths > POISON_DEATHS:
            letters_only = DeadLetterWriter[LedgerDecision].without_closing(self.publisher, self.group)
            await letters_only.write_letter(rejected)
            return ()
        await self.dead_letters.write_letter(rejected)
        return self._closed(rejected)

    def fold(self, encoded: EncodedDecision | None) -> Sequence[OutboundRecord]:
        """Fold a decision into the state and return its record."""
        if encoded is None:
            return ()
        self.state.fold(encoded.decision.event, encoded.decision.event_id)
        self.has_changed = True
        return (encoded.record,)

    def encode(self, decision: LedgerDecision, source: SourceRecord | None) -> EncodedDecision:
        """Encode a decision; raises RecordRejectedError if no topic accepts it."""
        record = self.publisher.outbound(decision.event, decision.event_id, source, self.partition)
        check_size(record)
        return EncodedDecision(decision, record)

    def _decision(self, incoming: Incoming[Event]) -> EncodedDecision | None:
        decide = self.decide_by_class.get(type(incoming.event))
        if decide is None:
            msg = f"{type(incoming.event).__name__} is not decided here"
            raise RecordRejectedError("unhandled_event", msg)
        decision = decide(self.state, incoming)
        if decision is None:
            return None
        return self.encode(decision, SourceRecord(incoming.event_id, incoming.record))

    def _closed(self, rejected: RejectedRecord) -> Sequence[OutboundRecord]:
        decision = self.dead_letters.closing(rejected)
        if decision is None:
            return ()
        try:
            source = SourceRecord(event_id_of(rejected.record), rejected.record)
            return self.fold(self.encode(decision, source))
        except RecordRejectedError as rejection:
            note_failure(rejection, rejected.record, self.group)
            return ()
