"""Threads for CPU work whose duration grows with the length of a text."""

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from contextvars import ContextVar
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


_HOOK: ContextVar[Callable[[], None] | None] = ContextVar("give_way", default=None)


@contextmanager
def giving_way(hook: Callable[[], None]) -> Generator[None]:
    """Call `hook` wherever the work of this block, in its thread, could wait for others."""
    token = _HOOK.set(hook)
    try:
        yield
    finally:
        _HOOK.reset(token)


def give_way() -> None:
    """Let shorter texts go first: work on long texts calls it every few milliseconds."""
    hook = _HOOK.get()
    if hook is not None:
        hook()
