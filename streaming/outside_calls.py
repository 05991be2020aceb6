"""Calls of outside code that may block or never return: each in a daemon thread, with a time limit."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


class OutsideCalls:
    """At most `slots` calls run at once; one that never returns keeps its slot and its thread, nothing else.

    Neither the event loop nor the end of the process waits for a thread. Usable from several event loops.
    """

    def __init__(self, name: str, slots: int) -> None:
        """`name` is that of the threads."""
        self._name = name
        self._slots = threading.BoundedSemaphore(slots)

    async def run(self, call: Callable[[], T], timeout_s: float) -> T:
        """Return what the call returns; raises what it raises, or TimeoutError (a wait for a slot counts)."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[T] = loop.create_future()

        def settle(set_result: Callable[[], None]) -> None:
            if not result.done():
                set_result()

        def run_in_thread() -> None:
            if not self._slots.acquire(timeout=timeout_s):
                return
            # The loop may be closed by the time a late call returns.
            with suppress(RuntimeError):
                try:
                    value = call()
                except Exception as error:  # noqa: BLE001 - handed to the caller
                    raised = error
                    loop.call_soon_threadsafe(settle, lambda: result.set_exception(raised))
                else:
                    loop.call_soon_threadsafe(settle, lambda: result.set_result(value))
                finally:
                    self._slots.release()

        threading.Thread(target=run_in_thread, name=self._name, daemon=True).start()
        return await asyncio.wait_for(result, timeout_s)
