"""Computes the balance from Kafka's offsets and ClickHouse's rows, independently of the services.

ClickHouse keeps outcomes and dead letters for 400 days, so the balance of an older stream no longer closes.
"""

import asyncio
import time

from clickhouse_connect.driver.client import Client

from schemas.groups import GROUPS
from schemas.topics import REQUESTS, kafka_topics
from streaming.brokers.port import Broker
from streaming.errors import DependencyDownError
from streaming.partitions.lag import lag_of, partitions_with_open_transactions
from weir.clickhouse import connected
from weir.stack.migrate import DATABASE
from weir.verify.balance import StreamBalance
from weir.verify.offsets import read_ends, read_offsets
from weir.verify.rows import BalanceQueries

POLL_INTERVAL_S = 1.0


async def verify(broker: Broker, client: Client, database: str = DATABASE) -> StreamBalance:
    """Compute the balance once.

    Offsets are read before lag and lag before rows, so that a request in flight shows as lag and not as lost.
    The ends are read again before the endings beyond them are counted.
    """
    offsets = await read_offsets(broker)
    lag_records, lag_seconds = await _lag_of_groups(broker)
    held = await partitions_with_open_transactions(broker, tuple(kafka_topics(1)))
    rows = BalanceQueries(client, database)
    positions = rows.positions(offsets)
    endings_beyond = rows.endings_beyond(await read_ends(broker))
    dead_letters = rows.dead_letters()
    entries, duplicates, without_attempt = rows.usage()
    return StreamBalance(
        records=sum(offsets.ends) - positions.skipped,
        completions=rows.completions(),
        dead_letters=dead_letters.get(REQUESTS.name, 0),
        difference=positions.without_outcome - endings_beyond,
        attempts=rows.attempts(),
        usage_lines=entries,
        records_without_ending=positions.without_outcome,
        first_without_ending=positions.first_without_ending,
        lost_to_retention=rows.lost_to_retention(),
        endings_without_record=endings_beyond,
        outcomes_counted_twice=rows.outcomes_counted_twice(),
        positions_counted_twice=positions.duplicated,
        requests_admitted_twice=rows.requests_admitted_twice(),
        usage_counted_twice=duplicates,
        usage_without_attempt=without_attempt,
        corrections_uneven=rows.uneven_corrections(),
        unknown_calls=rows.unknown_calls(),
        rollup_difference=rows.rollup_difference(),
        late_groups=lag_records,
        late_for_s=lag_seconds,
        held_partitions={
            f"{partition.topic_partition.topic}/{partition.topic_partition.partition}": partition.offsets
            for partition in held
        },
        other_dead_letters={topic: count for topic, count in dead_letters.items() if topic != REQUESTS.name},
    )


async def verify_until(broker: Broker, url: str, wait_s: float, database: str = DATABASE) -> StreamBalance:
    """Compute the balance until it closes or `wait_s` is over; returns the last one.

    Raises DependencyDownError if ClickHouse does not answer when the time is over.
    """
    deadline = time.monotonic() + wait_s
    while True:
        try:
            with connected(url) as client:
                balance = await verify(broker, client, database)
        except DependencyDownError:
            if time.monotonic() > deadline:
                raise
        else:
            if balance.closes or time.monotonic() > deadline:
                return balance
        await asyncio.sleep(POLL_INTERVAL_S)


async def _lag_of_groups(broker: Broker) -> tuple[dict[str, int], dict[str, float]]:
    """Lag in records and lag seconds of each group that has any."""
    records: dict[str, int] = {}
    seconds: dict[str, float] = {}
    for group, topics in GROUPS.items():
        lags = await lag_of(broker, group, topics)
        if count := sum(lag.records for lag in lags):
            records[group] = count
            seconds[group] = round(max(lag.seconds for lag in lags), 3)
    return records, seconds
