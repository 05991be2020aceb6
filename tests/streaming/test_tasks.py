"""Tasks are ended by the one that started them."""

import asyncio

from streaming.tasks import cancel_and_wait, end_within


async def test_cancelled_tasks_have_ended_afterwards_even_if_they_clean_up_slowly() -> None:
    cleaned_up: list[int] = []

    async def work(number: int) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            cleaned_up.append(number)

    tasks = [asyncio.create_task(work(number)) for number in range(3)]
    await asyncio.sleep(0)

    await cancel_and_wait(tasks)

    assert cleaned_up == [0, 1, 2]
    assert all(task.cancelled() for task in tasks)


async def test_errors_of_cancelled_tasks_are_dropped() -> None:
    async def fail() -> None:
        raise KeyError

    task = asyncio.create_task(fail())
    await asyncio.sleep(0)

    await cancel_and_wait([task])

    assert isinstance(task.exception(), KeyError)


async def test_only_tasks_that_outlast_the_timeout_are_cancelled() -> None:
    fast, slow = asyncio.create_task(asyncio.sleep(0)), asyncio.create_task(asyncio.sleep(60))

    await end_within([fast, slow], 0.05)

    assert not fast.cancelled()
    assert slow.cancelled()
    await end_within([], 0.05)
