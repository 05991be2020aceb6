"""An outcome can be looked up later, by its own tenant only, from memory or from the log."""

import asyncio
from typing import Any


async def test_a_request_is_accepted_pending_and_then_answered(bench: Any) -> None:
    accepted = await bench.post(
        "/v1/requests",
        {"model": "held", "messages": [{"role": "user", "content": "hi"}], "request_id": "a/b"},
    )
    await bench.until(lambda: bool(bench.pipeline.held))
    before = await bench.get(accepted.json()["status_url"])
    await bench.pipeline.append(bench.pipeline.held[0])
    after = await _ended(bench, accepted.json()["status_url"])

    assert (accepted.status_code, accepted.json()["status"], accepted.headers["location"]) == (
        202,
        "pending",
        "/v1/requests/a%2Fb",
    )
    assert before.json() == {"id": "a/b", "status": "pending"}
    assert after["status"] == "answered"
    assert after["response"]["choices"][0]["message"]["content"] == "You said: hi"


async def test_a_refused_request_tells_its_error_later_too(bench: Any) -> None:
    await bench.chat(model="poor", request_id="r-1")
    await bench.chat(model="oversized", request_id="r-2")

    refused, dead = (await bench.get("/v1/requests/r-1")).json(), (await bench.get("/v1/requests/r-2")).json()

    assert (refused["status"], refused["http_status"], refused["error"]["code"]) == (
        "rejected",
        402,
        "budget_exceeded",
    )
    assert (dead["status"], dead["http_status"], dead["error"]["code"]) == ("dead_letter", 413, "too_large")


async def test_another_tenants_request_does_not_exist(bench: Any) -> None:
    await bench.chat("I am Ada Lovelace", request_id="r-1")
    bench.index.places["globex", "r-1"] = (0, 0)

    own = await bench.get("/v1/requests/r-1")
    foreign = await bench.get("/v1/requests/r-1", key="weir_globex-key")
    unknown = await bench.get("/v1/requests/r-2")

    assert own.status_code == 200
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert "Lovelace" not in foreign.text


async def test_two_tenants_may_use_the_same_request_id(bench: Any) -> None:
    first = await bench.chat("from acme", request_id="r-1")
    second = await bench.chat("from globex", request_id="r-1", key="weir_globex-key")

    assert [reply.json()["choices"][0]["message"]["content"] for reply in (first, second)] == [
        "You said: from acme",
        "You said: from globex",
    ]
    assert "from globex" in (await bench.get("/v1/requests/r-1", key="weir_globex-key")).text


async def test_a_restarted_gateway_finds_old_outcomes_on_the_log(
    bench: Any, open_bench: Any, until_ready: Any
) -> None:
    await bench.chat("I am Ada Lovelace", request_id="r-1")

    async with open_bench() as restarted:
        await until_ready(restarted)
        restarted.index.places["acme", "r-1"] = (0, 0)
        looked_up = await restarted.get("/v1/requests/r-1")
        restarted.index.is_down = True
        down = await restarted.get("/v1/requests/r-1")

    assert looked_up.json()["response"]["choices"][0]["message"]["content"] == "You said: I am Ada Lovelace"
    assert (down.status_code, down.headers["retry-after"]) == (503, "2")
    assert "127.0.0.1:8123" in down.json()["error"]["message"]


async def _ended(bench: Any, url: str) -> Any:
    async with asyncio.timeout(5):
        while (looked_up := (await bench.get(url)).json())["status"] == "pending":
            await asyncio.sleep(0.01)
    return looked_up
