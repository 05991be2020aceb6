"""Tables: the newest document of each name, whatever else stands on the topic."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest

from schemas.documents import Candidate, RouteDocument
from schemas.topics import ROUTES, kafka_topics
from streaming.brokers.memory.broker import MemoryBroker, MemoryFollower
from streaming.brokers.records import Record
from streaming.errors import BrokerDownError
from streaming.state.table import Table
from streaming.tasks import cancel_and_wait
from tests.streaming.loops.bench import until


async def publish(broker: MemoryBroker, name: str, model: str) -> None:
    route = RouteDocument(name=name, candidates=(Candidate(provider="p", model=model),))
    headers = (("ce_type", RouteDocument.TYPE.encode()), ("ce_id", str(uuid4()).encode()))
    await broker.append(ROUTES.name, route.model_dump_json().encode(), headers, name.encode(), 0)


class OneByOne(MemoryFollower):
    """Returns a single record of each poll, and lets other tasks run before it."""

    def __init__(self, follower: MemoryFollower) -> None:
        self.__dict__.update(follower.__dict__)

    async def poll(self, *, max_records: int, timeout_s: float) -> list[Record]:
        await asyncio.sleep(0)
        return await super().poll(max_records=1, timeout_s=timeout_s)


class OneByOneBroker(MemoryBroker):
    """Gives records to followers one by one, as a large topic comes in many fetches."""

    @asynccontextmanager
    async def follow(self, *args: Any, **kwargs: Any) -> AsyncGenerator[MemoryFollower]:
        async with super().follow(*args, **kwargs) as follower:
            yield OneByOne(follower)


@pytest.fixture
async def broker() -> MemoryBroker:
    made = OneByOneBroker()
    await made.admin.create_topics(kafka_topics(1))
    return made


@asynccontextmanager
async def kept(broker: MemoryBroker) -> AsyncGenerator[Table[RouteDocument]]:
    table = Table(RouteDocument)
    task = asyncio.create_task(table.keep(broker))
    try:
        yield table
    finally:
        await cancel_and_wait([task])


def model_of(table: Table[RouteDocument], name: str) -> str | None:
    document = table.get(name)
    return document.candidates[0].model if document is not None else None


async def test_a_table_is_ready_once_it_holds_the_newest_of_each_name(broker: MemoryBroker) -> None:
    for name, model in (("b", "old"), ("a", "only"), ("b", "new")):
        await publish(broker, name, model)

    async with kept(broker) as table, asyncio.timeout(5):
        await table.ready()

        assert table.names() == ("a", "b")
        assert (model_of(table, "a"), model_of(table, "b"), model_of(table, "c")) == ("only", "new", None)


async def test_a_change_and_a_tombstone_are_seen_and_counted(broker: MemoryBroker) -> None:
    await publish(broker, "a", "old")
    async with kept(broker) as table, asyncio.timeout(5):
        await table.ready()
        before = table.changes

        await publish(broker, "a", "new")
        await until(lambda: model_of(table, "a") == "new")
        await broker.append(ROUTES.name, None, key=b"a", partition=0)
        await until(lambda: table.get("a") is None)

        assert table.changes == before + 2


@pytest.mark.parametrize(
    ("value", "kind"), [(b"{", RouteDocument.TYPE), (b"{}", RouteDocument.TYPE), (b"{}", "weir.other.v1")]
)
async def test_a_broken_record_is_left_out_and_the_former_document_stays(
    broker: MemoryBroker, value: bytes, kind: str
) -> None:
    await publish(broker, "a", "good")
    await broker.append(ROUTES.name, value, (("ce_type", kind.encode()),), b"a", 0)
    await publish(broker, "z", "behind")

    async with kept(broker) as table, asyncio.timeout(5):
        await table.ready()

        assert (model_of(table, "a"), model_of(table, "z")) == ("good", "behind")


async def test_a_table_without_its_topic_is_not_ready_and_waits() -> None:
    async with kept(MemoryBroker()) as table:
        await asyncio.sleep(0.05)

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(table.ready(), 0.01)


async def test_a_table_outlives_a_broker_that_goes_down(broker: MemoryBroker) -> None:
    await publish(broker, "a", "old")
    async with kept(broker) as table, asyncio.timeout(10):
        await table.ready()
        broker.go_down()
        with pytest.raises(BrokerDownError):
            await broker.reader.partitions(ROUTES.name)
        await asyncio.sleep(0.6)
        broker.go_up()

        await publish(broker, "a", "new")

        await until(lambda: model_of(table, "a") == "new")
