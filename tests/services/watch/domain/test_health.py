"""The lag trend follows from two samples of a partition."""

from datetime import UTC, datetime, timedelta

import pytest

from services.watch.domain.health import LagSample, lag_trend

T0 = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def sample(
    seconds: float, committed: int, end: int, lag_s: float = 30.0, records: int | None = None
) -> LagSample:
    at = T0 + timedelta(seconds=seconds)
    waiting = end - committed if records is None else records
    return LagSample(
        at,
        committed,
        end,
        waiting,
        lag_s if waiting else 0.0,
        at - timedelta(seconds=lag_s) if waiting else None,
    )


@pytest.mark.parametrize(
    ("before", "now", "state", "drain_s"),
    [
        (None, sample(0, 5, 5), "OK", 0.0),
        (None, sample(0, 5, 9), "WARN", None),
        (sample(0, 0, 100), sample(10, 60, 110), "WARN", 10.0),
        (sample(0, 60, 100), sample(10, 60, 110), "STOP", None),
        (sample(0, 60, 100), sample(10, 60, 100), "STALL", None),
        (sample(0, 60, 100), sample(10, 40, 110), "REWIND", None),
        (sample(0, 0, 100), sample(10, 100, 100), "OK", 0.0),
        (sample(0, 60, 100), sample(10, 90, 100, lag_s=1.0), "OK", 10 / 3),
        (sample(0, 60, 100), sample(0, 90, 100), "WARN", None),
    ],
)
def test_a_partition_is_judged_by_what_changed(
    before: LagSample | None, now: LagSample, state: str, drain_s: float | None
) -> None:
    trend = lag_trend(before, now, 3600.0)

    assert trend.state == state
    assert trend.drain_s == (None if drain_s is None else pytest.approx(drain_s))


def test_the_time_to_loss_counts_from_the_record_that_waits() -> None:
    assert lag_trend(None, sample(0, 5, 9, lag_s=600), 3600.0).loss_in_s == 3000.0
    assert lag_trend(None, sample(0, 5, 5), 3600.0).loss_in_s is None
    assert lag_trend(None, sample(0, 5, 9), None).loss_in_s is None
