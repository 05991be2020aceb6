"""Computes the balance from Kafka's offsets and ClickHouse's rows, independently of the services that made them.

Outcomes are kept for 400 days and dead letters too, so an older stream no longer closes: its first records have outlived their endings.
"""

import asyncio
import time

from clickhouse_connect.driver.client import Client

from schemas.groups import GROUPS
from schemas.topics import REQUESTS, kafka_topics
from streaming.brokers.port import Broker
from streaming.errors import DependencyDownError
from streaming.partitions.lag import held_partitions, lag_of
from weir.clickhouse import connected
from weir.stack.migrate import DATABASE
from weir.verify.balance import StreamBalance
from weir.verify.offsets import read_ends, read_offsets
from weir.verify.rows import BalanceQueries

POLL_INTERVAL_S = 1.0


async def verify(broker: Broker, client: Client, database: str = DATABASE) -> StreamBalance:
    """Look once.

    The order lets traffic look late rather than lost: what stands below the ends is waited for by a group, or stored by the time that the
    rows are read. Endings are judged by ends that are read after them.
    """
    offsets = await read_offsets(broker)
    late, late_for_s = await _late_groups(broker)
    held = await held_partitions(broker, tuple(kafka_topics(1)))
    rows = BalanceQueries(client, database)
    positions = rows.positions(offsets)
    beyond = rows.endings_beyond(await read_ends(broker))
    letters = rows.dead_letters()
    lines, repeated, orphans = rows.usage()
    return StreamBalance(
        records=sum(offsets.ends) - positions.skipped,
        completions=rows.completions(),
        dead_letters=letters.get(REQUESTS.name, 0),
        difference=positions.without_outcome - beyond,
        attempts=rows.attempts(),
        usage_lines=lines,
        records_without_ending=positions.without_outcome,
        first_without_ending=positions.first_without_ending,
        lost_to_retention=rows.lost_to_retention(),
        endings_without_record=beyond,
        outcomes_counted_twice=rows.outcomes_counted_twice(),
        positions_counted_twice=positions.duplicated,
        requests_admitted_twice=rows.requests_admitted_twice(),
        usage_counted_twice=repeated,
        usage_without_attempt=orphans,
        corrections_uneven=rows.uneven_corrections(),
        unknown_calls=rows.unknown_calls(),
        rollup_difference=rows.rollup_difference(),
        late_groups=late,
        late_for_s=late_for_s,
        held_partitions={
            f"{partition.topic_partition.topic}/{partition.topic_partition.partition}": partition.offsets
            for partition in held
        },
        other_dead_letters={topic: count for topic, count in letters.items() if topic != REQUESTS.name},
    )


async def verify_until(broker: Broker, url: str, wait_s: float, database: str = DATABASE) -> StreamBalance:
    """Look until the balance closes or the time is over; returns the last look.

    While there is time, a ClickHouse that does not answer is waited for; afterwards DependencyDownError is raised.
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


async def _late_groups(broker: Broker) -> tuple[dict[str, int], dict[str, float]]:
    late: dict[str, int] = {}
    late_for_s: dict[str, float] = {}
    for group, topics in GROUPS.items():
        lags = await lag_of(broker, group, topics)
        if count := sum(lag.records for lag in lags):
            late[group] = count
            late_for_s[group] = round(max(lag.seconds for lag in lags), 3)
    return late, late_for_s
