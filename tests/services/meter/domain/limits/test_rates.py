"""Rates: how many requests and tokens the last minute had, and when the next one fits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.meter.domain.limits.rates import MAX_UNTRIMMED, MINUTE_S, Rate, RateWindow, wait_for_rate


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
    assert wait_for_rate(admitted, now, Rate(per_minute, burst)) == pytest.approx(wait_s)


@given(gaps=st.lists(st.floats(0, 30), max_size=60), per_minute=st.integers(1, 20), burst=st.integers(1, 30))
def test_no_minute_holds_more_than_the_limit_and_who_waits_as_told_is_let_in(
    gaps: list[float], per_minute: int, burst: int
) -> None:
    rate = Rate(per_minute, burst)
    now, minute, let_in = 1000.0, RateWindow(), list[float]()
    for key, gap in enumerate(gaps):
        now += gap
        wait_s = minute.requests_wait_s(now, rate)
        if wait_s > 0:
            now += wait_s + 1e-6
            assert minute.requests_wait_s(now, rate) == 0
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


def test_a_busy_tenant_keeps_the_last_minute_and_little_more() -> None:
    minute = RateWindow()
    for second in range(1000):
        minute.note(float(second), second, 3)

    assert [(at, tokens) for at, _, tokens in minute.last_minute()] == [
        (float(second), 3) for second in range(940, 1000)
    ]
    assert len(minute.times) <= 2 * max(MAX_UNTRIMMED, 60)
    assert minute.tokens_since(989.0) == 30
