"""Ends asyncio tasks and waits for them, so that none outlives the task that started it."""

import asyncio
from collections.abc import Collection


async def cancel_and_wait(tasks: "Collection[asyncio.Task[None]]") -> None:
    """Cancel tasks and wait until they have ended; their errors are dropped."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def end_within(tasks: "Collection[asyncio.Task[None]]", timeout_s: float) -> None:
    """Wait for tasks to end, and cancel those that have not ended after the timeout."""
    if not tasks:
        return
    _, unfinished = await asyncio.wait(tasks, timeout=timeout_s)
    await cancel_and_wait(unfinished)
