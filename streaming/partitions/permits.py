"""Whose turn it is in a process: events are handled side by side, and a suspect alone, whatever loop it belongs to.

An event keeps its turn while this process works on it and gives it back while it waits for something outside (`outside`), so that slow
calls never hold anybody up.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol
from uuid import uuid4


class ExecutionPermit(Protocol):
    """What an event holds while it is worked on."""

    async def acquire(self) -> None:
        """Wait for the turn and take it."""
        ...

    def release(self) -> None:
        """Give the turn back, where it is held."""
        ...

    @property
    def is_held(self) -> bool:
        """Whether the turn is held now."""
        ...


_current_permit: ContextVar[ExecutionPermit | None] = ContextVar("turn", default=None)


@asynccontextmanager
async def permit_held(permit: ExecutionPermit) -> AsyncGenerator[None]:
    """Work inside a turn."""
    await permit.acquire()
    token = _current_permit.set(permit)
    try:
        yield
    finally:
        _current_permit.reset(token)
        permit.release()


@asynccontextmanager
async def permit_released() -> AsyncGenerator[None]:
    """Wait for something outside of the process without keeping the turn, and take it again for what came; without a turn it does nothing.

    Put time limits inside of it: what is cancelled here does not take the turn again.
    """
    permit = _current_permit.get()
    if permit is None:
        yield
        return
    permit.release()
    try:
        yield
    except asyncio.CancelledError:
        raise
    except BaseException:
        await _reacquire(permit)
        raise
    await _reacquire(permit)


def release_permit() -> None:
    """Give the turn back until the next wait outside has ended."""
    permit = _current_permit.get()
    if permit is not None:
        permit.release()


async def _reacquire(permit: ExecutionPermit) -> None:
    if not permit.is_held:
        await permit.acquire()


@dataclass(frozen=True, slots=True)
class SuspectMark:
    """How suspects are named in a commit before they run (`begin`), and crossed out (`end`, `cross_out`).

    A mark with the same `owner` replaces this one when it begins.
    """

    owner: object
    begin: Callable[[], Awaitable[None]]
    end: Callable[[], None]
    clear: Callable[[], Awaitable[None]]


class ExecutionLock:
    """Shared turns run side by side, a lone one by itself; first come, first served. `process` is a name that no other process has.

    A mark is crossed out before any other event is at work: if that one ends the process, it must not count
    against the marked one.
    """

    def __init__(self) -> None:
        """Start with nobody at work."""
        self.process = uuid4().hex[:12]
        self._shared_held = 0
        self._is_exclusive = False
        self._marked: SuspectMark | None = None
        self._waiting: deque[tuple[asyncio.Future[bool], bool]] = deque()

    async def acquire_shared(self) -> None:
        """Wait for a turn beside others, and cross out first what is marked."""
        if not await self._wait_for_grant(exclusive=False):
            return
        await self._clear_mark()
        self._is_exclusive = False
        self._shared_held += 1
        self._grant()

    async def acquire_exclusive(self, mark: SuspectMark) -> None:
        """Wait until nobody else is at work, and mark who is now."""
        if self._is_marked_by(mark.owner) and self._is_free(exclusive=True):
            self._is_exclusive = True
        else:
            await self._wait_for_grant(exclusive=True)
        if not self._is_marked_by(mark.owner):
            await self._clear_mark()
        self._marked = mark
        try:
            await mark.begin()
        except BaseException:
            self.release_exclusive(mark)
            raise

    def release_shared(self) -> None:
        """End a turn beside others."""
        self._shared_held -= 1
        self._grant()

    def release_exclusive(self, mark: SuspectMark) -> None:
        """End a lone turn; its mark stands until the next turn begins, or until its loop commits.

        A loop that asks at once for the next suspects of the partition gets the next turn: crossing out would
        cost one more commit.
        """
        mark.end()
        self._is_exclusive = False
        asyncio.get_running_loop().call_soon(self._grant)

    def shared(self) -> "SharedPermit":
        """A turn beside others."""
        return SharedPermit(self)

    async def _wait_for_grant(self, *, exclusive: bool) -> bool:
        """Wait for the turn; True where it is a lone one for now, to cross out a mark."""
        if not self._waiting and self._is_free(exclusive=exclusive):
            return self._take_grant(exclusive=exclusive)
        granted: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((granted, exclusive))
        try:
            return await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled():
                self._return_grant(exclusive=granted.result())
            else:
                self._waiting = deque(entry for entry in self._waiting if entry[0] is not granted)
                self._grant()
            raise

    async def _clear_mark(self) -> None:
        try:
            if self._marked is not None:
                await self._marked.clear()
        except BaseException:
            self._return_grant(exclusive=True)
            raise
        self._marked = None

    def _return_grant(self, *, exclusive: bool) -> None:
        if exclusive:
            self._is_exclusive = False
        else:
            self._shared_held -= 1
        self._grant()

    def _is_marked_by(self, owner: object) -> bool:
        return self._marked is not None and self._marked.owner is owner

    def _is_free(self, *, exclusive: bool) -> bool:
        return not self._is_exclusive and not (exclusive and self._shared_held)

    def _take_grant(self, *, exclusive: bool) -> bool:
        is_exclusive = exclusive or self._marked is not None
        if is_exclusive:
            self._is_exclusive = True
        else:
            self._shared_held += 1
        return is_exclusive

    def _grant(self) -> None:
        while self._waiting:
            granted, exclusive = self._waiting[0]
            if not granted.done() and not self._is_free(exclusive=exclusive):
                return
            self._waiting.popleft()
            if not granted.done():
                granted.set_result(self._take_grant(exclusive=exclusive))


class SharedPermit:
    """A turn of an event that nothing is known against."""

    def __init__(self, lock: ExecutionLock) -> None:
        self._lock = lock
        self._held = False

    @property
    def is_held(self) -> bool:
        """Whether the turn is held now."""
        return self._held

    async def acquire(self) -> None:
        """Wait while a suspect is at work."""
        await self._lock.acquire_shared()
        self._held = True

    def release(self) -> None:
        """Give the turn back."""
        if self._held:
            self._held = False
            self._lock.release_shared()


class ExclusivePermit:
    """A suspect's turn, or that of a run of suspects."""

    def __init__(self, lock: ExecutionLock, mark: SuspectMark) -> None:
        self._lock = lock
        self._mark = mark
        self._held = False

    @property
    def is_held(self) -> bool:
        """Whether the turn is held now."""
        return self._held

    async def acquire(self) -> None:
        """Wait until nobody else is at work, and write it down."""
        await self._lock.acquire_exclusive(self._mark)
        self._held = True

    def release(self) -> None:
        """Give the turn back."""
        if self._held:
            self._held = False
            self._lock.release_exclusive(self._mark)
