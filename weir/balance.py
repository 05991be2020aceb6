"""The law of one outcome as numbers: what came in, how it ended, what was called and what was booked."""

import json
from collections.abc import Iterator, Mapping

from pydantic import BaseModel, ConfigDict, Field

STATUSES = ("answered", "blocked", "rejected", "failed", "expired", "duplicate")
ATTEMPT_STATES = ("finished", "failed", "unknown", "open")


class Balance(BaseModel):
    """One look at the whole stream; `difference` is records minus outcomes minus dead letters."""

    model_config = ConfigDict(frozen=True)

    records: int = Field(description="records ever appended to llm.requests, without ticks and markers")
    completions: Mapping[str, int]
    dead_letters: int = Field(description="records of llm.requests that could not be handled")
    difference: int
    attempts: Mapping[str, int] = Field(description="journalled calls by what became of them; `open` has no booking yet")
    usage_lines: int
    outcomes_counted_twice: int = Field(description="record ids with more than one completion row")
    positions_counted_twice: int = Field(description="offsets of llm.requests with more than one ending")
    usage_counted_twice: int = Field(description="calls with more than one usage line")
    usage_without_attempt: int = Field(description="usage lines whose call is not in the journal")
    rollup_difference: Mapping[str, str] = Field(description="rollup minus base table, by measure")
    late_groups: Mapping[str, int] = Field(description="records that a group has not finished, where there are any")

    @property
    def is_drained(self) -> bool:
        """Whether nothing is on its way."""
        return not self.late_groups and self.attempts.get("open", 0) == 0

    @property
    def closes(self) -> bool:
        """Whether the law holds now, with nothing on its way."""
        return not any(self.problems())

    def problems(self) -> Iterator[str]:
        """What keeps the balance from closing, one sentence each."""
        if self.difference > 0:
            yield f"{self.difference} records have no ending yet"
        if self.difference < 0:
            yield f"{-self.difference} endings have no record"
        if self.outcomes_counted_twice or self.positions_counted_twice:
            yield f"{self.outcomes_counted_twice} outcomes and {self.positions_counted_twice} positions are counted twice"
        if self.attempts.get("open", 0):
            yield f"{self.attempts['open']} calls of the journal are not booked"
        if self.usage_counted_twice or self.usage_without_attempt:
            yield f"{self.usage_counted_twice} calls are booked twice, {self.usage_without_attempt} bookings have no call in the journal"
        yield from (f"rollup {measure} differs by {by}" for measure, by in self.rollup_difference.items() if float(by))
        yield from (f"group {group} has {count} records to do" for group, count in self.late_groups.items())

    def to_json(self) -> str:
        """The balance with whether it closes, as one JSON object."""
        return json.dumps({**self.model_dump(mode="json"), "closes": self.closes}, indent=2)
