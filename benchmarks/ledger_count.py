"""Counts requests and costs independently in the decision log, in the accounts and in ClickHouse."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import orjson

from benchmarks.meter_cluster import BenchmarkCluster
from benchmarks.meter_decisions import KEY
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

READ_RECORDS = 5_000
STORE_TIMEOUT_S = 240.0
DECISIONS = (REQUESTS_ADMITTED.name, COMPLETIONS.name, ADJUSTMENTS.name)

Log = Mapping[str, Sequence[Sequence[Record]]]
"""The records of each topic of decisions, by partition."""


@dataclass(frozen=True, slots=True)
class ExpectedUsage:
    """How many requests were sent, by how many tenants, and what they cost."""

    events: int
    tenants: int

    @property
    def cost_usd(self) -> Decimal:
        """The cost of all requests."""
        return sum((cost(number) for number in range(self.events)), Decimal(0))


async def differences(cluster: BenchmarkCluster, expected: ExpectedUsage, clickhouse: str) -> list[str]:
    """All differences between the expected usage and the log, the accounts and ClickHouse."""
    log = {
        topic: [await _read(cluster, topic, partition) for partition in range(cluster.partitions)]
        for topic in DECISIONS
    }
    first = {topic: _first_by_id(partitions) for topic, partitions in log.items()}
    dropped = {topic: sum(map(len, partitions)) - len(first[topic]) for topic, partitions in log.items()}
    print(
        f"expected {expected.cost_usd} USD for {expected.events} requests; "
        f"void repeats in the log: {dropped}",
        flush=True,
    )
    return [
        *_in_the_log(first, expected),
        *await _in_the_accounts(cluster, log, expected),
        *await _in_clickhouse(clickhouse, expected),
    ]


async def _read(cluster: BenchmarkCluster, topic: str, partition: int) -> list[Record]:
    source, records = TopicPartition(topic, partition), list[Record]()
    end = await cluster.broker.reader.end(source)
    for low in range(0, end, READ_RECORDS):
        records += await cluster.broker.reader.read(source, low, min(low + READ_RECORDS, end))
    return records


def _first_by_id(partitions: Sequence[Sequence[Record]]) -> Mapping[bytes, Record]:
    """The first record of each id, which alone is the event; later ones are redeliveries."""
    first: dict[bytes, Record] = {}
    for partition in partitions:
        for record in partition:
            first.setdefault(record.header("ce_id") or b"", record)
    return first


def _in_the_log(first: Mapping[str, Mapping[bytes, Record]], expected: ExpectedUsage) -> list[str]:
    """Check that each request has one outcome, and that outcomes and adjustments add up to the cost."""
    outcomes = [orjson.loads(record.value or b"") for record in first[COMPLETIONS.name].values()]
    counts = Counter(outcome["request"]["request_id"] for outcome in outcomes)
    missing = [
        f"r{number} has {counts[f'r{number}']} outcomes"
        for number in range(expected.events)
        if counts[f"r{number}"] != 1
    ]
    not_answered = [
        f"{outcome['request']['request_id']} ended as {outcome['status']}"
        for outcome in outcomes
        if outcome["status"] != "answered"
    ]
    booked = sum((Decimal(outcome["cost_usd"]) for outcome in outcomes), Decimal(0))
    return [*not_answered, *_wrong_sum(first, booked, expected.cost_usd), *missing]


def _wrong_sum(
    first: Mapping[str, Mapping[bytes, Record]], booked_usd: Decimal, expected_usd: Decimal
) -> list[str]:
    late = [
        Decimal(orjson.loads(record.value or b"").get("cost_usd") or 0)
        for record in first[ADJUSTMENTS.name].values()
    ]
    late_usd = sum(late, Decimal(0))
    if booked_usd + late_usd == expected_usd:
        return []
    return [
        (
            f"the decision log adds up to {booked_usd} and {len(late)} adjustments of {late_usd}, "
            f"expected {expected_usd}"
        )
    ]


async def _in_the_accounts(cluster: BenchmarkCluster, log: Log, expected: ExpectedUsage) -> list[str]:
    """Check that snapshot and log restore the accounts of the whole log, and that these hold the cost."""
    problems: list[str] = []
    total = Decimal(0)
    for partition in range(cluster.partitions):
        records = [record for topic in DECISIONS for record in log[topic][partition]]
        restarted, whole = Accounts(), Accounts()
        publisher = Publisher(cluster.broker.producer, group="count", sealer=Sealer.from_text(KEY))
        snapshots = SnapshotLog(cluster.broker, publisher, Lease(3600), LedgerPartition("meter", partition))
        begin = await snapshots.load_into(restarted)
        since = [record for record in records if record.offset >= begin.get(record.topic, 0)]
        _fold(restarted, since)
        _fold(whole, records)
        if not begin:
            problems.append(f"partition {partition} has no snapshot")
        if list(restarted.dump()) != list(whole.dump()):
            problems.append(
                f"partition {partition}: snapshot and {len(since)} decisions since give other accounts "
                "than the whole log"
            )
        months = {record.moment.strftime("%Y-%m") for record in records}
        captured, unsettled = _money(restarted, months, expected.tenants)
        total += captured
        problems += unsettled
    if total != expected.cost_usd:
        problems.append(f"the accounts add up to {total}, expected {expected.cost_usd}")
    return problems


def _fold(accounts: Accounts, records: Sequence[Record]) -> None:
    for record in records:
        incoming = incoming_of(record)
        accounts.fold(incoming.event, incoming.event_id)


def _money(accounts: Accounts, months: set[str], tenants: int) -> tuple[Decimal, list[str]]:
    """What all tenants spent, and the reservations that are still open although all requests have ended."""
    named = [f"tenant-{number}" for number in range(tenants)]
    balances = [
        (tenant, accounts.balance(tenant, Decimal(0), period))
        for tenant in named
        for period in sorted(months)
    ]
    unsettled = [
        f"{tenant} has {balance.reserved} reserved and {balance.held} held"
        for tenant, balance in balances
        if balance.reserved or balance.held
    ]
    return sum((balance.captured for _, balance in balances), Decimal(0)), unsettled


async def _in_clickhouse(address: str, expected: ExpectedUsage) -> list[str]:
    """Compare rows and sums, after the sink has stored the log."""
    queries = {
        "completions": "SELECT count(), uniqExact(record_id), sum(cost_usd) FROM weir.completions",
        "usage": "SELECT count(), uniqExact(attempt_id), sum(cost_usd) FROM weir.usage",
    }
    until, stored = time.monotonic() + STORE_TIMEOUT_S, dict[str, Sequence[object]]()
    with connected(address) as client:
        while time.monotonic() < until:
            stored = {table: client.query(sql).result_rows[0] for table, sql in queries.items()}
            if all(int(str(row[0])) >= expected.events for row in stored.values()):
                break
            await asyncio.sleep(1)
        await asyncio.sleep(2)
        stored = {table: client.query(sql).result_rows[0] for table, sql in queries.items()}
    return [
        f"ClickHouse's {table}: {row}, expected {expected.events} rows of {expected.cost_usd}"
        for table, row in stored.items()
        if row != (expected.events, expected.events, expected.cost_usd)
    ]
