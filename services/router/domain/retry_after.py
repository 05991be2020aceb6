"""Reads how long a provider asks us to wait: seconds, an HTTP date, or OpenAI's milliseconds."""

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def retry_after_s(value: str | None, milliseconds: str | None, now: datetime) -> float | None:
    """The wait in seconds, never negative; None where nothing readable was said."""
    precise = _number(milliseconds)
    if precise is not None:
        return precise / 1000
    seconds = _number(value)
    if seconds is not None or value is None:
        return seconds
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())


def _number(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return max(0.0, number) if math.isfinite(number) else None
