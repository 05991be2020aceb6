"""Ends the waiting of a call whose client has closed the connection."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from starlette.requests import Request

T = TypeVar("T")

CLIENT_GONE = 499


async def cancel_on_disconnect(request: Request, work: Coroutine[object, object, T]) -> T | None:
    """The result of `work`; None if the client disconnects first, which does not cancel the request."""
    task, gone = asyncio.ensure_future(work), asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        task.cancel()
        gone.cancel()
        await asyncio.wait({task, gone})


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
