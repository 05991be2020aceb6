"""Redrives the selected dead letters one at a time, or shows what would be done with each."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from schemas.event import Event
from streaming.brokers.records import CommittedOffset, Record, TopicPartition
from streaming.errors import DependencyDownError
from streaming.handling import Incoming
from weir.dead_letters.claims import RedriveClaims
from weir.dead_letters.execution import (
    REDRIVEN_ALREADY,
    ExecutableStep,
    RedriveTargets,
    StepExecutor,
    already_redriven,
    destination_of,
)
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

WOULD_GO, REDRIVEN = "would_go", "redriven"
STORED_ALREADY = "stored_already"
IS_BACK = frozenset({REDRIVEN, REDRIVEN_ALREADY, STORED_ALREADY})


@dataclass(frozen=True, slots=True)
class RedriveResult:
    """The result for a letter, or the planned one: `to` is its destination, None if it is not redriven."""

    letter: DeadLetterRecord
    to: str | None
    code: str
    why: str = ""
    position: RecordPosition | None = None


@dataclass(frozen=True, slots=True)
class RedriveOptions:
    """Which letters to redrive: at most `at_most`, among the newest `limit` of each partition.

    `again` includes letters that an earlier command has claimed.
    """

    selection: DeadLetterSelection
    tenant: str | None = None
    at_most: int = 1_000
    limit: int = 10_000
    again: bool = False


class Redrive:
    """One run of the command over the selected letters; `plan` changes nothing, `perform` redrives them."""

    def __init__(self, targets: RedriveTargets, planner: RedrivePlanner, options: RedriveOptions) -> None:
        self._targets = targets
        self._planner = planner
        self._options = options
        self._claims = RedriveClaims(targets.broker)
        self._executor = StepExecutor(targets, self._claims, planner.now, ignores_claims=options.again)
        self._committed: Mapping[str, Mapping[TopicPartition, CommittedOffset]] = {}
        self._store_is_down: RedriveRefusal | None = None

    async def plan(self, ranges: Sequence[OffsetRange]) -> AsyncGenerator[RedriveResult]:
        """Yield the planned result for each letter."""
        left = self._options.at_most
        async for record, letter in self._letters(ranges):
            step = await self._checked(self._planner.plan(record, letter))
            yield (
                RedriveResult(letter, None, step.code, step.why)
                if isinstance(step, RedriveRefusal)
                else RedriveResult(letter, destination_of(step), WOULD_GO)
            )
            left -= not isinstance(step, RedriveRefusal)
            if left <= 0:
                return

    async def perform(self, ranges: Sequence[OffsetRange]) -> AsyncGenerator[RedriveResult]:
        """Redrive each letter that may be redriven, and yield the result for each."""
        left = self._options.at_most
        async for record, letter in self._letters(ranges):
            step = await self._checked(self._planner.plan(record, letter))
            yield (
                RedriveResult(letter, None, step.code, step.why)
                if isinstance(step, RedriveRefusal)
                else await self._performed(letter, step)
            )
            left -= not isinstance(step, RedriveRefusal)
            if left <= 0:
                return

    async def _letters(
        self, ranges: Sequence[OffsetRange]
    ) -> AsyncGenerator[tuple[Record, DeadLetterRecord]]:
        """The selected letters, oldest first by topic; one written twice after a crash is yielded once."""
        await self._claims.refresh()
        self._committed = {
            group: await self._targets.broker.admin.group_offsets(group) for group in (SINK, EVALUATOR)
        }
        seen = set[tuple[RecordPosition, int, str]]()
        for offset_range in ranges:
            async for records in records_of(self._targets.broker, offset_range):
                for record in records:
                    letter = letter_of(record)
                    identity = letter.source or letter.at, letter.timestamp_ms, letter.service
                    if identity not in seen and self._is_selected(record, letter):
                        seen.add(identity)
                        yield record, letter

    def _is_selected(self, record: Record, letter: DeadLetterRecord) -> bool:
        if not self._options.selection.includes(letter):
            return False
        return self._options.tenant is None or self._planner.tenant(record, letter) == self._options.tenant

    async def _checked(self, step: RedriveStep) -> RedriveStep:
        """The step, or a refusal if a claim, a committed offset or a stored row is against it."""
        match step:
            case RepublishRequest(letter_id=letter_id):
                return self._claim_refusal(letter_id) or step
            case StoreRows(incoming=incoming):
                return self._unfinished(SINK, incoming) or await self._stored(incoming) or step
            case RepeatEvaluation(letter_id=letter_id, incoming=incoming):
                return self._unfinished(EVALUATOR, incoming) or self._claim_refusal(letter_id) or step
            case RedriveRefusal():
                return step

    def _claim_refusal(self, letter_id: UUID) -> RedriveRefusal | None:
        claim = self._claims.of(letter_id)
        if claim is None or self._options.again:
            return None
        return already_redriven(claim.claimed_at)

    def _unfinished(self, group: str, incoming: Incoming[Event]) -> RedriveRefusal | None:
        """A refusal unless the group has committed past the record: until then it may handle it again."""
        committed = self._committed[group].get(incoming.record.topic_partition)
        if committed is not None and committed.offset > incoming.record.offset:
            return None
        return RedriveRefusal(
            "still_at_work",
            f"the {group} has not committed past this record: it may still take it. Try again in a minute",
        )

    async def _stored(self, incoming: Incoming[Event]) -> RedriveRefusal | None:
        if self._store_is_down is not None:
            return self._store_is_down
        try:
            missing = await self._targets.rows.missing(incoming)
        except DependencyDownError as error:
            self._store_is_down = RedriveRefusal(
                "clickhouse_down", f"{error}; without it nobody knows which rows are stored"
            )
            return self._store_is_down
        return None if missing else RedriveRefusal(STORED_ALREADY, "ClickHouse has all its rows")

    async def _performed(self, letter: DeadLetterRecord, step: ExecutableStep) -> RedriveResult:
        outcome = await self._executor.execute(letter, step)
        if isinstance(outcome, RedriveRefusal):
            return RedriveResult(letter, None, outcome.code, outcome.why)
        return RedriveResult(letter, destination_of(step), REDRIVEN, position=outcome)
