"""Parses Retry-After: seconds, an HTTP date, or OpenAI's milliseconds; the wait is bounded."""

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# Without a bound a date in the year 9999 would overflow dates and timers.
MAX_RETRY_AFTER_S = 3_600.0
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def retry_after_s(values: Sequence[str], milliseconds: Sequence[str], now: datetime) -> float | None:
    """The wait in seconds, from 0 to MAX_RETRY_AFTER_S, of the first valid header; None if there is none."""
    for text in milliseconds:
        wait_ms = _number(text)
        if wait_ms is not None:
            return bounded_wait_s(wait_ms / 1000)
    waits = (_seconds(text, now) for text in values)
    return bounded_wait_s(next((wait for wait in waits if wait is not None), None))


def bounded_wait_s(seconds: float | None) -> float | None:
    """Limit a wait to 0 to MAX_RETRY_AFTER_S; None for NaN."""
    if seconds is None or math.isnan(seconds):
        return None
    return min(MAX_RETRY_AFTER_S, max(0.0, seconds))


def _seconds(text: str, now: datetime) -> float | None:
    seconds = _number(text)
    if seconds is not None:
        return seconds
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError, TypeError, IndexError):
        # The standard library raises any of these for a text that is not a date.
        return None
    with_zone = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return (with_zone - now).total_seconds()


def _number(text: str) -> float | None:
    """Parse a decimal number, infinite if too large for a float; None for `inf`, `nan` and any other text."""
    stripped = text.strip()
    return float(stripped) if _NUMBER.fullmatch(stripped) else None
