"""What the tests of the loops share: a running loop, a killed one, and events to feed it."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from schemas.cloudevents import encode
from schemas.event import Event
from schemas.topics import TOPIC_OF
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import OutboundRecord
from streaming.partitions.lease import Lease
from streaming.seal.seal import Sealer, new_key

SEALER = Sealer.from_text(new_key())
EXAMPLES = Path(__file__).parents[3] / "schemas" / "examples"
NOW = datetime(2026, 11, 2, tzinfo=UTC)


def example(kind: type[Event]) -> Any:
    return kind.model_validate_json((EXAMPLES / f"{kind.TYPE}.json").read_bytes())


@asynccontextmanager
async def running(loop: Any, broker: MemoryBroker) -> AsyncGenerator["asyncio.Task[None]"]:
    stop = asyncio.Event()
    task = asyncio.create_task(loop.run(broker, Lease(10.0), stop))
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait([task], timeout=10)


async def until(holds: Callable[[], bool], task: "asyncio.Task[None] | None" = None) -> None:
    async with asyncio.timeout(10):
        while not holds():
            if task is not None and task.done():
                task.result()
            await asyncio.sleep(0.01)


async def killed(task: "asyncio.Task[None]") -> None:
    """End a loop without letting it finish or commit anything, as kill -9 would."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def put(broker: MemoryBroker, event: Event, event_id: UUID | None = None) -> None:
    encoded = encode(event, event_id=event_id or uuid4(), source="test", time=NOW)
    await (
        await broker.producer.send(
            OutboundRecord(TOPIC_OF[type(event)].name, encoded.key, encoded.value, encoded.headers, 0)
        )
    )


def ids(broker: MemoryBroker, topic: str) -> list[str]:
    return [(record.header("ce_id") or b"").decode() for record in broker.records(topic)]
