"""Windows of time by name: calendar months and days in a time zone, steps of a rolling span, and when each of them is over."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from schemas.budgets import MINUTE, UNIT_S, UTC_ZONE, Limit, span_seconds, zone_named

# A rolling span is counted in steps: the sum takes each step that the span touches, so at most one step more than the span.
STEPS: Final = 24
OPEN: Final = "open"
TENANT: Final = "tenant"
NEVER: Final = float("inf")
AT_ONCE: Final = frozenset({MINUTE, OPEN})
QUARTER_S: Final = 900
_DAY_S = 86_400.0
# Late answers and corrections find their window for two more days, the tenant's own months are kept for reports.
_KEPT_S, _MONTH_KEPT_S = 2 * _DAY_S, 430 * _DAY_S
_STEP = re.compile(r"([1-9]\d*[mhd])/(\d{1,12})")


class LimitWindow(NamedTuple):
    """Where an amount counts now (`claim`), and what is summed up against the limit: a rolling window has many steps."""

    claim: str
    counted: tuple[str, ...]


OPEN_NOW: Final = LimitWindow(OPEN, (OPEN,))
THIS_MINUTE: Final = LimitWindow(MINUTE, (MINUTE,))


def month_of(at: datetime) -> str:
    """Name the budget period that a moment belongs to: its calendar month in UTC."""
    return _calendar("month", UTC_ZONE, int(at.timestamp() // QUARTER_S)).claim


def window_of(limit: Limit, at: datetime) -> LimitWindow:
    """Name the window of a limit that holds a moment."""
    if limit.unit == "concurrency":
        return OPEN_NOW
    if limit.window is None or limit.window == MINUTE:
        return THIS_MINUTE
    now = at.timestamp()
    span_s = span_seconds(limit.window)
    if span_s is None:
        return _calendar(limit.window, limit.zone, int(now // QUARTER_S))
    step_s = _step_s(span_s)
    return _rolling(span_s, int((now - span_s) // step_s), int(now // step_s))


def window_end(window: str) -> datetime | None:
    """Tell when a calendar window is over; None for any other."""
    name, _, zone = window.partition("@")
    kind = _ENDS.get(len(name))
    if kind is None:
        return None
    pattern, first, length = kind
    try:
        start = datetime.strptime(name + first, pattern)  # noqa: DTZ007 - the zone is put on below
        return length(start).replace(tzinfo=zone_named(zone or UTC_ZONE)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=65_536)
def kept_until(scope: str, window: str) -> float:
    """Tell until when a window matters to anybody, in seconds; what is no window of ours is kept."""
    if scope == TENANT and len(window) == len("2026-11"):
        return _end_s(window, _MONTH_KEPT_S)
    return _end_s(window, _KEPT_S)


@lru_cache(maxsize=65_536)
def _end_s(window: str, kept_s: float) -> float:
    step = _STEP.fullmatch(window)
    if step is not None:
        span_s = span_seconds(step[1]) or 0
        return (int(step[2]) + 1) * _step_s(span_s) + span_s + kept_s
    end = window_end(window) if window not in AT_ONCE else None
    return end.timestamp() + kept_s if end is not None else NEVER


@lru_cache(maxsize=4_096)
def _rolling(span_s: int, first: int, last: int) -> LimitWindow:
    name = _span_name(span_s)
    return LimitWindow(f"{name}/{last}", tuple(f"{name}/{number}" for number in range(first, last + 1)))


@lru_cache(maxsize=4_096)
def _calendar(window: str, zone: str, quarter: int) -> LimitWindow:
    """Name the calendar window of a quarter of an hour, which is what all offsets of time zones are multiples of."""
    name = _LABELS[window](datetime.fromtimestamp(quarter * QUARTER_S, UTC).astimezone(zone_named(zone)))
    claim = name if zone == UTC_ZONE else f"{name}@{zone}"
    return LimitWindow(claim, (claim,))


def _step_s(span_s: int) -> int:
    return -(-span_s // STEPS)


def _span_name(span_s: int) -> str:
    """Give equal spans one name: 48h and 2d are the same account."""
    unit = next(
        unit
        for unit in ("d", "h", "m")
        if span_s % UNIT_S[unit] == 0 and (unit != "d" or span_s > UNIT_S["d"])
    )
    return f"{span_s // UNIT_S[unit]}{unit}"


def _week(at: datetime) -> str:
    year, week, _ = at.isocalendar()
    return f"{year:04}-W{week:02}"


def _next_month(start: datetime) -> datetime:
    return (start.replace(day=1) + timedelta(days=32)).replace(day=1)


_LABELS: Final[Mapping[str, Callable[[datetime], str]]] = {
    "hour": lambda at: f"{at.year:04}-{at.month:02}-{at.day:02}T{at.hour:02}",
    "day": lambda at: f"{at.year:04}-{at.month:02}-{at.day:02}",
    "week": _week,
    "month": lambda at: f"{at.year:04}-{at.month:02}",
    "year": lambda at: f"{at.year:04}",
}
# By the length of the name: how it is read, what is put behind it, and how long it lasts.
_ENDS: Final[Mapping[int, tuple[str, str, Callable[[datetime], datetime]]]] = {
    4: ("%Y", "", lambda start: start.replace(year=start.year + 1)),
    7: ("%Y-%m", "", _next_month),
    8: ("%G-W%V-%u", "-1", lambda start: start + timedelta(days=7)),
    10: ("%Y-%m-%d", "", lambda start: start + timedelta(days=1)),
    13: ("%Y-%m-%dT%H", "", lambda start: start + timedelta(hours=1)),
}
