"""While the stream is down or late a call gets 503, the reason and Retry-After; nothing accepted is lost."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from schemas.cloudevents import encode
from schemas.requests import LlmRequest

pytestmark = pytest.mark.slow


async def test_a_broker_that_is_down_is_named_with_its_address(bench: Any) -> None:
    bench.broker.go_down()

    reply = await bench.chat(request_id="r-1")
    bench.broker.go_up()

    assert (reply.status_code, reply.headers["retry-after"]) == (503, "2")
    assert reply.json()["error"]["request_id"] == "r-1"


async def test_a_send_that_was_lost_is_no_silent_loss(bench: Any) -> None:
    bench.broker.fail_sends(1)

    lost = await bench.chat(request_id="r-1")
    repeated = await bench.chat(request_id="r-1")

    assert (lost.status_code, repeated.status_code) == (503, 200)
    assert "same request id" in lost.json()["error"]["message"]


async def test_a_gateway_that_starts_before_the_broker_serves_refuses_and_recovers(
    broker: Any, open_bench: Any, until_ready: Any
) -> None:
    broker.go_down()

    async with open_bench() as early:
        alive, ready, refused = (
            await early.client.get("/healthz"),
            await early.client.get("/readyz"),
            await early.chat(),
        )
        broker.go_up()
        await until_ready(early)

    assert (alive.status_code, ready.status_code, refused.status_code) == (200, 503, 503)
    assert any("follower has not caught up" in reason for reason in ready.json()["because"])
    assert refused.json()["error"]["code"] == "stream_down"


async def test_outcomes_written_while_nobody_followed_are_caught_up(bench: Any) -> None:
    call = asyncio.create_task(bench.chat(model="held"))
    await bench.until(lambda: bool(bench.pipeline.held))
    bench.broker.go_down()
    await asyncio.sleep(1.2)
    bench.broker.go_up()
    await bench.pipeline.append(bench.pipeline.held[0])

    assert (await call).status_code == 200


async def until_late(bench: Any) -> Any:
    """The answer of /readyz once the stream is known to be late."""
    async with asyncio.timeout(5):
        while (ready := await bench.client.get("/readyz")).json().get("code") != "stream_late":
            await asyncio.sleep(0.01)
    return ready


async def test_a_stream_that_is_late_is_answered_with_503_and_when_to_come_back(
    broker: Any, open_bench: Any
) -> None:
    waiting = LlmRequest(tenant="acme", model="small", prompt="p")
    encoded = encode(waiting, event_id=uuid4(), source="test", time=datetime.now(UTC))
    await broker.append("llm.requests", encoded.value, encoded.headers)
    await asyncio.sleep(0.1)

    async with open_bench(gateway_lag_limit_s=0.05) as late:
        ready = await until_late(late)
        reply, started = await late.chat(), await late.client.get("/startupz")

    assert (reply.status_code, reply.json()["error"]["code"]) == (503, "stream_late")
    assert int(reply.headers["retry-after"]) >= 1
    assert (ready.status_code, int(ready.headers["retry-after"]) >= 1) == (503, True)
    assert started.status_code == 200, "a restart helps no late stream"


@pytest.mark.parametrize(
    "topic",
    ["llm.requests", "llm.answers.screened", "llm.requests.admitted", "llm.completions", "llm.requests.dlq"],
)
async def test_an_open_transaction_on_the_way_of_a_call_is_named_and_refused_until_it_ends(
    broker: Any, open_bench: Any, topic: str
) -> None:
    await broker.open_transaction(topic, b"{}", 0)
    await asyncio.sleep(0.1)

    async with open_bench(gateway_held_limit_s=0.05) as held:
        ready = await until_late(held)
        reply = await held.chat()
        broker.abort_transaction(topic, 0)
        async with asyncio.timeout(5):
            while (await held.client.get("/readyz")).status_code != 200:
                await asyncio.sleep(0.05)
        answered = await held.chat()

    assert (ready.status_code, reply.status_code, answered.status_code) == (503, 503, 200)
    assert f"{topic}/0 has been held" in reply.json()["error"]["message"]
    assert f"{topic}/0 has been held" in ready.json()["because"][0]
    assert int(reply.headers["retry-after"]) >= 1


async def test_a_transaction_on_a_topic_that_no_call_passes_refuses_nobody(
    broker: Any, open_bench: Any, until_ready: Any
) -> None:
    await broker.open_transaction("llm.adjustments", b"{}", 0)
    await broker.open_transaction("llm.feedback", b"{}", 0)

    async with open_bench(gateway_held_limit_s=0.05) as unaffected:
        await asyncio.sleep(0.1)
        await until_ready(unaffected)

        assert (await unaffected.chat()).status_code == 200
