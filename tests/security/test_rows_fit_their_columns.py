"""The columns of a real ClickHouse take the rows of every valid event, so none can stop the sink."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given

from schemas.answers import Attempt
from schemas.event import Event
from schemas.outcomes import Adjustment, Completion
from schemas.quality import Alert, Evaluation, Feedback, Review, ReviewTask
from schemas.stream import OffsetsSkipped
from schemas.topics import TOPIC_OF
from services.sink.adapters.clickhouse_store import ClickHouseError, ClickHouseStore
from services.sink.domain.outcome_rows import adjustment_rows, completion_rows
from services.sink.domain.rows import (
    alert_rows,
    attempt_rows,
    evaluation_rows,
    feedback_rows,
    review_rows,
    review_task_rows,
    skip_rows,
)
from streaming.brokers.records import Record
from streaming.handling import Incoming, Row
from tests.fuzzing import often
from tests.security.drawing import Drawn
from weir.clickhouse import connected
from weir.stack.migrate import migrate

pytestmark = [pytest.mark.integration, pytest.mark.fuzz, pytest.mark.slow]
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
KINDS: Mapping[type[Event], Callable[[Incoming[Any]], Mapping[str, Sequence[Row]]]] = {
    Completion: completion_rows,
    Adjustment: adjustment_rows,
    Attempt: attempt_rows,
    Evaluation: evaluation_rows,
    Feedback: feedback_rows,
    ReviewTask: review_task_rows,
    Review: review_rows,
    Alert: alert_rows,
    OffsetsSkipped: skip_rows,
}


@pytest.fixture
async def store(clickhouse_url: str) -> AsyncIterator[ClickHouseStore]:
    database = f"weir_{uuid4().hex[:8]}"
    with connected(clickhouse_url) as client:
        migrate(client, database)
        store = ClickHouseStore(clickhouse_url, 60.0, database)
        yield store
        await store.close()
        client.command(f"DROP DATABASE {database}")


def rows_of(kind: type[Event]) -> Mapping[str, list[Row]]:
    """The rows of many drawn events, by table."""
    tables: dict[str, list[Row]] = {}

    @often(150)
    @given(event=Drawn(kind).events())
    def collect(event: Event) -> None:
        record = Record(TOPIC_OF[kind].name, 65_535, 2**63 - 1, 0, None, b"{}")
        for table, rows in KINDS[kind](Incoming(event, UUID(int=1), record, NOW)).items():
            tables.setdefault(table, []).extend(rows)

    collect()
    return tables


async def refused_rows(store: ClickHouseStore, table: str, rows: Sequence[Row]) -> list[Row]:
    """The rows that the table refuses, found by bisection."""
    try:
        await store.insert(table, rows, str(uuid4()))
    except (ClickHouseError, TypeError, ValueError):
        if len(rows) == 1:
            return list(rows)
        half = len(rows) // 2
        return [
            *await refused_rows(store, table, rows[:half]),
            *await refused_rows(store, table, rows[half:]),
        ]
    return []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
async def test_every_valid_event_can_be_stored(store: ClickHouseStore, kind: type[Event]) -> None:
    tables = rows_of(kind)

    assert tables
    assert {
        table: refused
        for table, rows in tables.items()
        if (refused := await refused_rows(store, table, rows))
    } == {}
