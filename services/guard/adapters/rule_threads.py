"""Threads for the work on long texts, so that it does not block the event loop or shorter texts."""

import asyncio
import sys
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

from services.guard.adapters.short_texts_first import SHORT_TEXTS_FIRST

T = TypeVar("T")

MAX_INLINE_CHARS = 4_096
SHORT_TEXT_S = 0.25
"""How long long texts give way to one short text; it takes some 10 ms alone."""
"""Up to which a text is processed in the event loop, in a few milliseconds; longer texts go to a thread."""
MAX_SHORT_CHARS = 32_768
"""Up to which a text is processed in the thread for shorter texts."""
MAX_SHORT_CHARS_AT_ONCE, MAX_LONG_CHARS_AT_ONCE = 262_144, 393_216
"""Of all texts of a thread that are screened at once; more wait, so that memory is bounded."""


SHORT_SWITCH_INTERVAL_S = 0.0005
"""How long a thread may keep the interpreter from the event loop; Python's default is 5 ms."""


class CharacterSemaphore:
    """Limits the characters in work, in order of arrival; a text above the limit waits until it is alone."""

    def __init__(self, chars: int) -> None:
        """Take the limit in characters."""
        self._limit = self._free = chars
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def acquire(self, chars: int) -> AsyncGenerator[None]:
        """Wait until `chars` characters are free, and hold them."""
        needed = min(chars, self._limit)
        await self._enter(needed)
        try:
            yield
        finally:
            self._free += needed
            self._wake_waiting()

    async def _enter(self, needed: int) -> None:
        if needed <= self._free and not self._waiting:
            self._free -= needed
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((needed, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._free += needed
            self._wake_waiting()
            raise

    def _wake_waiting(self) -> None:
        while self._waiting and (self._waiting[0][1].done() or self._waiting[0][0] <= self._free):
            needed, turn = self._waiting.popleft()
            if not turn.done():
                self._free -= needed
                turn.set_result(None)


class _ShortSwitchInterval:
    """Shortens the interpreter's switch interval while any thread of the process works on a text."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._working, self._usual = 0, sys.getswitchinterval()

    @contextmanager
    def shortened(self) -> Generator[None]:
        """Keep the interval short until the last work in progress has ended."""
        with self._lock:
            if not self._working:
                self._usual = sys.getswitchinterval()
                sys.setswitchinterval(min(self._usual, SHORT_SWITCH_INTERVAL_S))
            self._working += 1
        try:
            yield
        finally:
            with self._lock:
                self._working -= 1
                if not self._working:
                    sys.setswitchinterval(self._usual)


SWITCH_INTERVAL = _ShortSwitchInterval()


class RuleThreadPool:
    """Runs the work on long texts outside of the event loop: one thread for long texts, one for shorter ones.

    More threads would not be faster, since the interpreter runs one at a time, and would slow the event loop.
    """

    def __init__(self) -> None:
        self._short = ThreadPoolExecutor(1, thread_name_prefix="rules-short")
        self._long = ThreadPoolExecutor(1, thread_name_prefix="rules-long")
        self._rooms = CharacterSemaphore(MAX_SHORT_CHARS_AT_ONCE), CharacterSemaphore(MAX_LONG_CHARS_AT_ONCE)

    @asynccontextmanager
    async def room_for(self, chars: int) -> AsyncGenerator[None]:
        """Wait until a text of `chars` characters may be screened; one below the inline limit never waits.

        While a text below the inline limit is screened, the threads for longer ones give way, at most for
        SHORT_TEXT_S, since a short text may wait for a slow check and need no processor.
        """
        if chars <= MAX_INLINE_CHARS:
            end = SHORT_TEXTS_FIRST.begin()
            timer = asyncio.get_running_loop().call_later(SHORT_TEXT_S, end)
            try:
                yield
            finally:
                timer.cancel()
                end()
            return
        async with self._rooms[chars > MAX_SHORT_CHARS].acquire(chars):
            yield

    async def run(self, chars: int, work: Callable[[], T]) -> T:
        """Run the work on a text of `chars` characters: directly if the text is short, else in a thread."""
        if chars <= MAX_INLINE_CHARS:
            return work()
        return await asyncio.get_running_loop().run_in_executor(
            self._long if chars > MAX_SHORT_CHARS else self._short, _giving_way, work
        )


def _giving_way(work: Callable[[], T]) -> T:
    with SWITCH_INTERVAL.shortened(), SHORT_TEXTS_FIRST.long_work():
        return work()
