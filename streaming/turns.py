"""Whose turn it is in a process: events are handled side by side, and a suspect alone, whatever loop it belongs to.

An event keeps its turn while this process works on it and gives it back while it waits for something outside (`outside`), so that slow
calls never hold anybody up.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Protocol
from uuid import uuid4


class Turn(Protocol):
    """What an event holds while it is worked on."""

    async def enter(self) -> None:
        """Wait for the turn and take it."""
        ...

    def leave(self) -> None:
        """Give the turn back, where it is held."""
        ...

    @property
    def is_held(self) -> bool:
        """Whether the turn is held now."""
        ...


_mine: ContextVar[Turn | None] = ContextVar("turn", default=None)


@asynccontextmanager
async def holding(turn: Turn) -> AsyncGenerator[None]:
    """Work inside a turn."""
    await turn.enter()
    token = _mine.set(turn)
    try:
        yield
    finally:
        _mine.reset(token)
        turn.leave()


@asynccontextmanager
async def outside() -> AsyncGenerator[None]:
    """Wait for something outside of the process without keeping the turn, and take it again for what came; without a turn it does nothing.

    Put time limits inside of it: what is cancelled here does not take the turn again.
    """
    turn = _mine.get()
    if turn is None:
        yield
        return
    turn.leave()
    try:
        yield
    except asyncio.CancelledError:
        raise
    except BaseException:
        await _again(turn)
        raise
    await _again(turn)


def give_back() -> None:
    """Give the turn back until the next wait outside has ended."""
    turn = _mine.get()
    if turn is not None:
        turn.leave()


async def _again(turn: Turn) -> None:
    if not turn.is_held:
        await turn.enter()


class Turns:
    """Shared turns run side by side, a lone one by itself; first come, first served. `process` is a name that no other process has."""

    def __init__(self) -> None:
        """Start with nobody at work."""
        self.process = uuid4().hex[:12]
        self._at_work = 0
        self._is_alone = False
        self._waiting: deque[tuple[asyncio.Future[None], bool]] = deque()

    async def take(self, *, alone: bool) -> None:
        """Wait until the turn is ours."""
        if not self._waiting and self._fits(alone=alone):
            self._note(alone=alone)
            return
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((granted, alone))
        try:
            await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled():
                self.give_back(alone=alone)
            else:
                self._waiting = deque(entry for entry in self._waiting if entry[0] is not granted)
                self._grant()
            raise

    def give_back(self, *, alone: bool) -> None:
        """End a turn."""
        if alone:
            self._is_alone = False
        else:
            self._at_work -= 1
        self._grant()

    def shared(self) -> "SharedTurn":
        """A turn beside others."""
        return SharedTurn(self)

    def _fits(self, *, alone: bool) -> bool:
        return not self._is_alone and not (alone and self._at_work)

    def _note(self, *, alone: bool) -> None:
        if alone:
            self._is_alone = True
        else:
            self._at_work += 1

    def _grant(self) -> None:
        while self._waiting:
            granted, alone = self._waiting[0]
            if not granted.done() and not self._fits(alone=alone):
                return
            self._waiting.popleft()
            if not granted.done():
                self._note(alone=alone)
                granted.set_result(None)


class SharedTurn:
    """A turn of an event that nothing is known against."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._held = False

    @property
    def is_held(self) -> bool:
        """Whether the turn is held now."""
        return self._held

    async def enter(self) -> None:
        """Wait while a suspect is at work."""
        await self._turns.take(alone=False)
        self._held = True

    def leave(self) -> None:
        """Give the turn back."""
        if self._held:
            self._held = False
            self._turns.give_back(alone=False)


class LoneTurn:
    """A suspect's turn: `begin` writes down that it runs now, before it does, and `end` that the process survived it."""

    def __init__(self, turns: Turns, begin: Callable[[], Awaitable[None]], end: Callable[[], None]) -> None:
        self._turns = turns
        self._begin = begin
        self._end = end
        self._held = False

    @property
    def is_held(self) -> bool:
        """Whether the turn is held now."""
        return self._held

    async def enter(self) -> None:
        """Wait until nobody else is at work, and write it down."""
        await self._turns.take(alone=True)
        self._held = True
        try:
            await self._begin()
        except BaseException:
            self.leave()
            raise

    def leave(self) -> None:
        """Give the turn back."""
        if self._held:
            self._held = False
            self._end()
            self._turns.give_back(alone=True)
