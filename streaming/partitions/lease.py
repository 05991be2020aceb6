"""The lease of a process on its partitions: a process that was frozen longer than its group session must not write again."""

import asyncio
import time
from collections.abc import Callable

from streaming.errors import LeaseLostError
from streaming.partitions.permits import ExecutionLock


class Lease:
    """Renewed by a ticker in the event loop; a freeze stops the ticker, so `check` before each write sees the gap first.

    `turns` are those of the process, which all of its loops share like the lease itself.
    """

    def __init__(self, session_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Start the lease now; it runs out `session_s` after the last tick."""
        self._session_s = session_s
        self._clock = clock
        self._renewed_at = clock()
        self.execution_lock = ExecutionLock()
        self._lost_after_s: float | None = None

    def check(self) -> None:
        """Raise LeaseLostError where the process was away for longer than its session, now or at any time before."""
        away_s = self._clock() - self._renewed_at
        if self._lost_after_s is None and away_s > self._session_s:
            self._lost_after_s = away_s
        if self._lost_after_s is not None:
            msg = f"frozen for {self._lost_after_s:.1f} s, longer than the session of {self._session_s:.1f} s: somebody else may own the partitions"
            raise LeaseLostError(msg)

    async def keep(self) -> None:
        """Tick for ever; ends with LeaseLostError after a freeze."""
        while True:
            self.check()
            self._renewed_at = self._clock()
            await asyncio.sleep(min(0.25, self._session_s / 8))
