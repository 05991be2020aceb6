"""A repeated call under the same request id gets the first outcome; another body under it is an error."""

import asyncio
from typing import Any


async def test_a_repeated_call_gets_the_first_answer(bench: Any) -> None:
    first = await bench.chat(headers={"idempotency-key": "k-1"})
    second = await bench.chat(headers={"idempotency-key": "k-1"})

    assert (first.status_code, second.status_code) == (200, 200)
    assert "weir-duplicate" not in first.headers
    assert second.headers["weir-duplicate"] == "true"
    assert first.json()["id"] == second.json()["id"]
    assert second.json()["weir"]["duplicate"] is True


async def test_a_repeated_call_waits_for_the_first_one(bench: Any) -> None:
    first = asyncio.create_task(bench.chat(model="held", request_id="r-1"))
    await bench.until(lambda: len(bench.pipeline.held) == 1)
    second = asyncio.create_task(bench.chat(model="held", request_id="r-1"))
    await bench.until(lambda: len(bench.pipeline.held) == 2)
    await bench.pipeline.append(bench.pipeline.held[1])
    await asyncio.sleep(0.05)

    assert not second.done()
    await bench.pipeline.append(bench.pipeline.held[0])

    assert (await first).json()["id"] == (await second).json()["id"]


async def test_a_repeated_call_of_a_refused_request_is_refused_alike(bench: Any) -> None:
    first, second = (
        await bench.chat(model="poor", request_id="r-1"),
        await bench.chat(model="poor", request_id="r-1"),
    )

    assert (first.status_code, second.status_code) == (402, 402)
    assert second.headers["weir-duplicate"] == "true"


async def test_another_body_under_the_same_id_is_a_conflict(bench: Any) -> None:
    await bench.chat("one", request_id="r-1")

    reply = await bench.chat("two", request_id="r-1")

    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "duplicate_other_body")


async def test_the_first_outcome_may_be_older_than_the_gateway(
    bench: Any, open_bench: Any, until_ready: Any
) -> None:
    first = await bench.chat(model="held", request_id="r-1", headers={"x-request-timeout": "0.1"})
    await bench.pipeline.append(bench.pipeline.held[0])

    async with open_bench() as restarted:
        await until_ready(restarted)
        restarted.index.places["acme", "r-1"] = (0, 0)
        call = asyncio.create_task(restarted.chat(model="held", request_id="r-1"))
        await bench.until(lambda: len(bench.pipeline.held) == 2)
        await bench.pipeline.append(bench.pipeline.held[1])
        repeated = await call

    assert (first.status_code, repeated.status_code) == (504, 200)
    assert repeated.headers["weir-duplicate"] == "true"


async def test_a_first_outcome_that_the_index_learns_later_ends_the_wait(
    bench: Any, open_bench: Any, until_ready: Any
) -> None:
    await bench.chat(model="held", request_id="r-1", headers={"x-request-timeout": "0.1"})
    await bench.pipeline.append(bench.pipeline.held[0])

    async with open_bench() as restarted:
        await until_ready(restarted)
        restarted.index.is_down = True
        call = asyncio.create_task(restarted.chat(model="held", request_id="r-1"))
        await bench.until(lambda: len(bench.pipeline.held) == 2)
        await bench.pipeline.append(bench.pipeline.held[1])
        _, waiting = await asyncio.wait([call], timeout=0.3)
        restarted.index.places["acme", "r-1"] = (0, 0)
        restarted.index.is_down = False
        repeated = await call

    assert waiting
    assert repeated.status_code == 200
    assert repeated.headers["weir-duplicate"] == "true"


async def test_a_lookup_of_a_repeated_request_gives_the_first_outcome(bench: Any) -> None:
    first = await bench.chat(request_id="r-1")
    await bench.chat(request_id="r-1")

    looked_up = await bench.get("/v1/requests/r-1")

    assert looked_up.json()["response"]["id"] == first.json()["id"]
