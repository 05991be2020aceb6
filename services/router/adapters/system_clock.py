"""The time of this machine."""

import asyncio
from datetime import UTC, datetime


class SystemClock:
    """Tells the time in UTC and waits."""

    def now(self) -> datetime:
        """The time now."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait without blocking others."""
        await asyncio.sleep(seconds)
