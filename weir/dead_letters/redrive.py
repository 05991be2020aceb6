"""Puts letters back, or says what would become of each: one letter at a time, each claimed before it is published."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from schemas.cloudevents import encode
from schemas.event import Event
from schemas.topics import EVALUATIONS, REQUESTS
from streaming.brokers.kafka.broker import key_partition
from streaming.brokers.port import Broker
from streaming.brokers.records import CommittedOffset, OutboundRecord, Record, TopicPartition
from streaming.errors import BrokerDownError, DependencyDownError, RowsRefusedError
from streaming.events.event_processing import RecordRejectedError
from streaming.events.publishing import TRACE_PARENT, Publisher, SourceRecord, acknowledged
from streaming.handling import Incoming, derived_id
from streaming.loops.owned_log import check_size
from streaming.seal.content import sealed_request
from streaming.seal.seal import Sealer
from weir.dead_letters.claims import SOURCE, RedriveClaims
from weir.dead_letters.letters import DeadLetterRecord, RecordPosition, letter_of
from weir.dead_letters.plan import (
    EVALUATOR,
    SINK,
    RedrivePlanner,
    RedriveRefusal,
    RedriveStep,
    RepeatEvaluation,
    RepublishRequest,
    StoreRows,
)
from weir.dead_letters.reading import DeadLetterSelection, OffsetRange, records_of
from weir.dead_letters.rows import Tables

FROM_HEADER = "weir-redriven-from"
WOULD_GO, REDRIVEN = "would_go", "redriven"
REDRIVEN_ALREADY, STORED_ALREADY = "redriven_already", "stored_already"
IS_BACK = frozenset({REDRIVEN, REDRIVEN_ALREADY, STORED_ALREADY})


class EvaluationHandler(Protocol):
    """The evaluator's handlers, without its loop."""

    async def evaluate(self, incoming: Incoming[Event]) -> Sequence[Event]:
        """What follows from an event; raises Rejection or DependencyDownError."""
        ...


class FactStore(Protocol):
    """Where rows of facts are looked for and stored."""

    async def missing(self, incoming: Incoming[Event]) -> Tables:
        """The rows of a fact that are not stored."""
        ...

    async def store(self, incoming: Incoming[Event], tables: Tables) -> int:
        """Store them; returns how many."""
        ...


@dataclass(frozen=True, slots=True)
class RedriveResult:
    """What became of a letter, or would: `to` is the topic or table it goes to, None where it stays; `place` is where it stands now."""

    letter: DeadLetterRecord
    to: str | None
    code: str
    why: str = ""
    place: RecordPosition | None = None


@dataclass(frozen=True, slots=True)
class RedriveTargets:
    """Where letters go back to."""

    broker: Broker
    sealer: Sealer
    rows: FactStore
    evaluator: EvaluationHandler


@dataclass(frozen=True, slots=True)
class RedriveOptions:
    """Which letters to put back.

    Which letters, of which tenant; how many at most, among how many of each topic's newest; whether an earlier command's claim is passed over.
    """

    selection: DeadLetterSelection
    tenant: str | None = None
    at_most: int = 1_000
    limit: int = 10_000
    again: bool = False


class Redrive:
    """One run of the command; `plan` changes nothing, `perform` puts back."""

    def __init__(self, doors: RedriveTargets, planner: RedrivePlanner, wish: RedriveOptions) -> None:
        """Letters are taken as `wish` says."""
        self._doors = doors
        self._planner = planner
        self._wish = wish
        self._claims = RedriveClaims(doors.broker)
        self._marks: Mapping[str, Mapping[TopicPartition, CommittedOffset]] = {}
        self._store_is_down: RedriveRefusal | None = None
        self._publisher = Publisher(doors.broker.producer, group=EVALUATOR, sealer=doors.sealer)

    async def plan(self, spans: Sequence[OffsetRange]) -> AsyncGenerator[RedriveResult]:
        """Say what would become of each letter."""
        left = self._wish.at_most
        async for record, letter in self._letters(spans):
            step = await self._checked(self._planner.plan(record, letter))
            yield (
                RedriveResult(letter, None, step.code, step.why)
                if isinstance(step, RedriveRefusal)
                else RedriveResult(letter, _destination(step), WOULD_GO)
            )
            left -= not isinstance(step, RedriveRefusal)
            if left <= 0:
                return

    async def perform(self, spans: Sequence[OffsetRange]) -> AsyncGenerator[RedriveResult]:
        """Put each letter back that may go."""
        left = self._wish.at_most
        async for record, letter in self._letters(spans):
            step = await self._checked(self._planner.plan(record, letter))
            yield (
                RedriveResult(letter, None, step.code, step.why)
                if isinstance(step, RedriveRefusal)
                else await self._performed(letter, step)
            )
            left -= not isinstance(step, RedriveRefusal)
            if left <= 0:
                return

    async def _letters(self, spans: Sequence[OffsetRange]) -> AsyncGenerator[tuple[Record, DeadLetterRecord]]:
        """The selected letters, oldest first by topic; one that was written twice after a crash is met once."""
        await self._claims.look()
        self._marks = {
            group: await self._doors.broker.admin.group_offsets(group) for group in (SINK, EVALUATOR)
        }
        met = set[tuple[RecordPosition, int, str]]()
        for span in spans:
            async for records in records_of(self._doors.broker, span):
                for record in records:
                    letter = letter_of(record)
                    name = letter.source or letter.at, letter.timestamp_ms, letter.service
                    if name not in met and self._is_wanted(record, letter):
                        met.add(name)
                        yield record, letter

    def _is_wanted(self, record: Record, letter: DeadLetterRecord) -> bool:
        if not self._wish.selection.wants(letter):
            return False
        return self._wish.tenant is None or self._planner.tenant(record, letter) == self._wish.tenant

    async def _checked(self, step: RedriveStep) -> RedriveStep:
        """What the log and the tables say against a step."""
        match step:
            case RepublishRequest(letter_id=letter_id):
                return self._unclaimed(letter_id) or step
            case StoreRows(incoming=incoming):
                return self._has_committed_past(SINK, incoming) or await self._stored(incoming) or step
            case RepeatEvaluation(letter_id=letter_id, incoming=incoming):
                return self._has_committed_past(EVALUATOR, incoming) or self._unclaimed(letter_id) or step
            case RedriveRefusal():
                return step

    def _unclaimed(self, letter_id: UUID) -> RedriveRefusal | None:
        claim = self._claims.of(letter_id)
        if claim is None or self._wish.again:
            return None
        return _claimed_at(claim.claimed_at)

    def _has_committed_past(self, group: str, incoming: Incoming[Event]) -> RedriveRefusal | None:
        """A service that has not committed past the record may still meet it again."""
        mark = self._marks[group].get(incoming.record.topic_partition)
        if mark is not None and mark.offset > incoming.record.offset:
            return None
        return RedriveRefusal(
            "still_at_work",
            f"the {group} has not committed past this record: it may still take it. Try again in a minute",
        )

    async def _stored(self, incoming: Incoming[Event]) -> RedriveRefusal | None:
        if self._store_is_down is not None:
            return self._store_is_down
        try:
            missing = await self._doors.rows.missing(incoming)
        except DependencyDownError as error:
            self._store_is_down = RedriveRefusal(
                "clickhouse_down", f"{error}; without it nobody knows which rows are stored"
            )
            return self._store_is_down
        return None if missing else RedriveRefusal(STORED_ALREADY, "ClickHouse has all its rows")

    async def _performed(
        self, letter: DeadLetterRecord, step: RepublishRequest | StoreRows | RepeatEvaluation
    ) -> RedriveResult:
        done = await self._put_back(letter, step)
        return (
            RedriveResult(letter, None, done.code, done.why)
            if isinstance(done, RedriveRefusal)
            else RedriveResult(letter, _destination(step), REDRIVEN, place=done)
        )

    async def _put_back(
        self, letter: DeadLetterRecord, step: RepublishRequest | StoreRows | RepeatEvaluation
    ) -> RecordPosition | RedriveRefusal | None:
        try:
            return await self._taken(letter, step)
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

    async def _taken(
        self, letter: DeadLetterRecord, step: RepublishRequest | StoreRows | RepeatEvaluation
    ) -> RecordPosition | RedriveRefusal | None:
        """Where it stands now; None for rows."""
        match step:
            case RepublishRequest():
                return await self._publish(letter, step)
            case RepeatEvaluation():
                return await self._evaluate(letter, step)
            case StoreRows(incoming=incoming):
                await self._doors.rows.store(incoming, await self._doors.rows.missing(incoming))
                return None

    async def _publish(
        self, letter: DeadLetterRecord, step: RepublishRequest
    ) -> RecordPosition | RedriveRefusal:
        record = redriven_record(self._doors.sealer, letter, step, self._planner.now)
        check_size(record)
        return await self._claimed(letter, step.letter_id) or await self._append(record)

    async def _evaluate(
        self, letter: DeadLetterRecord, step: RepeatEvaluation
    ) -> RecordPosition | RedriveRefusal:
        incoming = step.incoming
        events = await self._doors.evaluator.evaluate(incoming)
        if not events:
            return RedriveRefusal("nothing_follows", "nothing is evaluated of it: it is no answered request")
        origin = SourceRecord(incoming.event_id, incoming.record)
        records = [
            self._publisher.outbound(event, derived_id(incoming.event_id, event, i), origin, None)
            for i, event in enumerate(events)
        ]
        for record in records:
            check_size(record)
        refusal = await self._claimed(letter, step.letter_id)
        if refusal is not None:
            return refusal
        return [await self._append(record) for record in records][-1]

    async def _claimed(self, letter: DeadLetterRecord, letter_id: UUID) -> RedriveRefusal | None:
        """Claim a letter; Refused where another command was first."""
        if letter.source is None:
            raise ValueError(letter.at)
        other = await self._claims.claim(letter_id, letter.source, self._planner.now)
        return None if other is None or self._wish.again else _claimed_at(other.claimed_at)

    async def _append(self, record: OutboundRecord) -> RecordPosition | RedriveRefusal:
        """Append what was claimed before."""
        partition = key_partition(record.key or b"", await self._doors.broker.reader.partitions(record.topic))
        try:
            (offset,) = await acknowledged(
                [await self._doors.broker.producer.send(replace(record, partition=partition))]
            )
        except BrokerDownError as error:
            return RedriveRefusal(
                "unknown",
                f"{error}: whether it stands on {record.topic} is not known; if not, put it back with --again",
            )
        return RecordPosition(record.topic, partition, offset)


def redriven_record(
    sealer: Sealer, letter: DeadLetterRecord, step: RepublishRequest, now: datetime
) -> OutboundRecord:
    """A request as a new record: sealed, keyed by its tenant, and without what its producer had in key and headers, which may be personal."""
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


def _destination(step: RepublishRequest | StoreRows | RepeatEvaluation) -> str:
    match step:
        case RepublishRequest():
            return REQUESTS.name
        case StoreRows(incoming=incoming):
            return f"ClickHouse, rows of {incoming.record.topic}"
        case RepeatEvaluation():
            return EVALUATIONS.name


def _claimed_at(moment: datetime) -> RedriveRefusal:
    why = f"put back before, at {moment:%Y-%m-%d %H:%M:%S} UTC; --again does it once more"
    return RedriveRefusal(REDRIVEN_ALREADY, why)
