"""Execution permits: shared ones together, an exclusive one alone, released during outside calls."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from streaming.partitions.permits import (
    ExclusivePermit,
    ExecutionLock,
    ExecutionPermit,
    SuspectMark,
    permit_held,
    permit_released,
    release_permit,
)


async def nothing() -> None:
    return None


def lone(lock: ExecutionLock) -> ExclusivePermit:
    return ExclusivePermit(lock, SuspectMark(object(), nothing, lambda: None, nothing))


async def test_shared_permits_are_held_together_and_an_exclusive_one_alone() -> None:
    lock, at_work, seen = ExecutionLock(), set[str](), list[tuple[str, ...]]()

    async def work(name: str) -> None:
        async with permit_held(lone(lock) if name.startswith("lone") else lock.shared()):
            at_work.add(name)
            seen.append(tuple(sorted(at_work)))
            await asyncio.sleep(0.01)
            at_work.discard(name)

    await asyncio.gather(*(work(name) for name in ("a", "b", "lone 1", "c", "lone 2", "d")))

    assert ("a", "b") in seen
    assert [together for together in seen if any(name.startswith("lone") for name in together)] == [
        ("lone 1",),
        ("lone 2",),
    ]


async def test_an_exclusive_permit_is_released_during_an_outside_call() -> None:
    lock, answer, order = ExecutionLock(), asyncio.Event(), list[str]()

    async def call() -> None:
        async with permit_held(lone(lock)):
            order.append("asked")
            async with permit_released():
                await answer.wait()
            order.append("answered")

    async def other() -> None:
        async with permit_held(lone(lock)):
            order.append("other")
            answer.set()

    await asyncio.gather(call(), other())

    assert order == ["asked", "other", "answered"]


async def test_a_released_permit_is_acquired_again_after_the_outside_call() -> None:
    lock, permit = ExecutionLock(), None

    async with permit_held(permit := lone(lock)):
        release_permit()
        assert not permit.is_held
        async with permit_released():
            pass
        assert permit.is_held


async def test_a_cancelled_waiter_blocks_no_other() -> None:
    lock = ExecutionLock()
    first = lone(lock)
    await first.acquire()
    waiting = [asyncio.create_task(lone(lock).acquire()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    waiting[1].cancel()
    first.release()

    await asyncio.wait_for(waiting[2], 1)
    assert [task.cancelled() for task in waiting] == [True, True, False]


async def test_an_error_of_an_outside_call_releases_the_permit_in_the_end() -> None:
    lock = ExecutionLock()
    with pytest.raises(OSError, match="gone"):
        async with permit_held(lone(lock)), permit_released():
            raise OSError("gone")

    await asyncio.wait_for(lone(lock).acquire(), 1)


async def test_work_without_a_permit_may_make_outside_calls_too() -> None:
    async with permit_released():
        release_permit()


class Commit:
    """A partition's commit: it takes a moment, and names who is at work alone."""

    def __init__(self, name: str, log: list[str]) -> None:
        self._name = name
        self._log = log

    def permit(self, lock: ExecutionLock) -> ExclusivePermit:
        mark = SuspectMark(self, self._written("marked"), lambda: None, self._written("crossed out"))
        return ExclusivePermit(lock, mark)

    def _written(self, what: str) -> "Callable[[], Awaitable[None]]":
        async def write() -> None:
            await asyncio.sleep(0.001)
            self._log.append(f"{self._name} {what}")

        return write


async def test_a_mark_is_replaced_by_the_next_of_its_partition_and_else_cleared_first() -> None:
    lock, log = ExecutionLock(), list[str]()
    one, other = Commit("one", log), Commit("other", log)

    async def work(permit: ExecutionPermit) -> None:
        async with permit_held(permit):
            log.append("work")

    lone = (one.permit(lock), one.permit(lock), other.permit(lock))
    await asyncio.gather(*map(work, (*lone, lock.shared(), lock.shared(), one.permit(lock))))

    assert log == [
        *("one marked", "work", "one marked", "work"),
        *("one crossed out", "other marked", "work"),
        *("other crossed out", "work", "work"),
        *("one marked", "work"),
    ]


async def test_a_waiter_that_is_cancelled_while_it_clears_a_mark_leaves_that_to_the_next() -> None:
    lock, log = ExecutionLock(), list[str]()
    async with permit_held(Commit("one", log).permit(lock)):
        pass
    cancelled = asyncio.create_task(lock.shared().acquire())
    await asyncio.sleep(0)
    cancelled.cancel()

    await asyncio.wait_for(lock.shared().acquire(), 1)

    assert cancelled.cancelled()
    assert log == ["one marked", "one crossed out"]
