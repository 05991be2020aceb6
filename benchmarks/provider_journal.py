"""Compares the usage lines in ClickHouse with the journal of the stub provider, call by call."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import clickhouse_connect

INPUT_USD, OUTPUT_USD = Decimal("0.0000005"), Decimal("0.0000015")
USAGE = "SELECT toString(attempt_id), state, input_tokens, output_tokens, cost_usd FROM weir.usage"
FAILED = "SELECT error, cost_status, count() FROM weir.usage WHERE state = 'failed' GROUP BY ALL"


@dataclass(frozen=True, slots=True)
class UsageLine:
    """A row of `usage`; `cost_usd` is None for a call of unknown or held cost."""

    attempt_id: str
    state: str
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: Decimal | None

    @property
    def is_finished(self) -> bool:
        """Whether the provider's answer is booked."""
        return self.state == "finished"


@dataclass(frozen=True, slots=True)
class JournalledCall:
    """The tokens of a call that the provider answered with 200."""

    input_tokens: int
    output_tokens: int

    @property
    def cost_usd(self) -> Decimal:
        """The cost at the prices of the benchmark's configuration."""
        return self.input_tokens * INPUT_USD + self.output_tokens * OUTPUT_USD


def finished_calls(journal: Path) -> Mapping[str, JournalledCall]:
    """The finished calls in a journal, by attempt."""
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    return {
        line["attempt"]: JournalledCall(line["prompt_tokens"], line["completion_tokens"])
        for line in lines
        if line["status"] == 200
    }


def compare(clickhouse: str, journal: Path) -> list[str]:
    """All differences between the usage lines in ClickHouse and the provider's journal; prints both sums."""
    client = clickhouse_connect.get_client(dsn=clickhouse)
    lines = [UsageLine(*row) for row in client.query(USAGE).result_rows]
    print("failed calls:", client.query(FAILED).result_rows)
    calls = finished_calls(journal)
    return [*differing_calls(lines, calls), *differing_sums(lines, calls)]


def differing_calls(lines: Sequence[UsageLine], calls: Mapping[str, JournalledCall]) -> Iterator[str]:
    """The calls that are booked twice, missing, invented, or booked with other tokens."""
    for attempt, times in Counter(line.attempt_id for line in lines).items():
        if times > 1:
            yield f"usage line {attempt} is there {times} times"
    booked = {line.attempt_id: line for line in lines}
    for attempt, call in calls.items():
        difference = _difference(booked.get(attempt), call)
        if difference is not None:
            yield f"call {attempt} {difference}"
    for line in lines:
        if line.is_finished and line.attempt_id not in calls:
            yield f"call {line.attempt_id} is booked and the provider never finished it"


def _difference(line: UsageLine | None, call: JournalledCall) -> str | None:
    if line is None:
        return "finished at the provider and is not booked"
    if not line.is_finished and line.cost_usd is not None:
        return f"finished at the provider and is booked as {line.state} for {line.cost_usd}"
    tokens = (call.input_tokens, call.output_tokens)
    if line.is_finished and (line.input_tokens, line.output_tokens) != tokens:
        return "has other tokens"
    return None


def differing_sums(lines: Sequence[UsageLine], calls: Mapping[str, JournalledCall]) -> Iterator[str]:
    """Check that the booked costs and the costs of the unknown or held calls add up to the provider's."""
    finished = [line for line in lines if line.is_finished]
    open_attempts = {line.attempt_id for line in lines if not line.is_finished and line.cost_usd is None}
    open_usd = sum((calls[attempt].cost_usd for attempt in open_attempts & calls.keys()), Decimal(0))
    booked_usd = sum((line.cost_usd for line in finished if line.cost_usd is not None), Decimal(0))
    cost_usd = sum((call.cost_usd for call in calls.values()), Decimal(0))
    print(
        f"provider: {len(calls)} calls, {cost_usd} USD; booked: {len(finished)} finished, {booked_usd} USD; "
        f"unknown or held {len(open_attempts)}, of them finished {open_usd} USD"
    )
    if booked_usd + open_usd != cost_usd:
        yield f"booked {booked_usd} and unknown or held {open_usd} do not add up to {cost_usd}"
