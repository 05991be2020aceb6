"""Batches the windows of many callers into runs of a model, in fair order and without changing results."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from services.guard.adapters.thread_priority import lower_thread_priority
from services.guard.adapters.windows import TokenWindow

MAX_WINDOWS = 16
MAX_TOKENS = 512
"""Of one run; longer runs are no faster per token and make short texts wait."""
MAX_LONG_TOKENS = 256
"""Of a run that begins with a long call, since new calls wait for its end."""
MAX_CALLS = 256
"""Calls in the queue; further ones wait for a index in order of arrival."""
MAX_SHORT_CALL_WINDOWS = 8
"""Up to which a call is short: some 700 tokens."""
MAX_LONG_CALLS = 16
"""Long calls in the queue; further ones wait apart, so that short calls do not wait behind them."""
SHORT_RUNS = 3
"""Runs in a row that begin with a short call while a long one waits, so that long calls do not starve."""

Result = TypeVar("Result")
Rows = Sequence[npt.NDArray[np.float32]]
RunWindows = Callable[[Sequence[TokenWindow], int], Rows]
"""Runs windows padded to one width, and returns the outputs with a row for each window."""
ReadOutputs = Callable[[Sequence[TokenWindow], Rows], Sequence[Result]]
"""Turns outputs into a result for each window; results must not keep the outputs alive."""


@dataclass(eq=False, slots=True)
class BatchedCall(Generic[Result]):
    """The windows of one caller, their results so far, and the future that the caller awaits."""

    windows: Sequence[TokenWindow]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[list[Result]]
    results: dict[int, Result] = field(default_factory=dict[int, Result])
    """By the index of the window, since two threads may run windows of one call."""
    started: int = 0
    """How many of the windows were put into runs."""
    is_finished: bool = False
    """Whether the caller no longer waits."""

    @property
    def width(self) -> int:
        """The width of the next window."""
        return self.windows[self.started].width

    @property
    def is_long(self) -> bool:
        """Whether more than MAX_SHORT_CALL_WINDOWS windows have not started."""
        return len(self.windows) - self.started > MAX_SHORT_CALL_WINDOWS

    @property
    def is_complete(self) -> bool:
        """Whether each window has its result."""
        return len(self.results) == len(self.windows)


Batch = Sequence[tuple[BatchedCall[Result], int]]
"""Calls and the indexes of their windows in one run."""


class ModelThreadPool:
    """The threads in which all models run; work is done in the order of its submission.

    With two threads or more, long calls have as many threads of low priority (`for_long_calls`): these use
    the cores that short calls leave free, and a share of the others, so that no call waits for one of the
    other kind to end.
    """

    def __init__(self, count: int) -> None:
        """Take the number of threads, which start when they are needed."""
        self.count = count
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="model")
        self.for_long_calls: ModelThreadPool | None = LowPriorityThreadPool(count) if count > 1 else None

    def submit(self, work: Callable[[], None]) -> None:
        """Run the work in a thread, after all work submitted earlier."""
        self._pool.submit(work)


class LowPriorityThreadPool(ModelThreadPool):
    """Threads that the operating system runs with a smaller share of a core that others want, too."""

    def __init__(self, count: int) -> None:
        """Take the number of threads, which start when they are needed."""
        self.count = count
        self.for_long_calls = None
        self._pool = ThreadPoolExecutor(
            count, thread_name_prefix="model-long", initializer=lower_thread_priority
        )


class BatchedModel(Generic[Result]):
    """Runs a call at once if a thread is free, else with others: short calls first, a window of each in turn.

    A run holds windows of one width only. A cancelled call leaves the queue. An error reaches only the caller
    whose windows raise it when they run alone.
    """

    def __init__(self, run: RunWindows, read: ReadOutputs[Result], threads: ModelThreadPool) -> None:
        """Take the function that runs windows, the one that reads the outputs, and the threads for both."""
        self._run, self._read, self._threads = run, read, threads
        self._lock = threading.Lock()
        self._queue: deque[BatchedCall[Result]] = deque()
        self._working = self._short_runs = 0
        self._for_long_calls = (
            BatchedModel(run, read, threads.for_long_calls) if threads.for_long_calls else self
        )
        self._room = asyncio.Semaphore(MAX_CALLS)
        self._long_room = asyncio.Semaphore(MAX_LONG_CALLS)

    async def run(self, windows: Sequence[TokenWindow]) -> list[Result]:
        """The result of each window, in the order given."""
        if not windows:
            return []
        if len(windows) > MAX_SHORT_CALL_WINDOWS:
            async with self._long_room:
                return await self._for_long_calls.enqueue(windows)
        return await self.enqueue(windows)

    async def enqueue(self, windows: Sequence[TokenWindow]) -> list[Result]:
        """The result of each window; waits in the queue of this model's threads, whatever the number."""
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
        """Run one batch, and submit the next while calls are waiting."""
        if batch := self._next_batch():
            self._finish(batch)
        with self._lock:
            if not self._queue:
                self._working -= 1
                return
        self._threads.submit(self._work)

    def _next_batch(self) -> list[tuple[BatchedCall[Result], int]]:
        """Windows as wide as the first call's next one, one of each call in turn until the run is full."""
        with self._lock:
            waiting = self._in_order([call for call in self._queue if not call.is_finished])
            batch: list[tuple[BatchedCall[Result], int]] = []
            if waiting:
                width = waiting[0].width
                max_windows = min(
                    MAX_WINDOWS, max(1, (MAX_LONG_TOKENS if waiting[0].is_long else MAX_TOKENS) // width)
                )
                _take_windows(waiting, width, max_windows, batch)
                # Calls in this batch go behind the others.
                served = {id(call) for call, _ in batch}
                waiting.sort(key=lambda call: id(call) in served)
            self._queue = deque(call for call in waiting if call.started < len(call.windows))
            return batch

    def _in_order(self, waiting: list[BatchedCall[Result]]) -> list[BatchedCall[Result]]:
        """Short calls before long ones, except after SHORT_RUNS runs of short ones."""
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
        windows = [call.windows[index] for call, index in batch]
        try:
            results = self._read(windows, self._run(windows, windows[0].width))
        except Exception as error:  # noqa: BLE001 - any error is the caller's; the thread goes on
            self._fail(batch, error)
            return
        for (call, index), result in zip(batch, results, strict=True):
            call.results[index] = result
        _set_results([call for call in _callers(batch) if call.is_complete], None)

    def _fail(self, batch: Batch[Result], error: Exception) -> None:
        """Fail the only caller of a batch, or run the windows of each caller again alone."""
        callers = _callers(batch)
        if len(callers) > 1:
            for call in callers:
                self._finish([(each, index) for each, index in batch if each is call])
            return
        for call in callers:
            call.is_finished = True
        _set_results(callers, error)


def _callers(batch: Batch[Result]) -> list[BatchedCall[Result]]:
    """The distinct calls of a batch."""
    return list({id(call): call for call, _ in batch}.values())


def _take_windows(
    waiting: Sequence[BatchedCall[Result]],
    width: int,
    max_windows: int,
    batch: list[tuple[BatchedCall[Result], int]],
) -> None:
    fitting = deque(waiting)
    while fitting and len(batch) < max_windows:
        call = fitting.popleft()
        if call.started < len(call.windows) and call.width == width:
            batch.append((call, call.started))
            call.started += 1
            fitting.append(call)


def _set_results(calls: Sequence[BatchedCall[Result]], error: Exception | None) -> None:
    """Set the results of all calls of one event loop at once, since waking a loop is expensive."""
    for loop in {id(call.loop): call.loop for call in calls}.values():
        calls_of_loop = [call for call in calls if call.loop is loop]
        try:
            loop.call_soon_threadsafe(_resolve, calls_of_loop, error)
        except RuntimeError:
            # The callers' event loop is closed, so that no caller waits any more.
            for call in calls_of_loop:
                call.is_finished = True


def _resolve(calls: Sequence[BatchedCall[Result]], error: Exception | None) -> None:
    for call in calls:
        if call.future.done():
            continue
        if error is not None:
            call.future.set_exception(error)
        else:
            call.future.set_result([call.results[index] for index in range(len(call.windows))])
