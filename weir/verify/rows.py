"""The queries of the balance on ClickHouse: endings, skipped offsets, journalled calls, bookings and rollups.

Parameters of the statements: `starts` and `ends` hold an offset for each partition of `llm.requests`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from clickhouse_connect.driver.client import Client

from weir.verify.balance import ATTEMPT_STATES, STATUSES, UnknownCall
from weir.verify.offsets import RequestTopicOffsets

MAX_LISTED_OFFSETS = 10
MAX_UNKNOWN_CALLS = 100
ENDED = """
SELECT source_partition AS partition, source_offset AS koff, (1, record_id) AS ending FROM {db}.completions
UNION ALL
SELECT partition, offset, (2, toUUID('00000000-0000-0000-0000-000000000000'))
FROM {db}.dead_letters WHERE topic = 'llm.requests'
"""
"""The offset of each ending on `llm.requests`; the tuple `ending` identifies it."""
SKIPPED = """
SELECT partition, arrayJoin(range(first, least(last + 1, {starts:Array(UInt64)}[partition + 1]))) AS koff,
    (3, toUUID('00000000-0000-0000-0000-000000000000')) AS ending
FROM {db}.skips
WHERE topic = 'llm.requests' AND reason != 'lost' AND first < {starts:Array(UInt64)}[partition + 1]
"""
ACCOUNTED = f"""
SELECT * FROM ({ENDED})
UNION ALL
SELECT * FROM ({SKIPPED}) WHERE koff < {{starts:Array(UInt64)}}[partition + 1]
"""  # noqa: S608 - constants
"""The offsets that have an ending, or hold no request by the guard's own events."""
LOST = """
SELECT partition, arrayJoin(range(first, last + 1)) AS koff FROM {db}.skips
WHERE topic = 'llm.requests' AND reason = 'lost' AND last - first < 10000000
"""

POSITIONS = f"""
SELECT toUInt32(partition), countIf(is_below), countIf(is_below AND is_skipped), countIf(is_twice) FROM
(
    SELECT partition, koff < {{ends:Array(UInt64)}}[partition + 1] AS is_below,
        min(ending) != max(ending) AS is_twice, max(ending.1) = 3 AS is_skipped
    FROM ({ACCOUNTED}) GROUP BY partition, koff
)
GROUP BY partition
"""  # noqa: S608 - constants
BEYOND = f"""
SELECT uniqExact(partition, koff) FROM ({ENDED}) WHERE koff >= {{ends:Array(UInt64)}}[partition + 1]
"""  # noqa: S608 - constants
GAPS = f"""
SELECT number FROM numbers({{end:UInt64}})
WHERE number NOT IN (SELECT koff FROM ({ACCOUNTED}) WHERE partition = {{partition:UInt16}})
ORDER BY number LIMIT {{limit:UInt64}}
"""  # noqa: S608 - constants
RETENTION = f"""
SELECT uniqExact(partition, koff) FROM ({LOST})
WHERE (partition, koff) NOT IN (SELECT partition, koff FROM ({ENDED}))
"""  # noqa: S608 - constants

OUTCOMES = "SELECT status, count() FROM {db}.completions GROUP BY status"
DUPLICATE_OUTCOMES = "SELECT count() - uniqExact(record_id) FROM {db}.completions"
ADMITTED_TWICE = """
SELECT count() FROM
(
    SELECT arraySort(groupArray(at)) AS times
    FROM (SELECT tenant, request_id, toUnixTimestamp64Milli(min(assumeNotNull(admitted_at))) AS at
          FROM {db}.completions WHERE isNotNull(admitted_at) GROUP BY tenant, request_id, record_id)
    GROUP BY tenant, request_id
    HAVING arrayExists(gap -> gap < 23 * 3600 * 1000, arrayPopFront(arrayDifference(times)))
)
"""
"""The meter remembers request ids for 24 hours; one hour less, for requests in flight at that time."""
DEAD_LETTERS = (
    "SELECT topic, uniqExact(partition, offset) FROM {db}.dead_letters WHERE topic != '' GROUP BY topic"
)

STATES = """
SELECT state, count() FROM (SELECT argMax(state, booked_at) AS state FROM {db}.usage GROUP BY attempt_id)
GROUP BY state
"""
OPEN = """
SELECT uniqExact(attempt_id) FROM {db}.attempts WHERE attempt_id NOT IN (SELECT attempt_id FROM {db}.usage)
"""
USAGE = """
SELECT count(), countIf(entry = 'booking') - uniqExactIf(attempt_id, entry = 'booking'),
    countIf(attempt_id NOT IN (SELECT attempt_id FROM {db}.attempts))
FROM {db}.usage
"""
# The corrections of a call are in one partition, ordered by offset: its ledger entries must add up to
# the newest one that is no reversal.
UNEVEN = """
SELECT count() FROM
(
    SELECT attempt_id FROM {db}.usage AS u
    WHERE attempt_id IN (SELECT attempt_id FROM {db}.usage WHERE entry != 'booking')
    GROUP BY attempt_id
    HAVING countIf(entry = 'booking') = 0 OR countIf(entry = 'reversal') != countIf(entry = 'rebooking')
        OR countIf(entry = 'settlement') > 1
        OR ifNull(sum(u.cost_usd), 0)
            != ifNull(
                tupleElement(argMaxIf(tuple(u.cost_usd), (entry != 'booking', koff), entry != 'reversal'), 1),
                0
            )
)
"""
UNKNOWN = f"""
SELECT toString(attempt_id), tenant, request_id, provider FROM {{db}}.usage
WHERE state = 'unknown' AND entry = 'booking' ORDER BY booked_at DESC, attempt_id LIMIT {MAX_UNKNOWN_CALLS}
"""  # noqa: S608 - constants
TOKENS = (
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "output_tokens",
    "reasoning_tokens",
)
COST_MEASURES = ("attempts", "cost_usd", "not_priced", "media_tokens", *TOKENS)
OUTCOME_MEASURES = ("completions", "total_ms")
COSTS = f"""
SELECT * FROM
(SELECT {", ".join(f"sum({name})" for name in COST_MEASURES)} FROM {{db}}.cost_per_minute) AS rollup,
(SELECT countIf(u.entry = 'booking'), ifNull(sum(u.cost_usd), 0),
    toInt64(countIf(isNull(u.cost_usd) AND u.entry IN ('booking', 'rebooking')))
        - toInt64(countIf(isNull(u.cost_usd) AND u.entry = 'reversal'))
        - toInt64(countIf(isNotNull(u.cost_usd) AND u.entry = 'settlement')),
    sum(arraySum(mapValues(u.media_tokens))), {", ".join(f"ifNull(sum(u.{name}), 0)" for name in TOKENS)}
 FROM {{db}}.usage AS u) AS base
"""  # noqa: S608 - constants
TIMES = """
SELECT * FROM (SELECT sum(completions), sum(total_ms) FROM {db}.outcomes_per_minute) AS rollup,
(SELECT count(), sum(dateDiff('millisecond', received_at, completed_at)) FROM {db}.completions) AS base
"""


@dataclass(frozen=True, slots=True)
class OffsetAccounting:
    """How many offsets of `llm.requests` were skipped, have no ending, or have more than one."""

    skipped: int
    without_outcome: int
    first_without_ending: Sequence[str]
    duplicated: int


class BalanceQueries:
    """Runs the queries of the balance on one database."""

    def __init__(self, client: Client, database: str) -> None:
        """Query `database` through `client`."""
        self._client = client
        self._database = database

    def positions(self, offsets: RequestTopicOffsets) -> OffsetAccounting:
        """Count the offsets below the ends that hold no request, have no ending, or have more than one."""
        rows = [tuple(map(int, row)) for row in self._read(POSITIONS, offsets)]
        accounted_of = {partition: accounted for partition, accounted, _, _ in rows}
        without_outcome, first = 0, list[str]()
        for partition, end in enumerate(offsets.ends):
            gap = end - accounted_of.get(partition, 0) - len(offsets.without_request[partition])
            if gap > 0:
                without_outcome += gap
                first += self._first_missing(partition, offsets)
        return OffsetAccounting(
            skipped=sum(skipped for _, _, skipped, _ in rows) + sum(map(len, offsets.without_request)),
            without_outcome=without_outcome,
            first_without_ending=first[:MAX_LISTED_OFFSETS],
            duplicated=sum(twice for _, _, _, twice in rows),
        )

    def endings_beyond(self, ends: Sequence[int]) -> int:
        """Count the endings whose offset is at or beyond the end of its partition."""
        return self._scalar(BEYOND, {"ends": list(ends)})

    def lost_to_retention(self) -> int:
        """Count the offsets without an ending that retention deleted before the guard had read them."""
        return self._scalar(RETENTION)

    def completions(self) -> Mapping[str, int]:
        """Completions by status; a status without rows is 0."""
        counts = {str(status): int(count) for status, count in self._read(OUTCOMES)}
        return dict.fromkeys(STATUSES, 0) | counts

    def outcomes_counted_twice(self) -> int:
        """Count the completions beyond the first of each record id."""
        return self._scalar(DUPLICATE_OUTCOMES)

    def requests_admitted_twice(self) -> int:
        """Count the request ids that were admitted again within the meter's dedup window."""
        return self._scalar(ADMITTED_TWICE)

    def dead_letters(self) -> Mapping[str, int]:
        """Dead letters by the topic of their record, each position counted once."""
        return {str(topic): int(count) for topic, count in self._read(DEAD_LETTERS)}

    def attempts(self) -> Mapping[str, int]:
        """Journalled calls by the state of their newest ledger entry; `open` calls have none."""
        states = {str(state): int(count) for state, count in self._read(STATES)}
        return dict.fromkeys(ATTEMPT_STATES, 0) | states | {"open": self._scalar(OPEN)}

    def usage(self) -> tuple[int, int, int]:
        """Count ledger entries, second bookings of a call, and entries whose call is not in the journal."""
        entries, duplicates, without_attempt = self._read(USAGE)[0]
        return int(entries), int(duplicates), int(without_attempt)

    def uneven_corrections(self) -> int:
        """Count the corrected calls whose entries are incomplete or do not add up to the newest one."""
        return self._scalar(UNEVEN)

    def unknown_calls(self) -> Sequence[UnknownCall]:
        """The newest calls with an unknown result, at most 100."""
        names = ("attempt_id", "tenant", "request_id", "provider")
        return [UnknownCall.model_validate(dict(zip(names, row, strict=True))) for row in self._read(UNKNOWN)]

    def rollup_difference(self) -> Mapping[str, str]:
        """Rollup minus base table by measure; one statement reads both, so that they are consistent."""
        differences: dict[str, str] = {}
        for names, sql in ((COST_MEASURES, COSTS), (OUTCOME_MEASURES, TIMES)):
            row = [Decimal(value) for value in self._read(sql)[0]]
            rollup, base = row[: len(names)], row[len(names) :]
            differences |= {
                name: f"{(summed - booked).normalize():f}"
                for name, summed, booked in zip(names, rollup, base, strict=True)
            }
        return differences

    def _first_missing(self, partition: int, offsets: RequestTopicOffsets) -> list[str]:
        without_request = set(offsets.without_request[partition])
        limit = MAX_LISTED_OFFSETS + len(without_request)
        extra = {"end": offsets.ends[partition], "partition": partition, "limit": limit}
        unaccounted = [int(offset) for (offset,) in self._read(GAPS, offsets, extra)]
        missing = [offset for offset in unaccounted if offset not in without_request]
        return [f"llm.requests/{partition}@{offset}" for offset in missing[:MAX_LISTED_OFFSETS]]

    def _scalar(self, sql: str, parameters: Mapping[str, Any] | None = None) -> int:
        return int(self._read(sql, None, parameters)[0][0])

    def _read(
        self, sql: str, offsets: RequestTopicOffsets | None = None, extra: Mapping[str, Any] | None = None
    ) -> list[tuple[Any, ...]]:
        bounds = {"ends": list(offsets.ends), "starts": list(offsets.read_from)} if offsets else {}
        result = self._client.query(
            sql.replace("{db}", self._database), parameters={**bounds, **(extra or {})}
        )
        return [tuple(row) for row in result.result_rows]
