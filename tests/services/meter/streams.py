"""The meter as it is deployed, on the in-memory broker, for tests."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import uuid5

from pydantic import SecretStr

from schemas.budgets import BudgetDocument
from schemas.cloudevents import decode
from schemas.event import Event
from schemas.topics import (
    kafka_topics,
)
from services.meter.app import build
from services.meter.settings import MeterSettings
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import TopicPartition
from streaming.events.event_processing import event_in
from streaming.events.publishing import Publisher, acknowledged
from streaming.handling import NAMESPACE
from streaming.process import run
from streaming.seal.seal import Sealer, new_key

if TYPE_CHECKING:
    from tests.services.meter.conftest import Desk


KEY = new_key()
SETTINGS = MeterSettings(seal_key=SecretStr(KEY), meter_snapshot_every_s=1)


@asynccontextmanager
async def running_meter(broker: MemoryBroker) -> AsyncGenerator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(run([build(SETTINGS)], broker, session_s=60, stop=stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def publish(broker: MemoryBroker, *events: Event) -> None:
    publisher = Publisher(broker.producer, group="guard", sealer=Sealer.from_text(KEY))
    for event in events:
        await acknowledged([await publisher.send(event, uuid5(NAMESPACE, event.model_dump_json()), None)])


async def written(broker: MemoryBroker, topic: str, count: int) -> Sequence[Event]:
    """Wait until a topic holds so many events, and give all of them."""
    place = TopicPartition(topic, 0)
    async with asyncio.timeout(10):
        while await broker.reader.end(place) < count:
            await asyncio.sleep(0.02)
    return [
        decode(topic, record.value, record.headers)
        for record in await broker.reader.read(place, 0, await broker.reader.end(place))
    ]


async def prepared(desk: "Desk") -> MemoryBroker:
    broker = MemoryBroker()
    await broker.admin.create_topics(kafka_topics(1))
    small = desk.routes.get("small")
    price = desk.prices.get("local/m")
    assert small is not None
    assert price is not None
    await publish(broker, small, price, BudgetDocument(name="acme", monthly_usd=Decimal(100)))
    desk.now = datetime.now(UTC)
    return broker


async def append(broker: MemoryBroker, topic: str, kind: str, value: str) -> None:
    await broker.append(
        topic,
        value.encode(),
        (("ce_type", kind.encode()), ("ce_id", str(uuid5(NAMESPACE, value)).encode())),
        partition=0,
    )


async def written_events(broker: MemoryBroker, topic: str, count: int) -> Sequence[Event]:
    """Wait until a topic holds so many events, whatever else stands there."""
    async with asyncio.timeout(10):
        while (
            len(
                found := [
                    one.event for record in broker.records(topic) if (one := event_in(record)) is not None
                ]
            )
            < count
        ):
            await asyncio.sleep(0.05)
    return found
