"""Calls of outside code, such as plug-ins: in daemon threads, bounded in number and in time."""

import asyncio
import threading
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")

FAILURES_BEFORE_PAUSE = 5
MAX_PAUSES = 1_000
LOOK_S = 0.2
"""How soon a waiting call notices that overdue calls hold all slots."""


class NoSlotError(Exception):
    """Other calls keep all slots: this says nothing about the code that was to be called."""


class OutsideCallError(Exception):
    """Outside code raised what must not reach the event loop; the message is the exception's type."""


class Slots:
    """The slots of one event loop, and which of them are held by calls that are overdue."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._free = asyncio.Semaphore(count)
        self._overdue = 0

    async def acquire(self, wait_s: float) -> bool:
        """Wait for a slot; False after `wait_s`, or once overdue calls hold all slots."""
        until = time.monotonic() + wait_s
        while self._overdue < self._count and (left_s := until - time.monotonic()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left_s, LOOK_S)):
                    return await self._free.acquire()
        return False

    def note_overdue(self) -> None:
        """Count a call that was given up while its thread goes on."""
        self._overdue += 1

    def release(self, *, is_overdue: bool) -> None:
        """Free the slot of a call whose thread has ended."""
        self._overdue -= is_overdue
        self._free.release()


class OutsideCalls:
    """At most `slots` calls of an event loop run at once, each in a thread.

    A call that never returns keeps its slot and its thread; neither the event loop nor the end of the process
    waits for it. A thread cannot interrupt code that holds the interpreter's lock, such as a regular
    expression that backtracks: the loop waits for that.
    """

    def __init__(self, name: str, slots: int, wait_s: float = 30.0) -> None:
        """`name` is that of the threads; a call waits `wait_s` for a slot at most."""
        self._name = name
        self._slots = slots
        self._wait_s = wait_s
        self._of_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, Slots] = WeakKeyDictionary()

    async def run(self, call: Callable[[], T], timeout_s: float) -> T:
        """Return what the call returns; raises what it raises, TimeoutError, or NoSlotError."""
        loop = asyncio.get_running_loop()
        slots = self._of_loop.setdefault(loop, Slots(self._slots))
        if not await slots.acquire(self._wait_s):
            raise NoSlotError(self._name)
        running = RunningCall(call, slots)
        try:
            threading.Thread(target=running.run_in_thread, name=self._name, daemon=True).start()
        except RuntimeError:
            slots.release(is_overdue=False)
            raise NoSlotError(self._name) from None
        try:
            return await asyncio.wait_for(running.result, timeout_s)
        finally:
            running.give_up()


class RunningCall(Generic[T]):
    """A call in a thread, and the future of its result; all but `run_in_thread` belongs to the event loop."""

    def __init__(self, call: Callable[[], T], slots: Slots) -> None:
        self._loop = asyncio.get_running_loop()
        self._call = call
        self._slots = slots
        self._has_ended = self._is_overdue = False
        self.result: asyncio.Future[T] = self._loop.create_future()

    def run_in_thread(self) -> None:
        """Call, and hand over what comes of it."""
        # The loop may be closed by the time a late call returns.
        with suppress(RuntimeError):
            try:
                value = self._call()
            except BaseException as error:  # noqa: BLE001 - whatever it raises must not end the thread
                raised = _harmless(error)
                self._loop.call_soon_threadsafe(self._settle, lambda: self.result.set_exception(raised))
            else:
                self._loop.call_soon_threadsafe(self._settle, lambda: self.result.set_result(value))

    def give_up(self) -> None:
        """Wait no longer; the thread may have ended since the time limit, and its slot is free then."""
        if not self._has_ended:
            self._is_overdue = True
            self._slots.note_overdue()

    def _settle(self, set_result: Callable[[], None]) -> None:
        self._has_ended = True
        self._slots.release(is_overdue=self._is_overdue)
        if not self.result.done():
            set_result()


def _harmless(error: BaseException) -> Exception:
    """An exception that a future can hold and a handler catches: SystemExit and StopIteration are not."""
    if isinstance(error, Exception) and not isinstance(error, StopIteration | TimeoutError):
        return error
    return OutsideCallError(type(error).__name__)


class FailurePause:
    """Leaves alone what failed `FAILURES_BEFORE_PAUSE` times in a row, for `pause_s`."""

    def __init__(self, pause_s: float, now: Callable[[], float] = time.monotonic) -> None:
        self._pause_s = pause_s
        self._now = now
        self._failures: dict[Hashable, int] = {}
        self._until: dict[Hashable, float] = {}

    def is_paused(self, key: Hashable) -> bool:
        """Whether it must not be called now."""
        return self._now() < self._until.get(key, 0.0)

    def note_success(self, key: Hashable) -> None:
        """Forget its failures."""
        self._failures.pop(key, None)

    def note_failure(self, key: Hashable) -> None:
        """Count a failure, and begin a pause after the last one that is allowed."""
        if len(self._failures) >= MAX_PAUSES or len(self._until) >= MAX_PAUSES:
            self._failures.clear()
            self._until.clear()
        self._failures[key] = self._failures.get(key, 0) + 1
        if self._failures[key] >= FAILURES_BEFORE_PAUSE:
            del self._failures[key]
            self._until[key] = self._now() + self._pause_s
