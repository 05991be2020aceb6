"""What was spent, where it is going and what is unusual about it: the questions that `weir cost` asks ClickHouse's views."""

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
"""By what cost can be cut: the view cost_by_<name>, and the columns that name a row."""
SUMS = "sum(calls), sum(input_tokens), sum(output_tokens), sum(v.cost_usd), sum(v.estimated_usd), sum(v.not_priced)"
RANGE = "day >= {since:Date} AND day < {until:Date} AND (empty({tenant:String}) OR tenant = {tenant:String})"
FORECAST = """
SELECT tenant, month, spent_usd, forecast_usd, low_usd, high_usd, history_days, not_priced
FROM {db}.cost_forecast_at(at = {at:String}) WHERE empty({tenant:String}) OR tenant = {tenant:String} ORDER BY spent_usd DESC, tenant
"""
ANOMALIES = """
SELECT tenant, provider, served_model, last_hour_usd, usual_usd, limit_usd, is_unusual, since, history_days, not_priced
FROM {db}.cost_anomalies_at(at = {at:String}, least_usd = {least:String})
WHERE empty({tenant:String}) OR tenant = {tenant:String} ORDER BY is_unusual DESC, last_hour_usd DESC, tenant, provider, served_model
"""

Names = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Spend:
    """Calls, tokens and money of one row; money is what is known, None where nothing is, and `not_priced` calls are missing from it."""

    names: Names
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
        """As a statement's parameters."""
        return {"since": self.since.isoformat(), "until": self.until.isoformat(), "tenant": self.tenant}


@dataclass(frozen=True, slots=True)
class SpendForecast:
    """A tenant's month: what is spent, what it comes to, and the band around it; None where there is too little to say it."""

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
    """A tenant's last hour on one model beside what is usual; `is_unusual` is None where there is too little history to say."""

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
    """The cost views of one database."""

    def __init__(self, client: Client, database: str = DATABASE) -> None:
        """Ask through `client`."""
        self._client = client
        self._database = database

    def grouped_by(self, cut: str, days: DayRange) -> Sequence[Spend]:
        """Spend by one of CUTS, the dearest first."""
        names = GROUPINGS[cut]
        keys = ", ".join(f"v.{name}" for name in names)
        sql = f"SELECT {keys}, {SUMS} FROM {{db}}.cost_by_{cut} AS v WHERE {RANGE} GROUP BY {keys} ORDER BY sum(v.cost_usd) DESC NULLS LAST, {keys}"  # noqa: S608 - constants
        return [_spend(row, len(names)) for row in self._read(sql, days.parameters())]

    def total(self, days: DayRange) -> Spend:
        """The same days as one sum: by tags a line may stand in several rows, here it stands once."""
        sql = f"SELECT {SUMS} FROM {{db}}.cost_by_tenant AS v WHERE {RANGE}"  # noqa: S608 - constants
        return _spend(self._read(sql, days.parameters())[0], 0)

    def forecast(self, at: datetime, tenant: str = "") -> Sequence[SpendForecast]:
        """Each tenant's month as seen at `at`."""
        return [SpendForecast(*row) for row in self._read(FORECAST, {"at": _moment(at), "tenant": tenant})]

    def anomalies(self, at: datetime, least_usd: Decimal, tenant: str = "") -> Sequence[HourlySpend]:
        """The hour before `at` of each tenant and model, the unusual first."""
        rows = self._read(ANOMALIES, {"at": _moment(at), "least": f"{least_usd:f}", "tenant": tenant})
        return [_rate(row) for row in rows]

    def _read(self, sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        return [
            tuple(row)
            for row in self._client.query(
                sql.replace("{db}", self._database), parameters=dict(parameters)
            ).result_rows
        ]


def since_day(text: str, today: date) -> date:
    """A day as `2026-11-01`, or `7d` for the day seven days ago; raises ValueError with both forms."""
    if text.endswith("d") and text[:-1].isascii() and text[:-1].isdigit():
        return today - timedelta(days=min(int(text[:-1]), 10_000))
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        msg = f"'{text}' is no day: write 7d for seven days ago, or 2026-11-01"
        raise ValueError(msg) from error


def days_between(since: str, until: str, today: date) -> tuple[date, date]:
    """The first day and the day after the last one, today where `until` is empty; raises ValueError where none is between them."""
    first, end = since_day(since, today), since_day(until, today) if until else today + timedelta(days=1)
    if first >= end:
        msg = f"{first} is not before {end}{'' if until else ', the end of today'}: no day is between them"
        raise ValueError(msg)
    return first, end


def _spend(row: Sequence[Any], names: int) -> Spend:
    calls, tokens_in, tokens_out, cost, estimated, not_priced = row[names:]
    named = tuple(None if name is None else str(name) for name in row[:names])
    return Spend(named, int(calls or 0), tokens_in, tokens_out, cost, estimated, int(not_priced or 0))


def _rate(row: Sequence[Any]) -> HourlySpend:
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


def _moment(at: datetime) -> str:
    """In whole seconds, rounded up, so that what has happened by `at` is seen."""
    return (at.astimezone(UTC) + timedelta(microseconds=999_999)).strftime("%Y-%m-%d %H:%M:%S")
