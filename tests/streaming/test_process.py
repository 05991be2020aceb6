"""The life of a process: tables first, then loops; a failure ends all, a foreign write only its loop."""

import asyncio
from typing import Any

import pytest

from schemas.documents import RouteDocument
from schemas.topics import kafka_topics
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.port import Broker
from streaming.errors import BrokerDownError, ForeignWriteError, LeaseLostError, StopServiceError
from streaming.partitions.lease import Lease
from streaming.process import Loop, Service, run, unique_client_id
from streaming.state.table import Table


class WaitingLoop:
    """Works until it is stopped."""

    def __init__(self) -> None:
        self.is_working = asyncio.Event()
        self.was_stopped = False

    async def run(self, broker: Broker, lease: Lease, stop: asyncio.Event) -> None:
        self.is_working.set()
        await stop.wait()
        self.was_stopped = True


class FailingLoop:
    """Raises its errors one after another, then stops its process."""

    def __init__(self, *errors: Exception) -> None:
        self._errors = list(errors)
        self.starts = 0

    async def run(self, broker: Broker, lease: Lease, stop: asyncio.Event) -> None:
        self.starts += 1
        if self._errors:
            raise self._errors.pop(0)
        stop.set()


class LateBroker(MemoryBroker):
    """Answers only from the second connection on."""

    def __init__(self) -> None:
        super().__init__()
        self.connections = 0

    async def __aenter__(self) -> Any:
        self.connections += 1
        if self.connections == 1:
            raise BrokerDownError("not yet")
        return await super().__aenter__()


@pytest.fixture
async def broker() -> MemoryBroker:
    made = MemoryBroker()
    await made.admin.create_topics(kafka_topics(1))
    return made


async def lived(broker: MemoryBroker, *loops: Loop, tables: tuple[Table[Any], ...] = ()) -> None:
    async with asyncio.timeout(10):
        await run([Service("test", loops, tables)], broker, session_s=10, stop=asyncio.Event())


async def test_the_first_failure_stops_the_other_loops_in_order_and_ends_the_process(
    broker: MemoryBroker,
) -> None:
    waiting = WaitingLoop()

    with pytest.raises(StopServiceError, match="harm"):
        await lived(broker, waiting, FailingLoop(StopServiceError("harm")))

    assert waiting.was_stopped


async def test_a_loop_starts_again_after_a_foreign_write_and_the_others_go_on(broker: MemoryBroker) -> None:
    waiting, rebuilding = WaitingLoop(), FailingLoop(ForeignWriteError("another writer"))

    await lived(broker, waiting, rebuilding)

    assert rebuilding.starts == 2
    assert waiting.was_stopped


async def test_loops_start_only_when_every_table_has_been_read(broker: MemoryBroker) -> None:
    missing, waiting, stop = MemoryBroker(), WaitingLoop(), asyncio.Event()
    service = Service("test", (waiting,), (Table(RouteDocument),))
    process = asyncio.create_task(run([service], missing, session_s=10, stop=stop))
    await asyncio.sleep(0.05)

    stop.set()
    await asyncio.wait_for(process, 5)

    assert not waiting.is_working.is_set()
    await lived(broker, FailingLoop(), tables=(Table(RouteDocument),))


async def test_a_process_waits_for_its_broker() -> None:
    broker = LateBroker()

    await lived(broker, FailingLoop())

    assert broker.connections == 2


async def test_a_process_that_lost_its_lease_cuts_its_loops_off(broker: MemoryBroker) -> None:
    waiting = WaitingLoop()

    with pytest.raises(LeaseLostError):
        async with asyncio.timeout(10):
            await run([Service("test", (waiting,))], broker, session_s=0.0, stop=asyncio.Event())

    assert not waiting.was_stopped


def test_no_two_processes_have_one_client_id() -> None:
    ids = {unique_client_id("guard") for _ in range(1_000)}

    assert len(ids) == 1_000
    assert all(name.startswith("guard-") for name in ids)
