"""Window names give the end of a window, in its zone and over clock changes; rolling spans have steps."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.budgets import Limit, span_seconds
from services.meter.domain.limits.windows import (
    NEVER,
    ROLLING_STEPS,
    kept_until,
    month_of,
    window_end,
    window_of,
)

MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


def limit(window: str, zone: str = "UTC") -> Limit:
    return Limit.model_validate({"name": "one", "unit": "usd", "amount": 1, "window": window, "zone": zone})


@pytest.mark.parametrize(
    ("moment", "window", "zone", "name", "ends"),
    [
        ("2026-11-30T23:59:59+00:00", "month", "UTC", "2026-11", "2026-12-01T00:00+00:00"),
        (
            "2026-11-30T23:00:00+00:00",
            "month",
            "Europe/Berlin",
            "2026-12@Europe/Berlin",
            "2026-12-31T23:00+00:00",
        ),
        (
            "2026-11-24T23:30:00+00:00",
            "day",
            "Europe/Berlin",
            "2026-11-25@Europe/Berlin",
            "2026-11-25T23:00+00:00",
        ),
        (
            "2026-11-24T11:00:00+00:00",
            "day",
            "Pacific/Kiritimati",
            "2026-11-25@Pacific/Kiritimati",
            "2026-11-25T10:00+00:00",
        ),
        ("2027-01-01T12:00:00+00:00", "week", "UTC", "2026-W53", "2027-01-04T00:00+00:00"),
        ("2026-12-31T23:30:00+00:00", "year", "UTC", "2026", "2027-01-01T00:00+00:00"),
        (
            "2026-11-24T22:15:00+00:00",
            "hour",
            "Asia/Kathmandu",
            "2026-11-25T04@Asia/Kathmandu",
            "2026-11-24T23:15+00:00",
        ),
    ],
)
def test_a_calendar_window_is_named_and_ends_in_its_zone(
    moment: str, window: str, zone: str, name: str, ends: str
) -> None:
    found = window_of(limit(window, zone), datetime.fromisoformat(moment))

    assert (found.claim, found.counted) == (name, (name,))
    assert window_end(name) == datetime.fromisoformat(ends)


def test_a_day_with_a_clock_change_has_as_many_hours_as_it_has() -> None:
    for day, hours in (("2026-03-29", 23), ("2026-10-25", 25)):
        start = datetime.fromisoformat(f"{day}T12:00:00+00:00")
        name = window_of(limit("day", "Europe/Berlin"), start).claim
        before = window_end(window_of(limit("day", "Europe/Berlin"), start - timedelta(days=1)).claim)
        end = window_end(name)
        assert before is not None
        assert end is not None
        assert end - before == timedelta(hours=hours)


@given(
    moment=MOMENTS,
    window=st.sampled_from(["hour", "day", "week", "month", "year"]),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Tokyo"]),
)
def test_a_window_holds_its_moment_and_the_next_one_begins_where_it_ends(
    moment: datetime, window: str, zone: str
) -> None:
    name = window_of(limit(window, zone), moment).claim
    end = window_end(name)

    assert end is not None
    assert end > moment
    assert window_of(limit(window, zone), end).claim != name
    # An hour that comes twice in autumn is one window of two hours.
    assert window_of(limit(window, zone), end - timedelta(seconds=1)).claim == name


@given(moment=MOMENTS, back_s=st.floats(0, 8 * 86_400), span=st.sampled_from(["10m", "24h", "90m", "7d"]))
def test_a_rolling_sum_holds_the_whole_span_and_at_most_one_step_more(
    moment: datetime, back_s: float, span: str
) -> None:
    span_s = span_seconds(span) or 0
    counted = window_of(limit(span), moment).counted
    was_counted = window_of(limit(span), moment - timedelta(seconds=back_s)).claim in counted
    if back_s <= span_s:
        assert was_counted
    if back_s > span_s + -(-span_s // ROLLING_STEPS) + 1:
        assert not was_counted


def test_equal_spans_have_one_name() -> None:
    moment = datetime(2026, 11, 24, tzinfo=UTC)

    assert window_of(limit("48h"), moment) == window_of(limit("2d"), moment)
    assert window_of(limit("24h"), moment).claim == f"24h/{int(moment.timestamp()) // 3600}"
    assert window_of(limit("60m"), moment).claim.startswith("1h/")


def test_a_window_is_kept_for_two_days_after_it_matters_and_a_month_of_the_tenant_for_reports() -> None:
    day_end = datetime(2026, 11, 25, tzinfo=UTC).timestamp()

    assert kept_until("user=bob", "2026-11-24") == day_end + 2 * 86_400
    assert kept_until("tenant", "2026-11") == datetime(2026, 12, 1, tzinfo=UTC).timestamp() + 430 * 86_400

    step = int(day_end // 3600)

    assert kept_until("tenant", f"24h/{step}") == (step + 1) * 3600 + 86_400 + 2 * 86_400
    assert {
        kept_until("tenant", window)
        for window in ("open", "minute", "nonsense", "2026-13", "2026-11-24@No/Where")
    } == {NEVER}


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        ("2026-11-30T23:59:59.999999+00:00", "2026-11"),
        ("2026-12-01T00:00:00+00:00", "2026-12"),
        ("2026-12-01T00:30:00+01:00", "2026-11"),
        ("2026-12-31T20:00:00-05:00", "2027-01"),
    ],
)
def test_a_month_is_a_calendar_month_in_utc(moment: str, month: str) -> None:
    assert month_of(datetime.fromisoformat(moment)) == month
