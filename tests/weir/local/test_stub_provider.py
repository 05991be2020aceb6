"""The stub provider: equal requests get equal answers, model names choose faults, calls are journalled."""

import asyncio
import json
import re
import socket
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from weir.local.stub_provider import CallLog, StubSettings, build

ASK: dict[str, Any] = {"model": "stub", "messages": [{"role": "user", "content": "where is my invoice"}]}


@asynccontextmanager
async def stub(tmp_path: Path, **settings: float) -> AsyncGenerator[httpx.AsyncClient]:
    with CallLog(tmp_path / "calls" / "journal.jsonl") as calls:
        transport = httpx.ASGITransport(
            build(StubSettings(**{"latency_s": 0.0, "slow_s": 0.2, **settings}), calls)
        )
        async with httpx.AsyncClient(transport=transport, base_url="http://stub") as client:
            yield client


async def ask(
    client: httpx.AsyncClient, attempt: str = "a-1", limit: Mapping[str, int] | None = None, **changes: object
) -> httpx.Response:
    headers = {"x-weir-attempt": attempt, "Idempotency-Key": "k-1"}
    return await client.post(
        "/v1/chat/completions", json={**ASK, **(limit or {}), **changes}, headers=headers
    )


def lines(tmp_path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (tmp_path / "calls" / "journal.jsonl").read_text().splitlines()]


async def test_the_same_request_gets_the_same_answer_and_usage(tmp_path: Path) -> None:
    async with stub(tmp_path) as client:
        first, again, other = (
            (await ask(client)).json(),
            (await ask(client)).json(),
            (await ask(client, model="other")).json(),
        )

    assert first["choices"] == again["choices"]
    assert first["choices"] != other["choices"]
    assert first["usage"] == again["usage"]
    assert first["usage"]["prompt_tokens"] == 3 + 4
    assert first["usage"]["completion_tokens"] == len(first["choices"][0]["message"]["content"].split())
    assert first["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
async def test_an_answer_ends_at_the_limit_and_says_so(tmp_path: Path, field: str) -> None:
    async with stub(tmp_path) as client:
        reply = (await ask(client, limit={field: 2})).json()

    assert reply["choices"][0]["finish_reason"] == "length"
    assert reply["usage"]["completion_tokens"] == 2


@pytest.mark.parametrize(
    ("model", "status"),
    [("always-503", 503), ("always-429", 429), ("slow", 200), ("cut", 200), ("stub", 200), ("stalled", 200)],
)
async def test_faults_come_by_model_name_and_stand_in_the_journal(
    tmp_path: Path, model: str, status: int
) -> None:
    async with stub(tmp_path) as client:
        response = await ask(client, attempt=f"attempt-{model}", model=model)

    assert response.status_code == status
    assert response.headers.get("retry-after") == ("1" if status == 429 else None)
    (line,) = lines(tmp_path)
    assert (line["attempt"], line["idempotency_key"], line["model"], line["status"]) == (
        f"attempt-{model}",
        "k-1",
        model,
        status,
    )
    if status == 200:
        usage = response.json()["usage"]
        assert (line["prompt_tokens"], line["completion_tokens"]) == (
            usage["prompt_tokens"],
            usage["completion_tokens"],
        )
        assert (response.json()["choices"][0]["finish_reason"] is None) == (model == "cut")
        assert (line["finished_at"] - line["started_at"] >= 0.19) == (model == "slow")
    else:
        assert line["prompt_tokens"] is None


async def test_an_error_may_report_usage_and_a_cut_answer_may_report_none(tmp_path: Path) -> None:
    async with stub(tmp_path) as client:
        billed, silent = await ask(client, model="billed-503"), await ask(client, model="silent-cut")

    assert (billed.status_code, billed.json()["error"]["code"]) == (503, "server_error")
    assert [line["completion_tokens"] for line in lines(tmp_path)] == [
        billed.json()["usage"]["completion_tokens"],
        len(silent.json()["choices"][0]["message"]["content"].split()),
    ]
    assert ("usage" in silent.json(), silent.json()["choices"][0]["finish_reason"]) == (False, None)


async def test_some_models_say_what_no_provider_should(tmp_path: Path) -> None:
    async with stub(tmp_path) as client:
        far, huge, deep, absurd = [
            await ask(client, model=model) for model in ("far-429", "huge", "deep", "absurd-usage")
        ]

    assert (far.status_code, far.headers["retry-after"]) == (429, "Fri, 31 Dec 9999 23:59:59 GMT")
    assert len(huge.content) > 50_000_000
    assert deep.content.count(b"[") == 10_000
    assert absurd.json()["usage"]["completion_tokens"] == 10**40
    assert [line["status"] for line in lines(tmp_path)] == [429, 200, 200, 200]


async def test_a_share_of_attempts_fails_and_the_same_ones_each_time(tmp_path: Path) -> None:
    async with stub(tmp_path, fail_rate=0.3) as client:
        first = [(await ask(client, attempt=str(number))).status_code for number in range(100)]
        again = [(await ask(client, attempt=str(number))).status_code for number in range(100)]

    assert first == again
    assert 15 <= first.count(503) <= 45


async def test_a_request_of_another_shape_is_refused(tmp_path: Path) -> None:
    async with stub(tmp_path) as client:
        response = await ask(client, messages=[])

    assert response.status_code == 400
    assert response.json()["error"]["code"] == "invalid_request_error"
    assert lines(tmp_path)[0]["status"] == 400


async def test_models_and_health_answer(tmp_path: Path) -> None:
    async with stub(tmp_path) as client:
        models, health = await client.get("/v1/models"), await client.get("/health")

    assert "always-503" in {model["id"] for model in models.json()["data"]}
    assert health.json() == {"status": "ok"}


async def test_as_a_process_it_serves_appends_to_its_journal_and_ends_on_a_signal(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    journal = tmp_path / "calls" / "journal.jsonl"
    journal.parent.mkdir()
    journal.write_text('{"attempt": "from before"}\n')
    process = await asyncio.create_subprocess_exec(
        *(
            sys.executable,
            "-m",
            "weir.local.stub_provider",
            "--port",
            str(port),
            "--latency-ms",
            "1",
            "--journal",
            str(journal),
        ),
        cwd=Path(__file__).parents[3],
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            for _ in range(100):
                try:
                    await client.get("/health")
                    break
                except httpx.ConnectError:
                    await asyncio.sleep(0.1)
            response = await ask(client, attempt="over-tcp")
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 10)

    assert response.status_code == 200
    assert [line["attempt"] for line in lines(tmp_path)] == ["from before", "over-tcp"]
    assert re.match(r"chatcmpl-[0-9a-f]{24}$", response.json()["id"])
