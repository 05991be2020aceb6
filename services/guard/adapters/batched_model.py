"""Models that share a few threads, many callers: what waits together runs together, in fair order and with the same bits as alone."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from services.guard.adapters.windows import TokenWindow

MAX_WINDOWS = 16
MAX_TOKENS = 512
"""Longer runs are no faster for a token and would keep short texts waiting."""
MAX_LONG_TOKENS = 256
"""Of a run that begins with a long call: who comes meanwhile waits for its end."""
MAX_CALLS = 256
"""Calls in the queue; further ones wait in front of it in order of arrival."""
MAX_SHORT_CALL_WINDOWS = 8
"""Windows up to which a call is short: some 700 tokens."""
MAX_LONG_CALLS = 16
"""Long calls in the queue; further ones wait in a row of their own, in which they keep nobody short waiting."""
SHORT_RUNS = 3
"""Runs that begin with a short call before one begins with a long call that waits: long ones get a share and never starve."""

Result = TypeVar("Result")
Rows = Sequence[npt.NDArray[np.float32]]
RunWindows = Callable[[Sequence[TokenWindow], int], Rows]
"""Runs windows padded to one length; the outputs, each with a row for a window."""
ReadOutputs = Callable[[Sequence[TokenWindow], Rows], Sequence[Result]]
"""What the outputs mean for each window; called in the model's thread. Nothing of it may hold the outputs, which are those of a whole run."""


@dataclass(eq=False, slots=True)
class BatchedCall(Generic[Result]):
    """One caller's windows, what was found so far, and whether anybody still waits for it."""

    windows: Sequence[TokenWindow]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[list[Result]]
    results: dict[int, Result] = field(default_factory=dict[int, Result])
    """By the window's place: two threads may run windows of one call."""
    started: int = 0
    is_finished: bool = False

    @property
    def width(self) -> int:
        """The length of the next window."""
        return self.windows[self.started].width

    @property
    def is_long(self) -> bool:
        """Whether much of it is still to be run."""
        return len(self.windows) - self.started > MAX_SHORT_CALL_WINDOWS

    @property
    def is_complete(self) -> bool:
        """Whether each window was read."""
        return len(self.results) == len(self.windows)


Batch = Sequence[tuple[BatchedCall[Result], int]]
"""Callers and the places of their windows."""


class ModelThreadPool:
    """Threads that run models, all models together; who has more to run goes behind those who wait."""

    def __init__(self, count: int) -> None:
        """Take how many runs may go on at once; the threads start when they are needed."""
        self.count = count
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="model")

    def submit(self, work: Callable[[], None]) -> None:
        """Have it done, after all that came before."""
        self._pool.submit(work)


class BatchedModel(Generic[Result]):
    """A call runs at once where a thread is free; what arrives meanwhile forms the next runs, short calls first, a window of each in turn.

    A run holds windows of one length only. A cancelled call leaves the queue; an error reaches the caller whose windows raise it alone.
    """

    def __init__(self, run: RunWindows, read: ReadOutputs[Result], threads: ModelThreadPool) -> None:
        """Take what runs windows, what reads a run, and the threads for both."""
        self._run, self._read, self._threads = run, read, threads
        self._lock = threading.Lock()
        self._queue: deque[BatchedCall[Result]] = deque()
        self._working = self._short_runs = 0
        self._room = asyncio.Semaphore(MAX_CALLS)
        self._long_room = asyncio.Semaphore(MAX_LONG_CALLS)

    async def run(self, windows: Sequence[TokenWindow]) -> list[Result]:
        """What is found in each window, in the order given."""
        if not windows:
            return []
        if len(windows) > MAX_SHORT_CALL_WINDOWS:
            async with self._long_room:
                return await self._enqueue(windows)
        return await self._enqueue(windows)

    async def _enqueue(self, windows: Sequence[TokenWindow]) -> list[Result]:
        async with self._room:
            loop = asyncio.get_running_loop()
            call = BatchedCall(windows, loop, loop.create_future())
            self._add(call)
            try:
                return await call.future
            finally:
                call.is_finished = True

    def _add(self, call: BatchedCall[Result]) -> None:
        with self._lock:
            self._queue.append(call)
            if self._working == self._threads.count:
                return
            self._working += 1
        self._threads.submit(self._work)

    def _work(self) -> None:
        """Run a batch of what waits; come again while something does."""
        if batch := self._next_batch():
            self._finish(batch)
        with self._lock:
            if not self._queue:
                self._working -= 1
                return
        self._threads.submit(self._work)

    def _next_batch(self) -> list[tuple[BatchedCall[Result], int]]:
        """Windows as long as the first caller's next one: one of each caller in turn until the run is full."""
        with self._lock:
            waiting = self._in_order([call for call in self._queue if not call.is_finished])
            batch: list[tuple[BatchedCall[Result], int]] = []
            if waiting:
                width = waiting[0].width
                most = min(
                    MAX_WINDOWS, max(1, (MAX_LONG_TOKENS if waiting[0].is_long else MAX_TOKENS) // width)
                )
                _take_windows(waiting, width, most, batch)
                # Who was served goes behind those who were not.
                served = {id(call) for call, _ in batch}
                waiting.sort(key=lambda call: id(call) in served)
            self._queue = deque(call for call in waiting if call.started < len(call.windows))
            return batch

    def _in_order(self, waiting: list[BatchedCall[Result]]) -> list[BatchedCall[Result]]:
        """Short calls before long ones, but for one run in a few."""
        short, long = (
            [call for call in waiting if not call.is_long],
            [call for call in waiting if call.is_long],
        )
        if not short or not long:
            self._short_runs = 0
            return waiting
        is_turn_of_long = self._short_runs >= SHORT_RUNS
        self._short_runs = 0 if is_turn_of_long else self._short_runs + 1
        return [*long, *short] if is_turn_of_long else [*short, *long]

    def _finish(self, batch: Batch[Result]) -> None:
        windows = [call.windows[place] for call, place in batch]
        try:
            found = self._read(windows, self._run(windows, windows[0].width))
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to the caller, and the thread serves the others
            self._fail(batch, error)
            return
        for (call, place), one in zip(batch, found, strict=True):
            call.results[place] = one
        _set_results([call for call in _callers(batch) if call.is_complete], None)

    def _fail(self, batch: Batch[Result], error: Exception) -> None:
        """Find out whose windows they were: in company each caller's run again alone."""
        callers = _callers(batch)
        if len(callers) > 1:
            for call in callers:
                self._finish([one for one in batch if one[0] is call])
            return
        for call in callers:
            call.is_finished = True
        _set_results(callers, error)


def _callers(batch: Batch[Result]) -> list[BatchedCall[Result]]:
    """Each caller once."""
    return list({id(call): call for call, _ in batch}.values())


def _take_windows(
    waiting: Sequence[BatchedCall[Result]],
    width: int,
    most: int,
    batch: list[tuple[BatchedCall[Result], int]],
) -> None:
    fitting = deque(waiting)
    while fitting and len(batch) < most:
        call = fitting.popleft()
        if call.started < len(call.windows) and call.width == width:
            batch.append((call, call.started))
            call.started += 1
            fitting.append(call)


def _set_results(calls: Sequence[BatchedCall[Result]], error: Exception | None) -> None:
    """Tell all that wait in one event loop at once: waking a loop costs more than an answer."""
    for loop in {id(call.loop): call.loop for call in calls}.values():
        mine = [call for call in calls if call.loop is loop]
        try:
            loop.call_soon_threadsafe(_resolve, mine, error)
        except RuntimeError:
            # The callers' event loop is closed: nobody waits any more.
            for call in mine:
                call.is_finished = True


def _resolve(calls: Sequence[BatchedCall[Result]], error: Exception | None) -> None:
    for call in calls:
        if call.future.done():
            continue
        if error is not None:
            call.future.set_exception(error)
        else:
            call.future.set_result([call.results[place] for place in range(len(call.windows))])
