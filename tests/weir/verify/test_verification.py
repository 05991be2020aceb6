"""How the balance is computed: repeatedly until it closes, with errors that help, and on a real Kafka."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from confluent_kafka import Producer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.topics import REQUESTS, kafka_topics
from streaming.brokers.kafka.broker import KafkaBroker
from streaming.brokers.memory.broker import MemoryBroker
from streaming.errors import DependencyDownError
from streaming.events.publishing import TICK_HEADER
from weir.clickhouse import MissingTablesError, connected
from weir.verify.offsets import read_offsets
from weir.verify.verification import verify, verify_until

if TYPE_CHECKING:
    from tests.weir.verify.conftest import Stream

pytestmark = pytest.mark.integration
KINDS = st.sampled_from(["answered", "dead letter", "tick", "marker", "lost"])


@given(plan=st.lists(st.tuples(st.integers(0, 2), KINDS), max_size=12), read=st.booleans())
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_happened_the_difference_is_what_got_lost(
    stream: "Stream", plan: list[tuple[int, str]], *, read: bool
) -> None:
    balance = await before_and_after(stream, plan, read=read)

    kinds = [kind for _, kind in plan]
    assert balance["records"] == sum(kind in {"answered", "dead letter", "lost"} for kind in kinds)
    assert balance["dead_letters"] == kinds.count("dead letter")
    assert balance["difference"] == balance["records_without_ending"] == kinds.count("lost")
    assert balance["positions_counted_twice"] == balance["endings_without_record"] == 0


async def before_and_after(stream: "Stream", plan: list[tuple[int, str]], *, read: bool) -> dict[str, int]:
    """Carry the plan out and tell by how much the figures moved."""
    names = (
        "records",
        "dead_letters",
        "difference",
        "records_without_ending",
        "positions_counted_twice",
        "endings_without_record",
    )
    before = await stream.balance()
    for partition, kind in plan:
        await carry_out(stream, partition, kind)
    if read:
        await stream.guard_commits()
    after = await stream.balance()
    return {name: getattr(after, name) - getattr(before, name) for name in names}


async def carry_out(stream: "Stream", partition: int, kind: str) -> None:
    match kind:
        case "answered":
            await stream.answered(partition)
        case "dead letter":
            await stream.dead_letter(await stream.request(partition))
        case "tick":
            await stream.pass_over(await stream.tick(partition), reason="tick")
        case "marker":
            await stream.pass_over(await stream.marker(partition))
        case _:
            await stream.request(partition)


async def test_a_look_is_repeated_until_the_balance_closes(settled: "Stream", clickhouse_url: str) -> None:
    waiting = await settled.request()
    first = await settled.balance()

    async def ends_soon() -> None:
        await asyncio.sleep(0.5)
        await settled.guard_commits()
        await settled.dead_letter(waiting)

    ending = asyncio.create_task(ends_soon())
    last = await verify_until(settled.broker, clickhouse_url, 30.0, settled.database)
    await ending

    assert (first.closes, last.closes) == (False, True)


async def test_the_last_look_is_given_back_when_the_time_is_over(
    settled: "Stream", clickhouse_url: str
) -> None:
    await settled.request()

    last = await verify_until(settled.broker, clickhouse_url, 0.0, settled.database)

    assert not last.closes


async def test_what_an_open_transaction_holds_keeps_the_balance_open_and_is_named(settled: "Stream") -> None:
    before = await settled.balance()
    await settled.broker.open_transaction("llm.requests", b"{}", 1)
    await settled.request(1)
    held = await settled.balance()
    settled.broker.abort_transaction("llm.requests", 1)

    assert (before.closes, held.closes, held.is_drained) == (True, False, False)
    assert held.held_partitions == {"llm.requests/1": 2}
    assert held.late_groups == {"guard": 2}
    assert any(
        "2 offsets of llm.requests/1 cannot be read while a producer's transaction is open" in problem
        for problem in held.problems()
    )
    assert held.records == before.records, "what may still be aborted is no request yet"


async def test_a_clickhouse_that_stays_silent_is_waited_for_and_then_named(settled: "Stream") -> None:
    started = time.monotonic()

    with pytest.raises(DependencyDownError, match=r"ClickHouse does not answer at 127\.0\.0\.1:9"):
        await verify_until(settled.broker, "http://127.0.0.1:9", 0.5, settled.database)

    assert time.monotonic() - started > 0.5


async def test_tables_that_nobody_made_are_named_with_the_way_out(clickhouse_url: str) -> None:
    broker = MemoryBroker()
    await broker.admin.create_topics(kafka_topics(1))

    with pytest.raises(MissingTablesError, match="weir migrate"), connected(clickhouse_url) as client:
        await verify(broker, client, f"nowhere_{uuid4().hex}")


def test_a_clickhouse_that_is_not_there_is_named_with_its_address() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with (
            pytest.raises(DependencyDownError, match=f"ClickHouse does not answer at 127.0.0.1:{port}"),
            connected(f"http://127.0.0.1:{port}"),
        ):
            pass


@pytest.fixture
async def kafka(kafka_bootstrap: str) -> AsyncIterator[KafkaBroker]:
    """A real broker with the topics, used by these tests alone as far as the requests' topic goes."""
    async with KafkaBroker(kafka_bootstrap, client_id=f"verify-{uuid4().hex[:6]}") as broker:
        await broker.admin.create_topics(kafka_topics(2))
        await coordinator_is_up(broker)
        yield broker


async def coordinator_is_up(broker: KafkaBroker) -> None:
    """A fresh broker makes its topic of offsets when it is first asked for a group."""
    async with asyncio.timeout(30):
        while True:
            try:
                await broker.admin.group_offsets("guard")
            except DependencyDownError:
                await asyncio.sleep(0.2)
            else:
                return


async def test_markers_of_foreign_transactions_and_aborted_records_are_no_requests_on_kafka(
    kafka: KafkaBroker, kafka_bootstrap: str
) -> None:
    before = await read_offsets(kafka)
    producer = Producer(
        {"bootstrap.servers": kafka_bootstrap, "transactional.id": uuid4().hex, "log_level": 0}
    )
    producer.init_transactions(30)
    for is_committed in (True, False, True):
        producer.begin_transaction()
        producer.produce(REQUESTS.name, b"{}", partition=1)
        producer.flush(30)
        (producer.commit_transaction if is_committed else producer.abort_transaction)(30)
    plain = Producer({"bootstrap.servers": kafka_bootstrap, "log_level": 0})
    plain.produce(REQUESTS.name, None, key=b"tick", partition=1, headers=[(TICK_HEADER, b"1")])
    plain.flush(30)

    after = await read_offsets(kafka)

    start = before.ends[1]
    assert after.ends[1] == start + 7
    assert [offset - start for offset in after.without_request[1] if offset >= start] == [1, 2, 3, 5, 6]
    assert after.ends[0] == before.ends[0]
