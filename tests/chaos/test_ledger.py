"""The meter as a process on a real Kafka is killed and frozen between its steps; no cent is lost."""

import time
from pathlib import Path

import pytest

from benchmarks.ledger_chaos import ChaosPlan, run
from benchmarks.shaken_meter import POINTS

pytestmark = [pytest.mark.chaos, pytest.mark.integration]
SHORT, LONG = pytest.mark.timeout(180), pytest.mark.timeout(1_800)


@SHORT
def test_usage_is_exact_in_log_accounts_and_clickhouse_through_kills_of_meter_and_sink(
    tmp_path: Path,
) -> None:
    plan = ChaosPlan(events=3_000, kills=2, freezes=0, sink_kills=1, tenants=20, partitions=2)

    assert run(plan, tmp_path) == []


@SHORT
def test_usage_is_exact_when_a_frozen_owner_goes_on_after_another_took_over(tmp_path: Path) -> None:
    plan = ChaosPlan(events=3_000, kills=0, freezes=1, sink_kills=0, tenants=20, partitions=2)

    assert run(plan, tmp_path) == []


@pytest.mark.long
@LONG
def test_usage_is_exact_through_every_named_point_and_both_kinds_of_fault(tmp_path: Path) -> None:
    plan = ChaosPlan(
        events=40_000, kills=2 * len(POINTS), freezes=3, sink_kills=4, seed=time.time_ns() % 1_000
    )

    assert run(plan, tmp_path) == [], f"with {plan}"
