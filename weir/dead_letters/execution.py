"""Carries out one step of a redrive: claims the letter, then publishes, evaluates or stores."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from schemas.cloudevents import encode
from schemas.event import Event
from schemas.topics import EVALUATIONS, REQUESTS
from streaming.brokers.kafka.broker import key_partition
from streaming.brokers.port import Broker
from streaming.brokers.records import OutboundRecord
from streaming.errors import BrokerDownError, DependencyDownError, RowsRefusedError
from streaming.events.event_processing import RecordRejectedError
from streaming.events.publishing import TRACE_PARENT, Publisher, SourceRecord, acknowledged
from streaming.handling import Incoming, derived_id
from streaming.loops.owned_log import check_size
from streaming.seal.content import sealed_request
from streaming.seal.seal import Sealer
from weir.dead_letters.claims import SOURCE, RedriveClaims
from weir.dead_letters.letters import DeadLetterRecord, RecordPosition
from weir.dead_letters.plan import (
    EVALUATOR,
    RedriveRefusal,
    RepeatEvaluation,
    RepublishRequest,
    StoreRows,
)
from weir.dead_letters.rows import Tables

FROM_HEADER = "weir-redriven-from"
REDRIVEN_ALREADY = "redriven_already"

ExecutableStep = RepublishRequest | StoreRows | RepeatEvaluation


class EvaluationHandler(Protocol):
    """The evaluator's handlers without its loop."""

    async def evaluate(self, incoming: Incoming[Event]) -> Sequence[Event]:
        """The events that follow; raises RecordRejectedError or DependencyDownError."""
        ...


class FactStore(Protocol):
    """Looks up and stores the rows of facts."""

    async def missing(self, incoming: Incoming[Event]) -> Tables:
        """The rows of a fact that are not stored; raises DependencyDownError."""
        ...

    async def store(self, incoming: Incoming[Event], tables: Tables) -> int:
        """Store rows and return how many; raises RowsRefusedError."""
        ...


@dataclass(frozen=True, slots=True)
class RedriveTargets:
    """Everything that a redrive writes to."""

    broker: Broker
    sealer: Sealer
    rows: FactStore
    evaluator: EvaluationHandler


class StepExecutor:
    """Carries out steps; a letter is claimed before anything is published, so that it is redriven once."""

    def __init__(
        self, targets: RedriveTargets, claims: RedriveClaims, now: datetime, *, ignores_claims: bool
    ) -> None:
        self._targets = targets
        self._claims = claims
        self._now = now
        self._ignores_claims = ignores_claims
        self._publisher = Publisher(targets.broker.producer, group=EVALUATOR, sealer=targets.sealer)

    async def execute(
        self, letter: DeadLetterRecord, step: ExecutableStep
    ) -> RecordPosition | RedriveRefusal | None:
        """The new position of the redriven record, None if rows were stored, or the refusal."""
        try:
            return await self._executed(letter, step)
        except RowsRefusedError as error:
            return RedriveRefusal("row_refused", str(error))
        except BrokerDownError as error:
            return RedriveRefusal(
                "unknown",
                f"{error}: it was not put back, but may be claimed: run it again, then with --again",
            )
        except DependencyDownError as error:
            return RedriveRefusal(
                "clickhouse_down", f"{error}; run it again: what is stored is not stored twice"
            )
        except RecordRejectedError as rejection:
            return RedriveRefusal(
                "still_refused", f"it would become a dead letter again: {rejection.reason}: {rejection}"
            )

    async def _executed(
        self, letter: DeadLetterRecord, step: ExecutableStep
    ) -> RecordPosition | RedriveRefusal | None:
        match step:
            case RepublishRequest():
                return await self._publish(letter, step)
            case RepeatEvaluation():
                return await self._evaluate(letter, step)
            case StoreRows(incoming=incoming):
                await self._targets.rows.store(incoming, await self._targets.rows.missing(incoming))
                return None

    async def _publish(
        self, letter: DeadLetterRecord, step: RepublishRequest
    ) -> RecordPosition | RedriveRefusal:
        record = redriven_record(self._targets.sealer, letter, step, self._now)
        check_size(record)
        return await self._claim(letter, step.letter_id) or await self._append(record)

    async def _evaluate(
        self, letter: DeadLetterRecord, step: RepeatEvaluation
    ) -> RecordPosition | RedriveRefusal:
        incoming = step.incoming
        events = await self._targets.evaluator.evaluate(incoming)
        if not events:
            return RedriveRefusal("nothing_follows", "nothing is evaluated of it: it is no answered request")
        origin = SourceRecord(incoming.event_id, incoming.record)
        records = [
            self._publisher.outbound(event, derived_id(incoming.event_id, event, i), origin, None)
            for i, event in enumerate(events)
        ]
        for record in records:
            check_size(record)
        refusal = await self._claim(letter, step.letter_id)
        if refusal is not None:
            return refusal
        return [await self._append(record) for record in records][-1]

    async def _claim(self, letter: DeadLetterRecord, letter_id: UUID) -> RedriveRefusal | None:
        """Claim a letter; a refusal if another command was first."""
        if letter.source is None:
            raise ValueError(letter.at)
        other = await self._claims.claim(letter_id, letter.source, self._now)
        return None if other is None or self._ignores_claims else already_redriven(other.claimed_at)

    async def _append(self, record: OutboundRecord) -> RecordPosition | RedriveRefusal:
        """Append a record whose letter is claimed."""
        partition = key_partition(
            record.key or b"", await self._targets.broker.reader.partitions(record.topic)
        )
        try:
            (offset,) = await acknowledged(
                [await self._targets.broker.producer.send(replace(record, partition=partition))]
            )
        except BrokerDownError as error:
            return RedriveRefusal(
                "unknown",
                f"{error}: whether it stands on {record.topic} is not known; "
                "if not, put it back with --again",
            )
        return RecordPosition(record.topic, partition, offset)


def redriven_record(
    sealer: Sealer, letter: DeadLetterRecord, step: RepublishRequest, now: datetime
) -> OutboundRecord:
    """A request as a new record, sealed and keyed by its tenant.

    The producer's own key and headers are dropped, since they may hold personal data.
    """
    trace = step.trace.decode("ascii") if step.trace and TRACE_PARENT.fullmatch(step.trace) else None
    encoded = encode(
        sealed_request(sealer, step.request, now),
        event_id=step.letter_id,
        source=SOURCE,
        time=now,
        traceparent=trace,
    )
    return OutboundRecord(
        REQUESTS.name,
        encoded.key,
        encoded.value,
        (*encoded.headers, (FROM_HEADER, str(letter.source).encode())),
    )


def destination_of(step: ExecutableStep) -> str:
    """The topic or table to which a step writes, for display."""
    match step:
        case RepublishRequest():
            return REQUESTS.name
        case StoreRows(incoming=incoming):
            return f"ClickHouse, rows of {incoming.record.topic}"
        case RepeatEvaluation():
            return EVALUATIONS.name


def already_redriven(claimed_at: datetime) -> RedriveRefusal:
    """The refusal for a letter that was claimed before."""
    why = f"put back before, at {claimed_at:%Y-%m-%d %H:%M:%S} UTC; --again does it once more"
    return RedriveRefusal(REDRIVEN_ALREADY, why)
