"""Execution permits of a process: records are handled concurrently, and a suspect record is handled alone.

A record holds its permit while this process works on it, and releases it while it waits for a slow call
outside of the process (`permit_released`), so that slow calls never block other records.
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
    """The permission to work on a record in this process."""

    async def acquire(self) -> None:
        """Wait for the permit."""
        ...

    def release(self) -> None:
        """Release the permit if it is held."""
        ...

    @property
    def is_held(self) -> bool:
        """Whether the permit is held now."""
        ...


_current_permit: ContextVar[ExecutionPermit | None] = ContextVar("permit", default=None)


@asynccontextmanager
async def permit_held(permit: ExecutionPermit) -> AsyncGenerator[None]:
    """Run the block while holding the permit."""
    await permit.acquire()
    token = _current_permit.set(permit)
    try:
        yield
    finally:
        _current_permit.reset(token)
        permit.release()


@asynccontextmanager
async def permit_released() -> AsyncGenerator[None]:
    """Release the current permit while the block waits for a call outside, and acquire it again afterwards.

    Without a current permit it does nothing. Put time limits inside the block: on cancellation the permit is
    not acquired again.
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
    """Release the current permit; the next `permit_released` block acquires it again at its end."""
    permit = _current_permit.get()
    if permit is not None:
        permit.release()


async def _reacquire(permit: ExecutionPermit) -> None:
    if not permit.is_held:
        await permit.acquire()


@dataclass(frozen=True, slots=True)
class SuspectMark:
    """How suspects are named in a commit before they are handled (`begin`), and no longer named after it.

    `end` notes that their handling is over; `clear` commits that. A mark with the same `owner` replaces this
    one when it begins.
    """

    owner: object
    begin: Callable[[], Awaitable[None]]
    end: Callable[[], None]
    clear: Callable[[], Awaitable[None]]


class ExecutionLock:
    """A readers-writer lock for the loops of a process: shared permits run together, an exclusive one alone.

    Permits are granted in the order of requests. A suspect mark is cleared before any other record is
    handled: if that one ended the process, the death would count against the marked record. `process` is an
    id that no other process has.
    """

    def __init__(self) -> None:
        """Start with no permit held."""
        self.process = uuid4().hex[:12]
        self._shared_held = 0
        self._is_exclusive = False
        self._marked: SuspectMark | None = None
        self._waiting: deque[tuple[asyncio.Future[bool], bool]] = deque()

    async def acquire_shared(self) -> None:
        """Wait for a shared permit, and clear the suspect mark first if one is set."""
        if not await self._wait_for_grant(exclusive=False):
            return
        await self._clear_mark()
        self._is_exclusive = False
        self._shared_held += 1
        self._grant()

    async def acquire_exclusive(self, mark: SuspectMark) -> None:
        """Wait until no other permit is held, then commit the suspect mark."""
        if self._has_mark_of(mark.owner) and self._is_free(exclusive=True):
            self._is_exclusive = True
        else:
            await self._wait_for_grant(exclusive=True)
        if not self._has_mark_of(mark.owner):
            await self._clear_mark()
        self._marked = mark
        try:
            await mark.begin()
        except BaseException:
            self.release_exclusive(mark)
            raise

    def release_shared(self) -> None:
        """Release a shared permit."""
        self._shared_held -= 1
        self._grant()

    def release_exclusive(self, mark: SuspectMark) -> None:
        """Release an exclusive permit; its mark stays until the next permit is granted or its loop commits.

        A loop that immediately requests a permit for the next suspects of the same partition gets it before
        others: clearing the mark in between would cost one more commit.
        """
        mark.end()
        self._is_exclusive = False
        asyncio.get_running_loop().call_soon(self._grant)

    def shared(self) -> "SharedPermit":
        """A new shared permit."""
        return SharedPermit(self)

    async def _wait_for_grant(self, *, exclusive: bool) -> bool:
        """Wait for a grant; True if it is exclusive, as a shared request's is if a mark must be cleared."""
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

    def _has_mark_of(self, owner: object) -> bool:
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
    """The permit for records that are not suspects."""

    def __init__(self, lock: ExecutionLock) -> None:
        self._lock = lock
        self._held = False

    @property
    def is_held(self) -> bool:
        """Whether the permit is held now."""
        return self._held

    async def acquire(self) -> None:
        """Wait until no suspect is being handled."""
        await self._lock.acquire_shared()
        self._held = True

    def release(self) -> None:
        """Release the permit if it is held."""
        if self._held:
            self._held = False
            self._lock.release_shared()


class ExclusivePermit:
    """The permit of a suspect, or of a run of suspects."""

    def __init__(self, lock: ExecutionLock, mark: SuspectMark) -> None:
        self._lock = lock
        self._mark = mark
        self._held = False

    @property
    def is_held(self) -> bool:
        """Whether the permit is held now."""
        return self._held

    async def acquire(self) -> None:
        """Wait until no other permit is held, then commit the suspect mark."""
        await self._lock.acquire_exclusive(self._mark)
        self._held = True

    def release(self) -> None:
        """Release the permit if it is held."""
        if self._held:
            self._held = False
            self._lock.release_exclusive(self._mark)
