"""The gateway behind a real server: OpenAI's client, callers that disconnect, and the end of the process."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import httpx
import openai
import pytest

from services.gateway.http.server import GatewayServer


@dataclass(slots=True)
class Served:
    """A bench behind a port."""

    bench: Any
    server: GatewayServer
    url: str
    running: "asyncio.Task[None]"

    def client(self, key: str = "weir_acme-key") -> openai.AsyncOpenAI:
        return openai.AsyncOpenAI(base_url=f"{self.url}/v1", api_key=key, timeout=10, max_retries=0)


@pytest.fixture
async def served(open_bench: Any, until_ready: Any) -> AsyncGenerator[Served, None]:
    async with open_bench() as bench:
        await until_ready(bench)
        # The bench has started the application; a second start by the server would connect twice.
        listener = socket.create_server(("127.0.0.1", 0))
        server = GatewayServer(bench.site, "127.0.0.1", 0, release_after_s=0.2)
        server.config.lifespan = "off"
        running = asyncio.create_task(server.serve([listener]))
        await bench.until(lambda: server.started)
        yield Served(bench, server, f"http://127.0.0.1:{listener.getsockname()[1]}", running)
        server.should_exit = True
        await running
        listener.close()


async def test_openais_client_reads_an_answer(served: Served) -> None:
    async with served.client() as client:
        reply = await client.chat.completions.create(
            model="small", messages=[{"role": "user", "content": "I am Ada Lovelace"}], temperature=0.1
        )
        models = [model.id async for model in client.models.list()]

    assert reply.choices[0].message.content == "You said: I am Ada Lovelace"
    assert reply.usage is not None
    assert reply.usage.total_tokens == 15
    assert models == ["small"]


async def test_openais_client_reads_a_stream(served: Served) -> None:
    async with served.client() as client:
        stream = await client.chat.completions.create(
            model="small",
            messages=[{"role": "user", "content": "hello"}],
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = [chunk async for chunk in stream]

    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == "You said: hello"
    assert chunks[-1].usage is not None
    assert chunks[-2].choices[0].finish_reason == "stop"


@pytest.mark.parametrize(
    ("model", "error"),
    [
        ("nowhere", openai.NotFoundError),
        ("blocked", openai.PermissionDeniedError),
        ("hasty", openai.RateLimitError),
        ("other-body", openai.ConflictError),
        ("wrong", openai.BadRequestError),
        ("broken", openai.InternalServerError),
    ],
)
async def test_openais_client_raises_its_own_errors(
    served: Served, model: str, error: type[openai.APIStatusError]
) -> None:
    async with served.client() as client:
        with pytest.raises(error) as raised:
            await client.chat.completions.create(model=model, messages=[{"role": "user", "content": "x"}])

    assert raised.value.code
    assert raised.value.message


async def test_openais_client_with_a_foreign_key_is_refused(served: Served) -> None:
    async with served.client("weir_wrong") as client:
        with pytest.raises(openai.AuthenticationError):
            await client.models.list()


async def test_a_body_over_the_limit_gets_its_reply_although_the_caller_is_still_sending(
    served: Served,
) -> None:
    async with httpx.AsyncClient(
        base_url=served.url, headers={"authorization": "Bearer weir_acme-key"}
    ) as client:
        reply = await client.post("/v1/chat/completions", content=b"x" * 2_000_000)
        after = await client.get("/v1/models")

    assert (reply.status_code, after.status_code) == (413, 200)


@pytest.mark.parametrize("stream", [False, True])
async def test_a_caller_who_hangs_up_frees_its_place_and_the_request_goes_on(
    served: Served, *, stream: bool
) -> None:
    extra = {"request_id": "r-1", "stream": stream}
    async with served.client() as client:
        call = asyncio.create_task(
            client.chat.completions.create(
                model="held", messages=[{"role": "user", "content": "x"}], extra_body=extra
            )
        )
        await served.bench.until(lambda: bool(served.bench.pipeline.held))
        call.cancel()
        await asyncio.wait({call})
    gateway_waits = "weir_gateway_waiting 0.0"
    async with asyncio.timeout(5):
        while gateway_waits not in (await served.bench.client.get("/metrics")).text:
            await asyncio.sleep(0.01)
    await served.bench.pipeline.append(served.bench.pipeline.held[0])
    await asyncio.sleep(0.05)

    assert (await served.bench.get("/v1/requests/r-1")).json()["status"] == "answered"
    assert [request.request_id for request in served.bench.pipeline.requests] == ["r-1"]


async def test_a_server_that_ends_answers_waiting_callers_first(served: Served) -> None:
    async with httpx.AsyncClient(
        base_url=served.url, headers={"authorization": "Bearer weir_acme-key"}
    ) as client:
        call = asyncio.create_task(
            client.post(
                "/v1/chat/completions",
                json={"model": "silent", "messages": [{"role": "user", "content": "x"}]},
            )
        )
        await served.bench.until(lambda: bool(served.bench.pipeline.requests))
        served.server.should_exit = True
        reply = await call
    await served.running

    assert (reply.status_code, reply.json()["error"]["code"]) == (503, "restarting")


async def test_a_process_without_kafka_serves_says_what_is_missing_and_ends_on_sigterm() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    nowhere = "127.0.0.1:9"
    environment = {
        "PATH": os.environ["PATH"],
        "WEIR_SEAL_KEY": "A" * 43,
        "WEIR_KAFKA_BOOTSTRAP": nowhere,
        "WEIR_GATEWAY_PORT": str(port),
        "WEIR_GATEWAY_KEYS": "{}",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.gateway",
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        ready = await _answered(f"http://127.0.0.1:{port}/readyz", nowhere)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            output, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()

    assert ready.status_code == 503
    assert process.returncode == 0
    assert output == b""
    assert all(line.startswith(b"{") for line in errors.splitlines())


async def _answered(url: str, text: str) -> httpx.Response:
    async with asyncio.timeout(30), httpx.AsyncClient() as client:
        while True:
            try:
                reply = await client.get(url)
            except httpx.ConnectError:
                await asyncio.sleep(0.1)
                continue
            if text in reply.text:
                return reply
            await asyncio.sleep(0.1)
