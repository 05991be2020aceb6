"""Forecasts and unusual hours on a real ClickHouse, against sums worked out by hand."""

import calendar
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.weir.conftest import Books

pytestmark = pytest.mark.integration
ONE = Decimal(1)
MODEL = {"provider": "local", "model": "smollm2"}


def days_left(at: datetime) -> float:
    """Days of the month after `at`, today's rest included."""
    last = calendar.monthrange(at.year, at.month)[1]
    return last - at.day + (24 - at.hour) / 24


async def spend(
    books: "Books", at: datetime, *ago_and_usd: tuple[timedelta, str | None], tenant: str = "acme"
) -> None:
    """One call for each; a row's worth of money so long before `at`."""
    for ago, usd in ago_and_usd:
        await books.outcome(books.line(usd, at - ago), request={"tenant": tenant})


def in_month(at: datetime, ago: timedelta) -> bool:
    return (at - ago).replace(day=1).date() == at.replace(day=1).date()


async def test_a_steady_tenant_goes_on_as_it_did(books: "Books") -> None:
    at = books.NOON
    history = [(timedelta(days=day), "10") for day in range(1, 15)]
    await spend(books, at, *history, (timedelta(hours=1), "2"))

    (month,) = books.costs.forecast(at)

    spent = 2 + 10 * sum(in_month(at, ago) for ago, _ in history)

    assert (month.spent_usd, month.history_days, month.not_priced) == (Decimal(spent), 14, 0)
    assert month.forecast_usd == pytest.approx(spent + 10 * days_left(at))
    assert month.low_usd == month.forecast_usd == month.high_usd


async def test_weekends_that_cost_nothing_are_expected_to_cost_nothing_again(books: "Books") -> None:
    at = books.NOON
    days = [timedelta(days=day) for day in range(1, 29)]
    history = [(ago, "10") for ago in days if (at - ago).weekday() < 5]
    await spend(books, at, *history, (timedelta(days=28, hours=1), "0"))

    (month,) = books.costs.forecast(at)

    spent = 10 * sum(in_month(at, ago) for ago, _ in history)
    last = calendar.monthrange(at.year, at.month)[1]
    rest = sum(
        10 * (0.5 if day == at.day else 1)
        for day in range(at.day, last + 1)
        if at.replace(day=day).weekday() < 5
    )

    assert month.forecast_usd == pytest.approx(spent + rest)


async def test_an_outlier_day_is_capped_in_the_forecast_and_stays_in_the_spend(books: "Books") -> None:
    at = books.NOON
    usual = ["9", "10", "11", "9", "10", "11", "1000", "9", "10", "11"]
    await spend(books, at, *((timedelta(days=day), usd) for day, usd in enumerate(usual, start=1)))

    (month,) = books.costs.forecast(at)

    cap = 10 + 5 * 1.4826 * 1
    level = (9 + 10 + 11 + 9 + 10 + 11 + cap) / 7
    spent = sum(float(usd) for day, usd in enumerate(usual, start=1) if in_month(at, timedelta(days=day)))

    assert month.forecast_usd == pytest.approx(spent + level * days_left(at))
    assert month.low_usd is not None
    assert month.low_usd >= spent


async def test_a_tenant_without_a_whole_day_has_no_forecast_and_a_short_history_has_no_band(
    books: "Books",
) -> None:
    at = books.NOON
    await spend(books, at, (timedelta(hours=2), "3"), tenant="newcomer")
    await spend(books, at, (timedelta(days=2), "4"), (timedelta(hours=2), "1"), tenant="young")

    newcomer, young = sorted(books.costs.forecast(at), key=lambda month: month.tenant)

    assert (newcomer.spent_usd, newcomer.forecast_usd, newcomer.history_days) == (Decimal(3), None, 0)

    spent = 1 + 4 * in_month(at, timedelta(days=2))

    assert young.forecast_usd == pytest.approx(spent + 2 * days_left(at))
    assert (young.history_days, young.low_usd, young.high_usd) == (2, None, None)


async def test_a_month_that_has_just_begun_is_forecast_from_the_last_month(books: "Books") -> None:
    first = books.NOON.replace(day=1, hour=0)
    await spend(books, first, *((timedelta(days=day, hours=-12), "5") for day in range(1, 11)))

    (month,) = books.costs.forecast(first)

    assert (month.month, month.spent_usd) == (first.date(), Decimal(0))
    assert month.forecast_usd == pytest.approx(5 * calendar.monthrange(first.year, first.month)[1])


async def test_held_calls_are_counted_beside_a_forecast_and_unknown_spend_has_none(books: "Books") -> None:
    at = books.NOON
    await spend(books, at, (timedelta(days=1), "5"), (timedelta(hours=1), None), (timedelta(hours=2), "1"))
    await spend(books, at, (timedelta(hours=1), None), (timedelta(days=32), "7"), tenant="dark")

    known, dark = sorted(books.costs.forecast(at), key=lambda month: month.tenant)

    assert (known.not_priced, known.forecast_usd is not None) == (1, True)
    assert (dark.spent_usd, dark.forecast_usd, dark.not_priced) == (None, None, 1)


async def test_what_is_booked_later_is_not_known_before(books: "Books") -> None:
    at = books.NOON
    await books.outcome(
        books.line("5", at - timedelta(days=1)),
        books.line("7", at - timedelta(hours=1), booked_at=at + timedelta(hours=1)),
    )

    (before,), (after,) = books.costs.forecast(at), books.costs.forecast(at + timedelta(hours=2))

    assert after.spent_usd is not None
    assert before.spent_usd is not None
    assert after.spent_usd - before.spent_usd == Decimal(7)


def daily(usd: str, days: int) -> list[tuple[timedelta, str | None]]:
    """The same hour on each of so many days."""
    return [(timedelta(days=day, minutes=30), usd) for day in range(1, days + 1)]


async def test_an_hour_far_above_its_usual_is_unusual_since_the_first_such_hour(books: "Books") -> None:
    at = books.NOON
    await spend(
        books,
        at,
        *daily("2", 14),
        (timedelta(minutes=10), "9"),
        (timedelta(minutes=70), "8"),
        (timedelta(minutes=130), "1"),
    )

    (rate,) = books.costs.anomalies(at, ONE)

    assert (rate.tenant, rate.provider, rate.model) == ("acme", "local", "smollm2")
    assert (rate.last_hour_usd, rate.usual_usd, rate.limit_usd, rate.is_unusual) == (
        Decimal(9),
        2.0,
        4.0,
        True,
    )
    assert rate.since == at - timedelta(hours=2)


async def test_an_hour_like_its_usual_is_not_unusual(books: "Books") -> None:
    await spend(books, books.NOON, *daily("2", 14), (timedelta(minutes=10), "4"))

    (rate,) = books.costs.anomalies(books.NOON, ONE)

    assert (rate.is_unusual, rate.since) == (False, None)


async def test_an_hour_that_is_expensive_every_week_is_usual(books: "Books") -> None:
    at = books.NOON
    weekly: list[tuple[timedelta, str | None]] = [(timedelta(days=day, minutes=5), "90") for day in (7, 14)]
    await spend(books, at, *daily("1", 14), *weekly, (timedelta(minutes=10), "100"))

    (rate,) = books.costs.anomalies(at, ONE)

    assert (rate.limit_usd, rate.is_unusual) == (1.5 * 91, False)


async def test_small_amounts_are_never_unusual_and_a_short_history_is_unknown(books: "Books") -> None:
    at = books.NOON
    await spend(books, at, *daily("0.01", 14), (timedelta(minutes=10), "0.9"))
    await spend(books, at, (timedelta(days=2), "1"), (timedelta(minutes=10), "500"), tenant="beginner")
    await spend(books, at, *daily("2", 5), (timedelta(minutes=10), None), tenant="dark")

    rates = {rate.tenant: rate for rate in books.costs.anomalies(at, ONE)}

    assert (rates["acme"].is_unusual, rates["acme"].limit_usd) == (False, 1.0)
    assert (rates["beginner"].is_unusual, rates["beginner"].usual_usd, rates["beginner"].history_days) == (
        None,
        None,
        2,
    )
    assert (rates["dark"].last_hour_usd, rates["dark"].not_priced) == (None, 1)

    (sharper,) = books.costs.anomalies(at, Decimal("0.5"), "acme")

    assert sharper.is_unusual


async def test_the_views_without_a_time_use_the_present_time(books: "Books") -> None:
    await spend(books, books.NOON, (timedelta(days=1), "1"))

    assert books.read("SELECT tenant, is_unusual FROM {db}.cost_anomalies") == []
    assert [row[0] for row in books.read("SELECT tenant, month FROM {db}.cost_forecast")] == ["acme"]
