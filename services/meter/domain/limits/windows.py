"""The windows that limits count in, by name: calendar windows in a time zone, and steps of a rolling span."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from schemas.budgets import MINUTE, UNIT_S, UTC_ZONE, Limit, span_seconds, zone_named

# A rolling span is counted in steps; the sum has each step that the span touches, at most one step more than
# the span.
ROLLING_STEPS: Final = 24
OPEN: Final = "open"
TENANT: Final = "tenant"
NEVER: Final = float("inf")
UNSUMMED_WINDOWS: Final = frozenset({MINUTE, OPEN})
QUARTER_S: Final = 900
_DAY_S = 86_400.0
# Windows are kept two more days for late answers and corrections, the tenant's months longer, for reports.
_KEPT_S, _MONTH_KEPT_S = 2 * _DAY_S, 430 * _DAY_S
_STEP = re.compile(r"([1-9]\d*[mhd])/(\d{1,12})")


class LimitWindow(NamedTuple):
    """Where an amount counts (`claim`), and the windows that are added up: of a rolling span, its steps."""

    claim: str
    counted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _CalendarUnit:
    """How to parse the name of a calendar window plus a suffix, and how to get from its start to its end."""

    pattern: str
    suffix: str
    end_of: Callable[[datetime], datetime]


OPEN_NOW: Final = LimitWindow(OPEN, (OPEN,))
THIS_MINUTE: Final = LimitWindow(MINUTE, (MINUTE,))


def month_of(at: datetime) -> str:
    """Return the budget period of a time: its calendar month in UTC, such as `2026-11`."""
    return _calendar("month", UTC_ZONE, int(at.timestamp() // QUARTER_S)).claim


def window_of(limit: Limit, at: datetime) -> LimitWindow:
    """Return the window of a limit at a time."""
    if limit.unit == "concurrency":
        return OPEN_NOW
    if limit.window is None or limit.window == MINUTE:
        return THIS_MINUTE
    at_s = at.timestamp()
    span_s = span_seconds(limit.window)
    if span_s is None:
        return _calendar(limit.window, limit.zone, int(at_s // QUARTER_S))
    step_s = _step_s(span_s)
    return _rolling(span_s, int((at_s - span_s) // step_s), int(at_s // step_s))


def window_end(window: str) -> datetime | None:
    """Return the end of a calendar window; None for any other."""
    name, _, zone = window.partition("@")
    unit = _CALENDAR_UNITS.get(len(name))
    if unit is None:
        return None
    try:
        start = datetime.strptime(name + unit.suffix, unit.pattern)  # noqa: DTZ007 - the zone is set below
        return unit.end_of(start).replace(tzinfo=zone_named(zone or UTC_ZONE)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=65_536)
def kept_until(scope: str, window: str) -> float:
    """Return until when a balance is kept, in seconds; a balance of an unknown window is never dropped."""
    if scope == TENANT and len(window) == len("2026-11"):
        return _end_s(window, _MONTH_KEPT_S)
    return _end_s(window, _KEPT_S)


@lru_cache(maxsize=65_536)
def _end_s(window: str, kept_s: float) -> float:
    step = _STEP.fullmatch(window)
    if step is not None:
        span_s = span_seconds(step[1]) or 0
        return (int(step[2]) + 1) * _step_s(span_s) + span_s + kept_s
    end = window_end(window) if window not in UNSUMMED_WINDOWS else None
    return end.timestamp() + kept_s if end is not None else NEVER


@lru_cache(maxsize=4_096)
def _rolling(span_s: int, first: int, last: int) -> LimitWindow:
    name = _span_name(span_s)
    return LimitWindow(f"{name}/{last}", tuple(f"{name}/{number}" for number in range(first, last + 1)))


@lru_cache(maxsize=4_096)
def _calendar(window: str, zone: str, quarter: int) -> LimitWindow:
    """Return the calendar window of a quarter of an hour; all offsets of time zones are multiples of one."""
    local = datetime.fromtimestamp(quarter * QUARTER_S, UTC).astimezone(zone_named(zone))
    name = _WINDOW_NAMES[window](local)
    claim = name if zone == UTC_ZONE else f"{name}@{zone}"
    return LimitWindow(claim, (claim,))


def _step_s(span_s: int) -> int:
    return -(-span_s // ROLLING_STEPS)


def _span_name(span_s: int) -> str:
    """Return one name for equal spans: 48h and 2d are the same account."""
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


_WINDOW_NAMES: Final[Mapping[str, Callable[[datetime], str]]] = {
    "hour": lambda at: f"{at.year:04}-{at.month:02}-{at.day:02}T{at.hour:02}",
    "day": lambda at: f"{at.year:04}-{at.month:02}-{at.day:02}",
    "week": _week,
    "month": lambda at: f"{at.year:04}-{at.month:02}",
    "year": lambda at: f"{at.year:04}",
}
# By the length of a window's name: a year, a month, a week, a day and an hour.
_CALENDAR_UNITS: Final[Mapping[int, _CalendarUnit]] = {
    4: _CalendarUnit("%Y", "", lambda start: start.replace(year=start.year + 1)),
    7: _CalendarUnit("%Y-%m", "", _next_month),
    8: _CalendarUnit("%G-W%V-%u", "-1", lambda start: start + timedelta(days=7)),
    10: _CalendarUnit("%Y-%m-%d", "", lambda start: start + timedelta(days=1)),
    13: _CalendarUnit("%Y-%m-%dT%H", "", lambda start: start + timedelta(hours=1)),
}
