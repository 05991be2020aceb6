"""The law of one outcome as numbers: what came in, how it ended, what was called and what was booked."""

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

STATUSES = ("answered", "blocked", "rejected", "failed", "expired", "duplicate", "screened")
ATTEMPT_STATES = ("finished", "failed", "unknown", "open")


class UnknownCall(BaseModel):
    """A provider call whose result a crash left unknown: its worst case stays held until somebody asks the provider."""

    model_config = ConfigDict(frozen=True)

    attempt_id: str
    tenant: str
    request_id: str
    provider: str


class StreamBalance(BaseModel):
    """One look at the whole stream; `difference` is what came in minus what ended."""

    model_config = ConfigDict(frozen=True)

    records: int = Field(description="records ever appended to llm.requests, without ticks and markers")
    completions: Mapping[str, int]
    dead_letters: int = Field(description="records of llm.requests that could not be handled")
    difference: int = Field(description="records without an ending, minus endings without a record")
    attempts: Mapping[str, int] = Field(
        description="journalled calls by what became of them; `open` has no booking yet"
    )
    usage_lines: int
    records_without_ending: int
    first_without_ending: Sequence[str] = Field(description="the first of them as topic/partition@offset")
    lost_to_retention: int = Field(
        description="of them, records that the topic dropped before the guard had read them"
    )
    endings_without_record: int = Field(
        description="outcomes and dead letters of offsets that the topic never had"
    )
    outcomes_counted_twice: int = Field(description="rows of completions beyond the first of their record id")
    positions_counted_twice: int = Field(description="offsets of llm.requests with more than one ending")
    requests_admitted_twice: int = Field(
        description="request ids of a tenant that were admitted again instead of being called duplicates"
    )
    usage_counted_twice: int = Field(
        description="first bookings of a call beyond the one that counts; corrections are lines of their own"
    )
    usage_without_attempt: int = Field(description="usage lines whose call is not in the journal")
    corrections_uneven: int = Field(
        description="corrected calls whose lines do not add up to the newest booking that stands"
    )
    unknown_calls: Sequence[UnknownCall] = Field(description="the newest calls with an unknown result")
    rollup_difference: Mapping[str, str] = Field(description="rollup minus base table, by measure")
    late_groups: Mapping[str, int] = Field(
        description="records that a group has not finished, where there are any"
    )
    late_for_s: Mapping[str, float] = Field(description="how long the first of them has been waiting")
    held_partitions: Mapping[str, int] = Field(
        description="offsets that an open transaction holds, by topic/partition: nobody can read them yet"
    )
    other_dead_letters: Mapping[str, int] = Field(
        description="dead letters of later topics: the outcome of their request says so"
    )

    @property
    def is_drained(self) -> bool:
        """Whether nothing is on its way, what open transactions hold included."""
        return not self.late_groups and not self.held_partitions and self.attempts.get("open", 0) == 0

    @property
    def closes(self) -> bool:
        """Whether the law holds now, with nothing on its way."""
        return not any(self.problems())

    def problems(self) -> Iterator[str]:
        """What keeps the balance from closing, one sentence each."""
        if self.records_without_ending:
            lost = (
                f", {self.lost_to_retention} of them were dropped by retention unread"
                if self.lost_to_retention
                else ""
            )
            yield f"{self.records_without_ending} records have no ending yet{lost}; the first: {', '.join(self.first_without_ending)}"
        if self.endings_without_record:
            yield f"{self.endings_without_record} endings have no record"
        if self.outcomes_counted_twice or self.positions_counted_twice:
            yield f"{self.outcomes_counted_twice} outcomes and {self.positions_counted_twice} positions are counted twice"
        if self.requests_admitted_twice:
            yield f"{self.requests_admitted_twice} request ids were admitted twice"
        if self.attempts.get("open", 0):
            yield f"{self.attempts['open']} calls of the journal are not booked"
        if self.usage_counted_twice or self.usage_without_attempt:
            yield f"{self.usage_counted_twice} calls are booked twice, {self.usage_without_attempt} bookings have no call in the journal"
        if self.corrections_uneven:
            yield f"the lines of {self.corrections_uneven} corrected calls do not add up to what is booked for them now"
        yield from (
            f"rollup {measure} differs by {by}"
            for measure, by in self.rollup_difference.items()
            if Decimal(by)
        )
        yield from (
            f"group {group} has {count} records to do, the first has been waiting for {self.late_for_s.get(group, 0.0):.1f} s"
            for group, count in self.late_groups.items()
        )
        yield from (
            f"{count} offsets of {place} cannot be read while a producer's transaction is open there: `weir lag` says whose"
            for place, count in self.held_partitions.items()
        )

    def to_json(self) -> str:
        """The balance with whether it closes, as one JSON object."""
        return json.dumps({**self.model_dump(mode="json"), "closes": self.closes}, indent=2)
