"""A call ends with its result or with its client, and leaves no task behind."""

import asyncio
from collections.abc import Sequence

import pytest
from starlette.requests import Request
from starlette.types import Message

from services.gateway.http.routes.disconnect import cancel_on_disconnect

BODY: Message = {"type": "http.request", "body": b"", "more_body": False}
GONE: Message = {"type": "http.disconnect"}


def request_with(*messages: Message) -> Request:
    """A request whose client sends these messages and then stays connected."""
    pending = list(messages)

    async def receive() -> Message:
        if not pending:
            await asyncio.Event().wait()
        return pending.pop(0)

    return Request({"type": "http", "method": "POST", "path": "/", "headers": []}, receive)


class EndlessWork:
    """Never finishes, and notes that it was cancelled."""

    def __init__(self) -> None:
        self.was_cancelled = False

    async def run(self) -> str:
        try:
            await asyncio.Event().wait()
        finally:
            self.was_cancelled = True
        return "never"


@pytest.mark.parametrize("messages", [(), (BODY, BODY)])
async def test_a_client_that_stays_gets_the_result(messages: Sequence[Message]) -> None:
    result = await cancel_on_disconnect(request_with(*messages), asyncio.sleep(0.01, "answer"))

    assert result == "answer"
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_the_work_is_cancelled_when_the_client_disconnects() -> None:
    work = EndlessWork()

    async with asyncio.timeout(5):
        result = await cancel_on_disconnect(request_with(BODY, GONE), work.run())

    assert result is None
    assert work.was_cancelled
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_an_error_of_the_work_is_raised_as_it_is() -> None:
    async def failing() -> str:
        raise KeyError("model")

    with pytest.raises(KeyError, match="model"):
        await cancel_on_disconnect(request_with(), failing())


async def test_the_work_is_cancelled_with_its_call() -> None:
    work = EndlessWork()
    call = asyncio.create_task(cancel_on_disconnect(request_with(), work.run()))
    await asyncio.sleep(0.01)

    call.cancel()
    await asyncio.wait({call})

    assert call.cancelled()
    assert work.was_cancelled
