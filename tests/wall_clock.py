"""The real clock for tests about today and this month."""

import asyncio
from datetime import UTC, datetime, timedelta

MAX_TEST_DURATION = timedelta(seconds=30)


async def time_within_a_day() -> datetime:
    """The current time; shortly before midnight UTC it waits, so that no test spans two days."""
    now = datetime.now(UTC)
    while (now + MAX_TEST_DURATION).date() != now.date():
        await asyncio.sleep(1)
        now = datetime.now(UTC)
    return now
