"""Months in UTC, money to the cent, and rates that name the moment of the next request."""

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.meter.domain.limits.limits import LimitBalance
from services.meter.domain.limits.rates import MINUTE_S, RateWindow, wait_for_rate
from services.meter.domain.limits.windows import month_of


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


def test_available_is_what_nobody_spent_reserved_or_holds() -> None:
    balance = LimitBalance(Decimal(10), Decimal("3.5"), Decimal("0.25"), Decimal("1.25"))
    assert balance.available == Decimal(5)
    assert balance.used_ratio == Decimal("0.5")
    assert LimitBalance(Decimal(0), Decimal(0), Decimal(0), Decimal(0)).used_ratio == 1


@pytest.mark.parametrize(
    ("admitted", "now", "per_minute", "burst", "wait_s"),
    [
        ([], 0, 1, 1, 0),
        ([0], 0, 1, 1, 60),
        ([0], 59.5, 1, 1, 0.5),
        ([0], 60, 1, 1, 0),
        ([0, 0], 0.5, 60, 2, 1.5),
        ([0, 1], 1.5, 60, 2, 0.5),
        ([0, 1, 2], 2, 3, 3, 58),
        ([0, 10, 20], 30, 3, 9, 30),
        ([0, 0, 0, 0], 0, 60, 10, 0),
    ],
)
def test_a_rate_allows_so_many_a_minute_and_so_many_at_once(
    admitted: list[float], now: float, per_minute: int, burst: int, wait_s: float
) -> None:
    assert wait_for_rate(admitted, now, per_minute, burst) == pytest.approx(wait_s)


@given(gaps=st.lists(st.floats(0, 30), max_size=60), per_minute=st.integers(1, 20), burst=st.integers(1, 30))
def test_no_minute_holds_more_than_the_limit_and_who_waits_as_told_is_let_in(
    gaps: list[float], per_minute: int, burst: int
) -> None:
    now, minute, let_in = 1000.0, RateWindow(), list[float]()
    for key, gap in enumerate(gaps):
        now += gap
        wait_s = minute.requests_wait_s(now, per_minute, burst)
        if wait_s > 0:
            now += wait_s + 1e-6
            assert minute.requests_wait_s(now, per_minute, burst) == 0
        minute.note(now, key, 1)
        let_in.append(now)
    window_s = MINUTE_S * min(burst, per_minute) / per_minute
    for index, at in enumerate(let_in):
        assert sum(1 for one in let_in[index:] if one < at + MINUTE_S) <= per_minute
        assert sum(1 for one in let_in[index:] if one < at + window_s) <= burst


@given(
    pairs=st.lists(st.tuples(st.floats(0, 200), st.integers(0, 5)), max_size=200),
    order=st.randoms(use_true_random=False),
)
def test_the_last_minute_is_the_same_whatever_the_order_and_however_often_it_is_told(
    pairs: list[tuple[float, int]], order: object
) -> None:
    one, other = RateWindow(), RateWindow()
    shuffled = [*pairs, *pairs[:20]]
    getattr(order, "shuffle")(shuffled)  # noqa: B009 - hypothesis types its randoms as objects
    for at, key in pairs:
        one.note(at, key, key)
    for at, key in shuffled:
        other.note(at, key, key)
    assert list(one.last_minute()) == list(other.last_minute())
