"""Queries of the cost views in ClickHouse: spend by grouping, monthly forecasts, hourly anomalies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from clickhouse_connect.driver.client import Client

from weir.stack.migrate import DATABASE

GROUPINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "tenant": ("tenant",),
        "project": ("tenant", "project"),
        "user": ("tenant", "user"),
        "key": ("tenant", "key"),
        "model": ("tenant", "provider", "served_model"),
        "prompt": ("tenant", "prompt", "prompt_version"),
        "variant": ("tenant", "route", "variant"),
        "route": ("tenant", "route"),
        "tag": ("tenant", "tag", "value"),
    }
)
"""Each grouping reads the view cost_by_<name>; the columns identify a row."""
SUMS = (
    "sum(calls), sum(input_tokens), sum(output_tokens), "
    "sum(v.cost_usd), sum(v.estimated_usd), sum(v.not_priced)"
)
RANGE = "day >= {since:Date} AND day < {until:Date} AND (empty({tenant:String}) OR tenant = {tenant:String})"
FORECAST = """
SELECT tenant, month, spent_usd, forecast_usd, low_usd, high_usd, history_days, not_priced
FROM {db}.cost_forecast_at(at = {at:String})
WHERE empty({tenant:String}) OR tenant = {tenant:String} ORDER BY spent_usd DESC, tenant
"""
ANOMALIES = """
SELECT tenant, provider, served_model, last_hour_usd, usual_usd, limit_usd, is_unusual, since, history_days,
    not_priced
FROM {db}.cost_anomalies_at(at = {at:String}, least_usd = {least:String})
WHERE empty({tenant:String}) OR tenant = {tenant:String}
ORDER BY is_unusual DESC, last_hour_usd DESC, tenant, provider, served_model
"""


@dataclass(frozen=True, slots=True)
class Spend:
    """Calls, tokens and cost of one row, named by the columns of its grouping.

    `cost_usd` sums the known costs, and is None if none is known; `not_priced` calls are missing from it.
    """

    names: tuple[str | None, ...]
    calls: int
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: Decimal | None
    estimated_usd: Decimal | None
    not_priced: int


@dataclass(frozen=True, slots=True)
class DayRange:
    """UTC days from `since` to the day before `until`, of one tenant or of all."""

    since: date
    until: date
    tenant: str = ""

    def parameters(self) -> dict[str, object]:
        """The query parameters."""
        return {"since": self.since.isoformat(), "until": self.until.isoformat(), "tenant": self.tenant}


@dataclass(frozen=True, slots=True)
class SpendForecast:
    """A tenant's spend of the month, its forecast and the band around that; None without enough history."""

    tenant: str
    month: date
    spent_usd: Decimal | None
    forecast_usd: float | None
    low_usd: float | None
    high_usd: float | None
    history_days: int
    not_priced: int


@dataclass(frozen=True, slots=True)
class HourlySpend:
    """A tenant's last hour on one model and its usual spend; `is_unusual` is None without enough history."""

    tenant: str
    provider: str
    model: str
    last_hour_usd: Decimal | None
    usual_usd: float | None
    limit_usd: float | None
    is_unusual: bool | None
    since: datetime | None
    history_days: int
    not_priced: int


class CostViews:
    """Queries the cost views of one database."""

    def __init__(self, client: Client, database: str = DATABASE) -> None:
        self._client = client
        self._database = database

    def grouped_by(self, grouping: str, days: DayRange) -> Sequence[Spend]:
        """Spend by one of GROUPINGS, the highest cost first."""
        names = GROUPINGS[grouping]
        keys = ", ".join(f"v.{name}" for name in names)
        sql = (
            f"SELECT {keys}, {SUMS} FROM {{db}}.cost_by_{grouping} AS v WHERE {RANGE} "  # noqa: S608 - constants
            f"GROUP BY {keys} ORDER BY sum(v.cost_usd) DESC NULLS LAST, {keys}"
        )
        return [_spend(row, len(names)) for row in self._rows(sql, days.parameters())]

    def total(self, days: DayRange) -> Spend:
        """Spend of the days in one sum, in which each call counts once, also if it has several tags."""
        sql = f"SELECT {SUMS} FROM {{db}}.cost_by_tenant AS v WHERE {RANGE}"  # noqa: S608 - constants
        return _spend(self._rows(sql, days.parameters())[0], 0)

    def forecast(self, at: datetime, tenant: str = "") -> Sequence[SpendForecast]:
        """The forecast of each tenant's month, from what was booked by `at`."""
        return [
            SpendForecast(*row) for row in self._rows(FORECAST, {"at": _whole_second(at), "tenant": tenant})
        ]

    def anomalies(self, at: datetime, least_usd: Decimal, tenant: str = "") -> Sequence[HourlySpend]:
        """The hour before `at` of each tenant and model, unusual ones first."""
        parameters = {"at": _whole_second(at), "least": f"{least_usd:f}", "tenant": tenant}
        return [_hourly_spend(row) for row in self._rows(ANOMALIES, parameters)]

    def _rows(self, sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        return [
            tuple(row)
            for row in self._client.query(
                sql.replace("{db}", self._database), parameters=dict(parameters)
            ).result_rows
        ]


def since_day(text: str, today: date) -> date:
    """Parse `2026-11-01`, or `7d` for the day seven days ago; raises ValueError."""
    if text.endswith("d") and text[:-1].isascii() and text[:-1].isdigit():
        return today - timedelta(days=min(int(text[:-1]), 10_000))
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        msg = f"'{text}' is no day: write 7d for seven days ago, or 2026-11-01"
        raise ValueError(msg) from error


def days_between(since: str, until: str, today: date) -> tuple[date, date]:
    """The first day and the day after the last one, which is today if `until` is empty; raises ValueError."""
    first, end = since_day(since, today), since_day(until, today) if until else today + timedelta(days=1)
    if first >= end:
        msg = f"{first} is not before {end}{'' if until else ', the end of today'}: no day is between them"
        raise ValueError(msg)
    return first, end


def _spend(row: Sequence[Any], name_count: int) -> Spend:
    calls, tokens_in, tokens_out, cost, estimated, not_priced = row[name_count:]
    names = tuple(None if name is None else str(name) for name in row[:name_count])
    return Spend(names, int(calls or 0), tokens_in, tokens_out, cost, estimated, int(not_priced or 0))


def _hourly_spend(row: Sequence[Any]) -> HourlySpend:
    tenant, provider, model, last, usual, limit, unusual, since, days, not_priced = row
    is_unusual = None if unusual is None else bool(unusual)
    return HourlySpend(
        tenant,
        provider,
        model,
        last,
        usual,
        limit,
        is_unusual,
        since.replace(tzinfo=UTC) if since else None,
        int(days),
        int(not_priced),
    )


def _whole_second(at: datetime) -> str:
    """Rounded up to a whole second, so that everything that was booked by `at` is included."""
    return (at.astimezone(UTC) + timedelta(microseconds=999_999)).strftime("%Y-%m-%d %H:%M:%S")
