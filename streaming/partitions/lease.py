"""The lease of a process: one that was suspended longer than its group session must not write again."""

import asyncio
import time
from collections.abc import Callable

from streaming.errors import LeaseLostError
from streaming.partitions.permits import ExecutionLock


class Lease:
    """Renewed by a task in the event loop; `check` before each write raises after too long a suspension.

    A suspended process does not renew, so the first check after it sees the gap. `execution_lock` is shared
    by all loops of the process.
    """

    def __init__(self, session_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Start the lease now; it expires `session_s` seconds after its last renewal."""
        self._session_s = session_s
        self._clock = clock
        self._renewed_at = clock()
        self.execution_lock = ExecutionLock()
        self._lost_after_s: float | None = None

    def check(self) -> None:
        """Raise LeaseLostError if the process was ever suspended for longer than its session."""
        away_s = self._clock() - self._renewed_at
        if self._lost_after_s is None and away_s > self._session_s:
            self._lost_after_s = away_s
        if self._lost_after_s is not None:
            msg = (
                f"frozen for {self._lost_after_s:.1f} s, longer than the session of {self._session_s:.1f} s: "
                "somebody else may own the partitions"
            )
            raise LeaseLostError(msg)

    async def keep(self) -> None:
        """Renew the lease until cancelled; raises LeaseLostError after a suspension that was too long."""
        while True:
            self.check()
            self._renewed_at = self._clock()
            await asyncio.sleep(min(0.25, self._session_s / 8))
