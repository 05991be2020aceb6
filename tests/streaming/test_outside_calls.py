"""Outside code is called in bounded threads and time, and its errors reach the one who called it."""

import asyncio
import threading

import pytest

from streaming.outside_calls import NoSlotError, OutsideCalls, RunningCall, Slots


def fail() -> int:
    msg = "broken"
    raise LookupError(msg)


async def test_a_result_and_an_error_reach_the_caller() -> None:
    calls = OutsideCalls("outside", 2)

    assert await calls.run(lambda: 7, 5) == 7
    with pytest.raises(LookupError, match="broken"):
        await calls.run(fail, 5)


async def test_a_call_that_never_returns_is_given_up_and_keeps_one_slot() -> None:
    ended = threading.Event()
    calls = OutsideCalls("outside", 2)
    try:
        with pytest.raises(TimeoutError):
            await calls.run(lambda: ended.wait(60), 0.05)

        assert await calls.run(lambda: 7, 5) == 7
    finally:
        ended.set()


async def test_calls_beyond_the_slots_wait_for_one_as_long_as_their_time_lasts() -> None:
    running, most, lock = 0, 0, threading.Lock()
    pause = threading.Event()

    def call() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        pause.wait(0.01)
        with lock:
            running -= 1

    calls = OutsideCalls("outside", 3)
    await asyncio.gather(*(calls.run(call, 10) for _ in range(20)))

    assert most <= 3


async def test_a_wait_for_a_slot_is_no_timeout_of_the_call() -> None:
    ended = threading.Event()
    calls = OutsideCalls("stuck", 1, wait_s=0.05)
    first = asyncio.create_task(calls.run(lambda: ended.wait(60), 5))
    try:
        await asyncio.sleep(0.01)
        with pytest.raises(NoSlotError):
            await calls.run(lambda: 7, 5)
    finally:
        ended.set()
    assert await first


async def test_a_call_that_had_to_wait_has_its_whole_time() -> None:
    pause, calls = threading.Event(), OutsideCalls("slow", 4)

    async with asyncio.timeout(5):
        results = await asyncio.gather(*(calls.run(lambda: pause.wait(0.05), 0.3) for _ in range(60)))

    assert results == [False] * 60


async def test_stuck_slots_end_further_calls_at_their_limit_and_leave_no_thread_behind() -> None:
    ended = threading.Event()
    calls = OutsideCalls("stuck", 2, wait_s=0.1)
    try:
        results = await asyncio.gather(
            *(calls.run(lambda: ended.wait(60), 0.05) for _ in range(10)), return_exceptions=True
        )
        await asyncio.sleep(0.2)

        assert {type(result) for result in results} == {TimeoutError, NoSlotError}
        assert sum(thread.name == "stuck" for thread in threading.enumerate()) == 2
    finally:
        ended.set()


async def test_a_call_that_ends_between_its_time_limit_and_its_being_given_up_keeps_no_slot() -> None:
    slots = Slots(1)
    assert await slots.acquire(1)
    running = RunningCall(lambda: 7, slots)

    running.result.cancel()
    running.run_in_thread()
    await asyncio.sleep(0)
    running.give_up()

    assert await slots.acquire(1)
    slots.release(is_overdue=False)
    assert await slots.acquire(1)
