"""The clock of this machine."""

import asyncio
from datetime import UTC, datetime


class SystemClock:
    """The system's time and the event loop's sleep."""

    def now(self) -> datetime:
        """The time in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait without blocking the event loop."""
        await asyncio.sleep(seconds)
