"""Work that needs no thread is done at once, in the calling thread; only long work gives way."""

import threading

import pytest

from services.guard.domain.threads import InlineThreads, give_way, giving_way


async def test_work_is_done_in_the_calling_thread_and_its_result_is_returned() -> None:
    threads = InlineThreads()

    async with threads.room_for(10**9):
        worker = await threads.run(10**9, threading.current_thread)

    assert worker is threading.current_thread()


async def test_an_error_of_the_work_reaches_the_caller() -> None:
    def fail() -> None:
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        await InlineThreads().run(1, fail)


async def test_texts_do_not_wait_for_each_other() -> None:
    threads = InlineThreads()

    async with threads.room_for(10**9), threads.room_for(10**9):
        assert await threads.run(1, lambda: "done") == "done"


def test_a_thread_gives_way_inside_of_its_block_only() -> None:
    calls = list[str]()

    give_way()
    with giving_way(lambda: calls.append("inside")):
        give_way()
        other = threading.Thread(target=give_way)
        other.start()
        other.join()
    give_way()

    assert calls == ["inside"]
