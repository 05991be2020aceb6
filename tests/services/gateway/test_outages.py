"""When the stream is down, late or full, a caller gets 503 with the reason and when to come back; nothing that was accepted is lost."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from schemas.cloudevents import encode
from schemas.requests import LlmRequest


async def test_a_broker_that_is_down_is_named_with_its_address(bench: Any) -> None:
    bench.broker.go_down()

    reply = await bench.chat(request_id="r-1")
    bench.broker.come_back()

    assert (reply.status_code, reply.headers["retry-after"]) == (503, "2")
    assert reply.json()["error"]["request_id"] == "r-1"


async def test_a_send_that_was_lost_is_no_silent_loss(bench: Any) -> None:
    bench.broker.fail_sends(1)

    lost = await bench.chat(request_id="r-1")
    repeated = await bench.chat(request_id="r-1")

    assert (lost.status_code, repeated.status_code) == (503, 200)
    assert "same request id" in lost.json()["error"]["message"]


async def test_a_gateway_that_starts_before_the_broker_serves_refuses_and_recovers(broker: Any, open_bench: Any, until_ready: Any) -> None:
    broker.go_down()

    async with open_bench() as early:
        alive, ready, refused = await early.client.get("/healthz"), await early.client.get("/readyz"), await early.chat()
        broker.come_back()
        await until_ready(early)

    assert (alive.status_code, ready.status_code, refused.status_code) == (200, 503, 503)
    assert any("follower has not caught up" in reason for reason in ready.json()["because"])
    assert refused.json()["error"]["code"] == "stream_down"


async def test_outcomes_written_while_nobody_followed_are_caught_up(bench: Any) -> None:
    call = asyncio.create_task(bench.chat(model="held"))
    await bench.until(lambda: bool(bench.pipeline.held))
    bench.broker.go_down()
    await asyncio.sleep(1.2)
    bench.broker.come_back()
    await bench.pipeline.append(bench.pipeline.held[0])

    assert (await call).status_code == 200


async def test_a_stream_that_is_late_is_answered_with_503_and_when_to_come_back(broker: Any, open_bench: Any, until_ready: Any) -> None:
    waiting = LlmRequest(tenant="acme", model="small", prompt="p")
    encoded = encode(waiting, event_id=uuid4(), source="test", time=datetime.now(UTC))
    await broker.append("llm.requests", encoded.value, encoded.headers)
    await asyncio.sleep(0.1)

    async with open_bench(gateway_lag_limit_s=0.05) as late:
        await until_ready(late)
        reply = await late.chat()

    assert (reply.status_code, reply.json()["error"]["code"]) == (503, "stream_late")
    assert int(reply.headers["retry-after"]) >= 1


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

    bench.site.let_go()

    reply = await call
    assert (reply.status_code, reply.json()["error"]["code"]) == (503, "restarting")
    assert "/v1/requests/r-1" in reply.json()["error"]["message"]
