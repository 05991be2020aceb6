"""The clock of this machine: aware times in UTC, and sleep that lets others run."""

import asyncio
from datetime import UTC, datetime, timedelta

from services.router.adapters.system_clock import SystemClock


def test_the_time_is_that_of_the_machine_in_utc() -> None:
    before = datetime.now(UTC)

    now = SystemClock().now()

    assert before <= now <= datetime.now(UTC)
    assert now.utcoffset() == timedelta(0)


async def test_sleep_takes_its_time_and_lets_others_run() -> None:
    clock, loop = SystemClock(), asyncio.get_running_loop()
    started = loop.time()
    sleeping = asyncio.create_task(clock.sleep(0.05))

    turns = 0
    while not sleeping.done():
        await asyncio.sleep(0.005)
        turns += 1

    assert turns > 1
    assert loop.time() - started >= 0.05
