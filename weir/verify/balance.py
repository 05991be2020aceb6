"""The balance of the stream: records, how they ended, journalled calls and bookings.

An ending of a record is its completion, or its dead letter on `llm.requests.dlq`. The balance closes if every
record has exactly one ending, every journalled call one booking, and all groups have finished their records.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

STATUSES = ("answered", "blocked", "rejected", "failed", "expired", "duplicate", "screened")
ATTEMPT_STATES = ("finished", "failed", "unknown", "open")


class UnknownCall(BaseModel):
    """A provider call whose result a crash left unknown; its worst case stays held until settled."""

    model_config = ConfigDict(frozen=True)

    attempt_id: str
    tenant: str
    request_id: str
    provider: str


class StreamBalance(BaseModel):
    """The balance at one moment; `difference` is the number of records minus the number of ended ones."""

    model_config = ConfigDict(frozen=True)

    records: int = Field(
        description="records ever appended to llm.requests, without ticks and transaction markers"
    )
    completions: Mapping[str, int]
    dead_letters: int = Field(description="dead letters of llm.requests")
    difference: int = Field(description="records without an ending, minus endings without a record")
    attempts: Mapping[str, int] = Field(
        description="journalled calls by their state; `open` calls have no booking yet"
    )
    usage_lines: int
    records_without_ending: int
    first_without_ending: Sequence[str] = Field(
        description="the first of these records, as topic/partition@offset"
    )
    lost_to_retention: int = Field(
        description="records without an ending that retention deleted before the guard had read them"
    )
    endings_without_record: int = Field(description="endings whose offset is beyond the end of the topic")
    outcomes_counted_twice: int = Field(description="rows of completions beyond the first of their record id")
    positions_counted_twice: int = Field(description="offsets of llm.requests with more than one ending")
    requests_admitted_twice: int = Field(
        description="request ids of a tenant that were admitted again instead of ending as duplicates"
    )
    usage_counted_twice: int = Field(
        description="bookings beyond the first of a call; corrections are ledger entries of their own"
    )
    usage_without_attempt: int = Field(description="ledger entries whose call is not in the journal")
    corrections_uneven: int = Field(
        description="corrected calls whose ledger entries do not add up to the newest valid one"
    )
    unknown_calls: Sequence[UnknownCall] = Field(description="the newest calls with an unknown result")
    rollup_difference: Mapping[str, str] = Field(description="rollup minus base table, by measure")
    late_groups: Mapping[str, int] = Field(description="the lag in records of each group that has one")
    late_for_s: Mapping[str, float] = Field(description="the lag seconds of these groups")
    held_partitions: Mapping[str, int] = Field(
        description="offsets that cannot be read because of an open transaction, by topic/partition"
    )
    other_dead_letters: Mapping[str, int] = Field(
        description="dead letters of other topics, whose requests have outcomes of their own"
    )

    @property
    def is_drained(self) -> bool:
        """Whether all records are finished: no lag, no open transaction, no open call."""
        return not self.late_groups and not self.held_partitions and self.attempts.get("open", 0) == 0

    @property
    def closes(self) -> bool:
        """Whether the balance closes, which means that it has no problems."""
        return not any(self.problems())

    def problems(self) -> Iterator[str]:
        """Why the balance does not close, one sentence for each reason."""
        yield from self._ending_problems()
        yield from self._booking_problems()
        yield from self._unfinished_work()

    def _ending_problems(self) -> Iterator[str]:
        if self.records_without_ending:
            lost = (
                f", {self.lost_to_retention} of them were dropped by retention unread"
                if self.lost_to_retention
                else ""
            )
            first = ", ".join(self.first_without_ending)
            yield f"{self.records_without_ending} records have no ending yet{lost}; the first: {first}"
        if self.endings_without_record:
            yield f"{self.endings_without_record} endings have no record"
        if self.outcomes_counted_twice or self.positions_counted_twice:
            outcomes, positions = self.outcomes_counted_twice, self.positions_counted_twice
            yield f"{outcomes} outcomes and {positions} positions are counted twice"
        if self.requests_admitted_twice:
            yield f"{self.requests_admitted_twice} request ids were admitted twice"

    def _booking_problems(self) -> Iterator[str]:
        if self.attempts.get("open", 0):
            yield f"{self.attempts['open']} calls of the journal are not booked"
        if self.usage_counted_twice or self.usage_without_attempt:
            twice, unknown = self.usage_counted_twice, self.usage_without_attempt
            yield f"{twice} calls are booked twice, {unknown} bookings have no call in the journal"
        if self.corrections_uneven:
            uneven = self.corrections_uneven
            yield f"the lines of {uneven} corrected calls do not add up to what is booked for them now"
        yield from (
            f"rollup {measure} differs by {by}"
            for measure, by in self.rollup_difference.items()
            if Decimal(by)
        )

    def _unfinished_work(self) -> Iterator[str]:
        for group, count in self.late_groups.items():
            waiting_s = self.late_for_s.get(group, 0.0)
            yield f"group {group} has {count} records to do, the first has been waiting for {waiting_s:.1f} s"
        for partition, count in self.held_partitions.items():
            yield (
                f"{count} offsets of {partition} cannot be read while a producer's transaction is open there:"
                " `weir lag` shows the producer"
            )

    def to_json(self) -> str:
        """The balance and whether it closes, as one JSON object."""
        return json.dumps({**self.model_dump(mode="json"), "closes": self.closes}, indent=2)
