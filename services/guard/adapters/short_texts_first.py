"""Lets work on long texts wait while short ones are screened, since one thread at a time runs Python code."""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from services.guard.domain.threads import giving_way

MAX_WAIT_SHARE = 3.0
"""Seconds that long work waits at most for each second that it works, so that it is not starved."""
FIRST_WAIT_S = 0.05
"""How long it may wait before it has worked."""


class LongWork:
    """One piece of work on a long text, which waits for short texts where it can, within its bound."""

    def __init__(self, no_short_text: threading.Event, clock: Callable[[], float]) -> None:
        """Take the event that is set while no short text is screened, and the clock in seconds."""
        self._no_short_text, self._clock = no_short_text, clock
        self._started, self._waited_s = clock(), 0.0

    def give_way(self) -> None:
        """Wait until no short text is screened, at most as long as the work done so far allows."""
        if self._no_short_text.is_set():
            return
        now = self._clock()
        worked_s = now - self._started - self._waited_s
        allowed_s = FIRST_WAIT_S + MAX_WAIT_SHARE * worked_s - self._waited_s
        if allowed_s > 0:
            self._no_short_text.wait(allowed_s)
            self._waited_s += self._clock() - now


class ShortTextsFirst:
    """Counts the short texts in progress, and makes long work wait for them."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        """Take the clock in seconds."""
        self._clock = clock
        self._lock = threading.Lock()
        self._texts = 0
        self._no_short_text = threading.Event()
        self._no_short_text.set()

    @property
    def is_idle(self) -> bool:
        """Whether no short text is in progress."""
        return self._no_short_text.is_set()

    def begin(self) -> Callable[[], None]:
        """Make long work wait for a short text; returns what ends that, once, however often it is called."""
        with self._lock:
            self._texts += 1
            self._no_short_text.clear()
        open_texts = [None]

        def end() -> None:
            with self._lock:
                if open_texts:
                    open_texts.clear()
                    self._texts -= 1
                    if not self._texts:
                        self._no_short_text.set()

        return end

    @contextmanager
    def long_work(self) -> Generator[None]:
        """Run the block, in its own thread, as long work."""
        with giving_way(LongWork(self._no_short_text, self._clock).give_way):
            yield


SHORT_TEXTS_FIRST = ShortTextsFirst()
"""Of the process, since all its threads share one interpreter."""
