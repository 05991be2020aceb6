"""Computes the balance from Kafka's offsets and ClickHouse's rows, independently of the services that made them."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from clickhouse_connect.driver.client import Client

from schemas.groups import GROUPS
from schemas.topics import REQUESTS
from streaming.broker import Broker
from streaming.lag import lag_of
from streaming.publishing import TICK_HEADER
from streaming.records import TopicPartition
from weir.balance import ATTEMPT_STATES, STATUSES, Balance

LOOK_AGAIN_S = 1.0
SKIPPED = "SELECT DISTINCT partition, arrayJoin(range(first, last + 1)) AS koff FROM weir.skips WHERE topic = 'llm.requests'"
ENDINGS = f"""
SELECT count(), sum(endings > 1) FROM
(
    SELECT partition, koff, count() AS endings FROM
    (
        SELECT source_partition AS partition, source_offset AS koff, record_id AS ending FROM weir.completions GROUP BY partition, koff, ending
        UNION ALL SELECT partition, offset AS koff, toUUID('00000000-0000-0000-0000-000000000000') FROM weir.dead_letters
            WHERE topic = 'llm.requests' GROUP BY partition, koff
        UNION ALL SELECT partition, koff, toUUID('00000000-0000-0000-0000-000000000001') FROM ({SKIPPED})
    )
    GROUP BY partition, koff
)
"""  # noqa: S608 - constants
DEAD = "SELECT uniqExact(partition, offset) FROM weir.dead_letters WHERE topic = 'llm.requests'"
STATES = """
SELECT state, count() FROM (SELECT attempt_id, any(state) AS state FROM weir.usage GROUP BY attempt_id) GROUP BY state
"""
USAGE = """
SELECT count(), count() - uniqExact(attempt_id), countIf(attempt_id NOT IN (SELECT attempt_id FROM weir.attempts)) FROM weir.usage
"""
OPEN = "SELECT uniqExact(attempt_id) FROM weir.attempts WHERE attempt_id NOT IN (SELECT attempt_id FROM weir.usage)"
ROLLUPS = """
SELECT measure, toString(rollup - base) FROM
(
    SELECT 'attempts' AS measure,
        toDecimal128((SELECT sum(attempts) FROM weir.cost_per_minute), 12) AS rollup, toDecimal128((SELECT count() FROM weir.usage), 12) AS base
    UNION ALL SELECT 'cost_usd', (SELECT sum(cost_usd) FROM weir.cost_per_minute), ifNull((SELECT sum(u.cost_usd) FROM weir.usage AS u), 0)
    UNION ALL SELECT 'output_tokens', toDecimal128((SELECT sum(output_tokens) FROM weir.cost_per_minute), 12),
        toDecimal128(ifNull((SELECT sum(u.output_tokens) FROM weir.usage AS u), 0), 12)
    UNION ALL SELECT 'completions', toDecimal128((SELECT sum(completions) FROM weir.outcomes_per_minute), 12),
        toDecimal128((SELECT count() FROM weir.completions), 12)
)
"""

Progress = Callable[[Balance], None]


async def verify(broker: Broker, client: Client) -> Balance:
    """Look once. Offsets come first: what arrives during the look can only make it look late, never lost."""
    late = await _late_groups(broker)
    ends = await _ends(broker)
    trailing = await _trailing(broker)
    statuses = {status: int(count) for status, count in _rows(client, "SELECT status, count() FROM weir.completions GROUP BY status")}
    skipped = int(_one(client, f"SELECT count() FROM ({SKIPPED})"))  # noqa: S608 - a constant
    dead = int(_one(client, DEAD))
    records = ends - skipped - trailing
    outcomes = int(_one(client, "SELECT uniqExact(record_id) FROM weir.completions"))
    _, twice = _rows(client, ENDINGS)[0]
    lines, repeated, orphans = _rows(client, USAGE)[0]
    states = {state: int(count) for state, count in _rows(client, STATES)}
    states["open"] = int(_one(client, OPEN))
    return Balance(
        records=records,
        completions={status: statuses.get(status, 0) for status in STATUSES},
        dead_letters=dead,
        difference=records - outcomes - dead,
        attempts={state: states.get(state, 0) for state in ATTEMPT_STATES},
        usage_lines=int(lines),
        outcomes_counted_twice=sum(statuses.values()) - outcomes,
        positions_counted_twice=int(twice or 0),
        usage_counted_twice=int(repeated),
        usage_without_attempt=int(orphans),
        rollup_difference={measure: str(by) for measure, by in _rows(client, ROLLUPS)},
        late_groups=late,
    )


async def verify_until(broker: Broker, client: Client, wait_s: float, progress: Progress) -> Balance:
    """Look until the balance closes or the time is over; returns the last look."""
    deadline = time.monotonic() + wait_s
    while True:
        balance = await verify(broker, client)
        progress(balance)
        if balance.closes or time.monotonic() > deadline:
            return balance
        await asyncio.sleep(LOOK_AGAIN_S)


async def _ends(broker: Broker) -> int:
    places = [TopicPartition(REQUESTS.name, number) for number in range(await broker.reader.partitions(REQUESTS.name))]
    return sum([await broker.reader.end(place) for place in places])


async def _trailing(broker: Broker) -> int:
    """Offsets that the guard has not committed and that hold no request: ticks on their way, markers at the log's end."""
    marks = await broker.admin.group_offsets("guard")
    count = 0
    for number in range(await broker.reader.partitions(REQUESTS.name)):
        place = TopicPartition(REQUESTS.name, number)
        start = max(marks[place].offset if place in marks else 0, await broker.reader.beginning(place))
        end = await broker.reader.end(place)
        records = await broker.reader.read(place, start, end)
        requests = sum(not (record.value is None and record.header(TICK_HEADER)) for record in records)
        count += end - start - requests
    return count


async def _late_groups(broker: Broker) -> dict[str, int]:
    late: dict[str, int] = {}
    for group, topics in GROUPS.items():
        count = sum(lag.records for lag in await lag_of(broker, group, topics))
        if count:
            late[group] = count
    return late


def _rows(client: Client, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in client.query(sql).result_rows]


def _one(client: Client, sql: str) -> int:
    return int(str(_rows(client, sql)[0][0]))

