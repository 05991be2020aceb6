"""Threads for the work of long texts, so that the event loop and its heartbeats go on; short texts do not wait behind long ones."""

import asyncio
import sys
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

T = TypeVar("T")

MAX_INLINE_CHARS = 4_096
"""Characters whose rules run at once, a few milliseconds; longer texts go to a thread."""
MAX_SHORT_CHARS = 32_768
"""Characters up to which a text goes with the shorter ones, in a thread of their own."""
MAX_SHORT_CHARS_AT_ONCE, MAX_LONG_CHARS_AT_ONCE = 262_144, 393_216
"""Characters of the shorter and of the long texts that are screened at once; more wait in order of arrival, so that memory has a bound."""


SHORT_SWITCH_INTERVAL_S = 0.0005
"""How long a thread keeps the interpreter that the event loop wants: with Python's 5 ms a short text waits that long at each step."""


class CharacterSemaphore:
    """Lets so many characters in at a time, in order of arrival; what is larger than all of it comes in alone."""

    def __init__(self, chars: int) -> None:
        """Take how many characters there is room for."""
        self._most = self._free = chars
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def acquire(self, chars: int) -> AsyncGenerator[None]:
        """Wait until there is room for so many."""
        wanted = min(chars, self._most)
        await self._enter(wanted)
        try:
            yield
        finally:
            self._free += wanted
            self._wake_waiting()

    async def _enter(self, wanted: int) -> None:
        if wanted <= self._free and not self._waiting:
            self._free -= wanted
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, place))
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._free += wanted
            self._wake_waiting()
            raise

    def _wake_waiting(self) -> None:
        while self._waiting and (self._waiting[0][1].done() or self._waiting[0][0] <= self._free):
            wanted, place = self._waiting.popleft()
            if not place.done():
                self._free -= wanted
                place.set_result(None)


class _ShortSwitchInterval:
    """Lets threads take turns more often while any long work goes on in the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._working, self._usual = 0, sys.getswitchinterval()

    @contextmanager
    def shortened(self) -> Generator[None]:
        """Until the last work that goes on has ended."""
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
    """Runs what takes time in proportion to a text beside the event loop: one thread for long texts, one for shorter ones.

    Rules are Python, of which one thread runs at a time: more threads would make nothing faster and the loop slower.
    """

    def __init__(self) -> None:
        self._short = ThreadPoolExecutor(1, thread_name_prefix="rules-short")
        self._long = ThreadPoolExecutor(1, thread_name_prefix="rules-long")
        self._rooms = CharacterSemaphore(MAX_SHORT_CHARS_AT_ONCE), CharacterSemaphore(MAX_LONG_CHARS_AT_ONCE)

    @asynccontextmanager
    async def room_for(self, chars: int) -> AsyncGenerator[None]:
        """Wait until a text of so many characters may be screened; one that is screened at once never waits."""
        if chars <= MAX_INLINE_CHARS:
            yield
            return
        async with self._rooms[chars > MAX_SHORT_CHARS].acquire(chars):
            yield

    async def run(self, chars: int, work: Callable[[], T]) -> T:
        """Do the work of a text of so many characters: at once where it is short, else in a thread."""
        if chars <= MAX_INLINE_CHARS:
            return work()
        return await asyncio.get_running_loop().run_in_executor(
            self._long if chars > MAX_SHORT_CHARS else self._short, _with_short_switch_interval, work
        )


def _with_short_switch_interval(work: Callable[[], T]) -> T:
    with SWITCH_INTERVAL.shortened():
        return work()
