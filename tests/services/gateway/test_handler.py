"""A call that cannot wait for its outcome gets 503 and the way to its outcome."""

import asyncio
from typing import Any


async def test_more_calls_than_may_wait_are_refused_at_once(open_bench: Any, until_ready: Any) -> None:
    async with open_bench(gateway_max_waiting=1) as narrow:
        await until_ready(narrow)
        first = asyncio.create_task(narrow.chat(model="held"))
        await narrow.until(lambda: bool(narrow.pipeline.held))
        second = await narrow.chat()
        await narrow.pipeline.append(narrow.pipeline.held[0])

        assert (second.status_code, second.json()["error"]["code"]) == (503, "too_many_waiting")
        assert (await first).status_code == 200


async def test_a_gateway_that_ends_tells_waiting_callers_how_to_go_on(bench: Any) -> None:
    call = asyncio.create_task(bench.chat(model="silent", request_id="r-1"))
    await bench.until(lambda: bool(bench.pipeline.requests))

    bench.site.release_waiters()

    reply = await call
    assert (reply.status_code, reply.json()["error"]["code"]) == (503, "restarting")
    assert "/v1/requests/r-1" in reply.json()["error"]["message"]
