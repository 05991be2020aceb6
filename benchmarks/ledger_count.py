"""The independent count: each request once, and its cost to the last place, in the decision log, in the accounts and in ClickHouse."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

import orjson

from benchmarks.meter import KEY, BenchmarkCluster
from benchmarks.meter_traffic import cost
from schemas.topics import ADJUSTMENTS, COMPLETIONS, REQUESTS_ADMITTED
from services.meter.domain.accounts.accounts import Accounts
from streaming.brokers.records import Record, TopicPartition
from streaming.events.event_processing import incoming_of
from streaming.events.publishing import Publisher
from streaming.partitions.lease import Lease
from streaming.seal.seal import Sealer
from streaming.state.snapshots import LedgerPartition, SnapshotLog
from weir.clickhouse import connected

READ_BACK = 5_000
STORED_S = 240.0
DECISIONS = (REQUESTS_ADMITTED.name, COMPLETIONS.name, ADJUSTMENTS.name)


async def differences(made: BenchmarkCluster, events: int, tenants: int, clickhouse: str) -> list[str]:
    """Every difference between what was asked for and what three places hold."""
    expected = sum((cost(number) for number in range(events)), Decimal(0))
    logs = {
        topic: [await _read(made, topic, partition) for partition in range(made.partitions)]
        for topic in DECISIONS
    }
    found, open_costs = _in_the_log(logs, events, expected)
    found += await _in_the_accounts(made, logs, (expected, tenants))
    found += await _in_clickhouse(clickhouse, events, expected)
    print(f"expected {expected} USD for {events} requests; void repeats in the log: {open_costs}", flush=True)
    return found


async def _read(made: BenchmarkCluster, topic: str, partition: int) -> list[Record]:
    place, records = TopicPartition(topic, partition), list[Record]()
    end = await made.broker.reader.end(place)
    for low in range(0, end, READ_BACK):
        records += await made.broker.reader.read(place, low, min(low + READ_BACK, end))
    return records


def _in_the_log(
    logs: dict[str, list[list[Record]]], events: int, expected: Decimal
) -> tuple[list[str], dict[str, int]]:
    """The first record with an id is the event: exactly one outcome for each request, and their costs with all adjustments add up."""
    first: dict[str, dict[bytes, Record]] = {topic: {} for topic in DECISIONS}
    repeats: Counter[str] = Counter()
    for topic, partitions in logs.items():
        for record in (record for partition in partitions for record in partition):
            key = record.header("ce_id") or b""
            repeats[topic] += key in first[topic]
            first[topic].setdefault(key, record)
    outcomes: Counter[str] = Counter()
    total = Decimal(0)
    found: list[str] = []
    for record in first[COMPLETIONS.name].values():
        body = orjson.loads(record.value or b"")
        outcomes[body["request"]["request_id"]] += 1
        total += Decimal(body["cost_usd"])
        if body["status"] != "answered":
            found.append(f"{body['request']['request_id']} ended as {body['status']}")
    late = [
        Decimal(orjson.loads(record.value or b"").get("cost_usd") or 0)
        for record in first[ADJUSTMENTS.name].values()
    ]
    missing = [
        f"r{number} has {outcomes[f'r{number}']} outcomes"
        for number in range(events)
        if outcomes[f"r{number}"] != 1
    ]
    if total + sum(late, Decimal(0)) != expected:
        found.append(
            f"the decision log adds up to {total} and {len(late)} adjustments of {sum(late, Decimal(0))}, expected {expected}"
        )
    return found + missing, dict(repeats)


async def _in_the_accounts(
    made: BenchmarkCluster, logs: dict[str, list[list[Record]]], wanted: tuple[Decimal, int]
) -> list[str]:
    """What a restart would see, from snapshot and log, is what the whole log says, and both is the expected money."""
    expected, tenants = wanted
    found: list[str] = []
    total = Decimal(0)
    for partition in range(made.partitions):
        records = [record for topic in DECISIONS for record in logs[topic][partition]]
        restarted, whole = Accounts(), Accounts()
        publisher = Publisher(made.broker.producer, group="count", sealer=Sealer.from_text(KEY))
        begin = await SnapshotLog(
            made.broker, publisher, Lease(3600), LedgerPartition("meter", partition)
        ).load_into(restarted)
        since = [record for record in records if record.offset >= begin.get(record.topic, 0)]
        _fold(restarted, since)
        _fold(whole, records)
        if not begin:
            found.append(f"partition {partition} has no snapshot")
        if list(restarted.dump()) != list(whole.dump()):
            found.append(
                f"partition {partition}: snapshot and {len(since)} decisions since give other accounts than the whole log"
            )
        captured, unsettled = _money(
            restarted, {record.moment.strftime("%Y-%m") for record in records}, tenants
        )
        total += captured
        found += unsettled
    if total != expected:
        found.append(f"the accounts add up to {total}, expected {expected}")
    return found


def _fold(accounts: Accounts, records: Sequence[Record]) -> None:
    for record in records:
        incoming = incoming_of(record)
        accounts.fold(incoming.event, incoming.event_id)


def _money(accounts: Accounts, periods: set[str], tenants: int) -> tuple[Decimal, list[str]]:
    """What all tenants spent, and what is still set aside although every request has its outcome."""
    named = [f"tenant-{number}" for number in range(tenants)]
    balances = [
        (tenant, accounts.balance(tenant, Decimal(0), period))
        for tenant in named
        for period in sorted(periods)
    ]
    unsettled = [
        f"{tenant} has {one.reserved} reserved and {one.held} held"
        for tenant, one in balances
        if one.reserved or one.held
    ]
    return sum((one.captured for _, one in balances), Decimal(0)), unsettled


async def _in_clickhouse(address: str, events: int, expected: Decimal) -> list[str]:
    """Rows and sums, once the sink has stored what the log holds."""
    queries = {
        "completions": "SELECT count(), uniqExact(record_id), sum(cost_usd) FROM weir.completions",
        "usage": "SELECT count(), uniqExact(attempt_id), sum(cost_usd) FROM weir.usage",
    }
    until, held = time.monotonic() + STORED_S, dict[str, Sequence[object]]()
    with connected(address) as client:
        while time.monotonic() < until:
            held = {table: client.query(sql).result_rows[0] for table, sql in queries.items()}
            if all(int(str(row[0])) >= events for row in held.values()):
                break
            await asyncio.sleep(1)
        await asyncio.sleep(2)
        held = {table: client.query(sql).result_rows[0] for table, sql in queries.items()}
    return [
        f"ClickHouse's {table}: {row}, expected {events} rows of {expected}"
        for table, row in held.items()
        if row != (events, events, expected)
    ]
