"""A request is answered, priced and counted once, even if its caller hangs up before the answer."""

import asyncio
import hashlib
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from decimal import Decimal

import httpx
import pytest

from schemas.topics import ATTEMPTS, COMPLETIONS
from services.gateway.app import assemble
from services.gateway.http.server import GatewayServer
from services.gateway.settings import GatewaySettings
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import TopicPartition
from tests.integration.stubbed_services import QUESTION, SEAL, outcomes, running

pytestmark = pytest.mark.slow


class EmptyIndex:
    """An index without outcomes."""

    async def find(self, tenant: str, request_id: str) -> tuple[int, int] | None:
        del tenant, request_id

    async def close(self) -> None:
        pass


@asynccontextmanager
async def gateway(broker: MemoryBroker) -> AsyncGenerator[httpx.AsyncClient]:
    """Serve the gateway on a port; yields a client with acme's key."""
    keys = {hashlib.sha256(b"weir_acme").hexdigest(): "acme"}
    site = assemble(GatewaySettings(seal_key=SEAL, gateway_keys=keys), broker, EmptyIndex())
    listening = socket.create_server(("127.0.0.1", 0))
    server = GatewayServer(site, "127.0.0.1", 0, release_after_s=0.2)
    serving = asyncio.create_task(server.serve([listening]))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    async with httpx.AsyncClient(
        base_url=url, headers={"authorization": "Bearer weir_acme"}, timeout=10
    ) as client:
        async with asyncio.timeout(10):
            while (await client.get("/readyz")).status_code != 200:
                await asyncio.sleep(0.05)
        yield client
    server.should_exit = True
    await serving
    listening.close()


@pytest.mark.parametrize("stream", [False, True])
async def test_a_caller_who_hangs_up_changes_nothing_the_request_is_answered_priced_and_counted_once(
    broker: MemoryBroker, stub: str, *, stream: bool
) -> None:
    body = {
        "model": "stub",
        "messages": [{"role": "user", "content": QUESTION}],
        "request_id": "r-1",
        "stream": stream,
    }
    async with running(broker, stub), gateway(broker) as client:
        call = asyncio.create_task(client.post("/v1/chat/completions", json=body))
        while not await broker.reader.end(TopicPartition(ATTEMPTS.name, 0)):
            await asyncio.sleep(0.01)
        call.cancel()
        await asyncio.wait({call})
        (completion,) = await outcomes(broker, 1)
        looked_up = (await client.get("/v1/requests/r-1")).json()["status"]

    (line,) = completion.attempts
    assert (completion.status, looked_up, line.cost_status) == ("answered", "answered", "priced")
    assert line.result.usage is not None
    assert completion.cost_usd == Decimal(str(line.result.usage["total_tokens"])) / 1000
    assert await broker.reader.end(TopicPartition(COMPLETIONS.name, 0)) == 1
    assert await broker.reader.end(TopicPartition(ATTEMPTS.name, 0)) == 1
