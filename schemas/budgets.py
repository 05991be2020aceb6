"""Budgets: limits of money, tokens, requests and concurrency, by account and window of time."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Annotated, ClassVar, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from schemas.bounds import MOST_LABELS, PositiveCount, Price, Word, decimal_schema
from schemas.documents import Document
from schemas.requests import LimitUnit
from schemas.values import Label, Slug, Value

Dimension = Literal["project", "user", "model", "key"]
LimitAction = Literal["refuse", "alert"]
WhenShort = Literal["refuse", "shrink"]

CALENDAR_WINDOWS = ("hour", "day", "week", "month", "year")
MINUTE = "minute"
SPAN = re.compile(r"([1-9]\d{0,4})([mhd])")
UNIT_S = {"m": 60, "h": 3_600, "d": 86_400}
SHORTEST_SPAN_S, LONGEST_SPAN_S = 600, 366 * 86_400
MONTHLY_USD, REQUESTS_PER_MINUTE = "monthly_usd", "requests_per_minute"
UTC_ZONE = "UTC"
QUOTING_ERROR = "limits"
"""The type of errors that quote what was written, for whoever wrote it and nobody else."""
WINDOWS_HELP = (
    f"a calendar window ({', '.join(CALENDAR_WINDOWS)}), a span from 10m to 366d such as 24h, "
    "or minute for a rate"
)


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo:
    """Find a time zone; raises ValueError with a message that shows which names are valid."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        msg = f"there is no time zone '{name}': use a name of the IANA database, such as Europe/Berlin or UTC"
        raise ValueError(msg) from error


@lru_cache(maxsize=1024)
def span_seconds(window: str) -> int | None:
    """The seconds of a rolling window such as `24h` or `7d`; None for any other text."""
    match = SPAN.fullmatch(window)
    return int(match[1]) * UNIT_S[match[2]] if match is not None else None


AlertShare = Annotated[
    Decimal,
    Field(gt=0, le=10, allow_inf_nan=False, max_digits=20, decimal_places=19),
    WithJsonSchema(decimal_schema(0, 10)),
]


class Limit(Value):
    """One limit: an account for each combination of the `per` dimensions, for requests that `only` admits.

    A window is a calendar one in `zone`, a rolling span, or `minute`: a rate with a `burst`.
    A limit of concurrency counts open requests and has no window. `refuse` is hard, `alert` only reports.
    """

    name: Slug
    unit: LimitUnit
    amount: Price = Field(description="0 refuses everything")
    per: Annotated[tuple[Dimension, ...], Field(max_length=4)] = ()
    only: Mapping[Dimension, Annotated[tuple[Label, ...], Field(min_length=1, max_length=MOST_LABELS)]] = (
        Field(default_factory=dict[Dimension, tuple[str, ...]], max_length=4)
    )
    window: Word | None = Field(default=None, description=WINDOWS_HELP)
    zone: Word = UTC_ZONE
    burst: PositiveCount | None = Field(
        default=None, description="of a rate: what may come at once; the rate itself by default"
    )
    action: LimitAction = "refuse"
    alert_at: Annotated[tuple[AlertShare, ...], Field(max_length=8)] = Field(
        default=(Decimal("0.8"), Decimal(1)), description="shares of the amount that are worth an alert"
    )

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        for problem in (self._amount_problem(), self._window_problem(), self._extras_problem()):
            if problem is not None:
                raise PydanticCustomError(
                    QUOTING_ERROR, "limit '{name}': {problem}", {"name": self.name, "problem": problem}
                )
        return self

    def _amount_problem(self) -> str | None:
        if self.unit != "usd" and self.amount != self.amount.to_integral_value():
            return f"{self.amount} is no whole number of {self.unit}"
        if len(set(self.per)) < len(self.per):
            return f"'per' names a dimension twice: {', '.join(self.per)}"
        return None

    def _window_problem(self) -> str | None:
        if self.unit == "concurrency":
            return (
                None
                if self.window is None
                else f"open requests are counted now, not in a window: leave window '{self.window}' out"
            )
        if self.window is None:
            return f"name its window: {WINDOWS_HELP}"
        if self.window == MINUTE:
            return (
                "money has no rate: use tokens or requests, or another window" if self.unit == "usd" else None
            )
        if self.window in CALENDAR_WINDOWS:
            return self._zone_problem()
        span_s = span_seconds(self.window)
        if span_s is None or not SHORTEST_SPAN_S <= span_s <= LONGEST_SPAN_S:
            return f"there is no window '{self.window}': use {WINDOWS_HELP}"
        return None

    def _zone_problem(self) -> str | None:
        try:
            zone_named(self.zone)
        except ValueError as error:
            return str(error)
        return None

    def _extras_problem(self) -> str | None:
        if self.burst is not None and self.window != MINUTE:
            return "'burst' belongs to a rate: use window minute, or leave it out"
        if self.zone != UTC_ZONE and self.window not in CALENDAR_WINDOWS:
            return "'zone' belongs to a calendar window: leave it out"
        return None


class BudgetTerms(Value):
    """Limits, and what happens if a request exceeds them; the flat fields are limits of the whole tenant."""

    monthly_usd: Price | None = Field(
        default=None, description="hard limit for a calendar month in UTC; None is no limit"
    )
    requests_per_minute: PositiveCount | None = None
    burst: PositiveCount | None = Field(
        default=None, description="requests that may come at once; the rate itself by default"
    )
    limits: Annotated[tuple[Limit, ...], Field(max_length=50)] = ()
    when_short: WhenShort = Field(
        default="refuse", description="shrink: grant fewer candidates and shorter answers, where that fits"
    )
    least_output_tokens: int = Field(
        default=64, ge=1, le=1_000_000, description="the shortest answer that shrinking may leave"
    )

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [limit.name for limit in self.limits]
        twins = sorted(
            {name for name in names if names.count(name) > 1 or name in {MONTHLY_USD, REQUESTS_PER_MINUTE}}
        )
        if twins:
            flat = f"{MONTHLY_USD} and {REQUESTS_PER_MINUTE} are names of the flat fields"
            raise PydanticCustomError(
                QUOTING_ERROR,
                "two limits are named {names} ({flat})",
                {"names": ", ".join(twins), "flat": flat},
            )
        return self


class BudgetDocument(BudgetTerms, Document):
    """The limits of one tenant (`name`). `default` serves each tenant without a document of its own."""

    TYPE: ClassVar[str] = "weir.config.budget.v1"

    @cached_property
    def all_limits(self) -> Sequence[Limit]:
        """All limits in the order in which a request is checked, the flat fields first."""
        flat: list[Limit] = []
        if self.requests_per_minute is not None:
            rate = Decimal(self.requests_per_minute)
            flat.append(
                Limit(name=REQUESTS_PER_MINUTE, unit="requests", amount=rate, window=MINUTE, burst=self.burst)
            )
        if self.monthly_usd is not None:
            flat.append(Limit(name=MONTHLY_USD, unit="usd", amount=self.monthly_usd, window="month"))
        return (*flat, *self.limits)
