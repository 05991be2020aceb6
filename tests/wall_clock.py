"""The real clock for tests about today and this month."""

import asyncio
from datetime import UTC, datetime, timedelta

LONGEST_TEST = timedelta(seconds=30)


async def time_within_a_day() -> datetime:
    """The time now; shortly before midnight (UTC) it waits for the next day, so that a test does not begin on one day and end on the next."""
    now = datetime.now(UTC)
    while (now + LONGEST_TEST).date() != now.date():
        await asyncio.sleep(1)
        now = datetime.now(UTC)
    return now
