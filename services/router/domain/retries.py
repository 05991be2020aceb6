"""Reads how long a provider asks us to wait (seconds, an HTTP date, or OpenAI's milliseconds), and bounds it: any header is a wait or none."""

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# Nobody waits longer before asking again; without a bound one header of the year 9999 leaves every calendar and clock.
MAX_RETRY_AFTER_S = 3_600.0
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def retry_after_s(values: Sequence[str], milliseconds: Sequence[str], now: datetime) -> float | None:
    """Give the wait in seconds, from 0 to MAX_RETRY_AFTER_S; of several headers the first that can be read, None where none can."""
    for text in milliseconds:
        precise = _number(text)
        if precise is not None:
            return bounded_wait_s(precise / 1000)
    waits = (_seconds(text, now) for text in values)
    return bounded_wait_s(next((wait for wait in waits if wait is not None), None))


def bounded_wait_s(seconds: float | None) -> float | None:
    """Bound a wait from both sides; what is no number is no wait."""
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
        # The standard library's reader of dates raises any of them for a text that is no date.
        return None
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return (aware - now).total_seconds()


def _number(text: str) -> float | None:
    """Read a number as JSON writes them; one that is too large for a float is infinite, `inf` and `nan` are none."""
    written = text.strip()
    return float(written) if _NUMBER.fullmatch(written) else None
