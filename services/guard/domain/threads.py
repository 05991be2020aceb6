"""Threads for CPU work whose duration grows with the length of a text."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol, TypeVar

T = TypeVar("T")


class TextThreads(Protocol):
    """Runs CPU work on texts, so that long texts do not block the event loop."""

    def room_for(self, chars: int) -> AbstractAsyncContextManager[None]:
        """Wait until a text of `chars` characters may be screened."""
        ...

    async def run(self, chars: int, work: Callable[[], T]) -> T:
        """Run the work on a text of `chars` characters and return its result."""
        ...


class InlineThreads:
    """Does all work in the calling thread, for callers without an event loop to keep free."""

    @asynccontextmanager
    async def room_for(self, chars: int) -> AsyncGenerator[None]:
        """Do not wait."""
        del chars
        yield

    async def run(self, chars: int, work: Callable[[], T]) -> T:
        """Do the work at once and return its result."""
        del chars
        return work()
