"""Rows of facts on a real ClickHouse: stored rows are recognised, missing rows are stored once."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from clickhouse_connect.driver.client import Client

from schemas.answers import Attempt
from schemas.event import Event
from schemas.outcomes import Adjustment, Completion
from schemas.quality import Alert, Evaluation, Feedback, Review, ReviewTask
from schemas.stream import OffsetsSkipped
from services.sink.adapters.clickhouse_store import ClickHouseStore
from services.sink.app import build
from services.sink.settings import SinkSettings
from streaming.brokers.records import Record
from streaming.errors import DependencyDownError
from streaming.handling import Incoming, Row
from streaming.loops.sink import Sink
from tests.weir.dead_letters.bench import EXAMPLES, KEY
from weir.clickhouse import connected
from weir.dead_letters.rows import IDENTITY, FactRowWriter
from weir.stack.migrate import migrate

pytestmark = pytest.mark.integration
FACTS = (Attempt, Completion, Adjustment, Evaluation, Feedback, Review, ReviewTask, Alert, OffsetsSkipped)
AT = datetime.now(UTC) - timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Tables:
    """A database of one test, and the row writer of the command."""

    client: Client
    database: str
    rows: FactRowWriter
    store: ClickHouseStore

    def count(self, table: str) -> int:
        return int(self.client.query(f"SELECT count() FROM {self.database}.{table}").result_rows[0][0])


def sink() -> Sink:
    (loop,) = build(SinkSettings.model_validate({"seal_key": KEY})).loops
    assert isinstance(loop, Sink)
    return loop


@pytest.fixture
async def tables(clickhouse_url: str) -> AsyncIterator[Tables]:
    database = f"dlq_{uuid4().hex[:8]}"
    store = ClickHouseStore(clickhouse_url, 30.0, database)
    with connected(clickhouse_url) as client:
        migrate(client, database)
        yield Tables(client, database, FactRowWriter(sink().rows, store, clickhouse_url, database), store)
        client.command(f"DROP DATABASE {database}")
    await store.close()


def fact(kind: type[Event], offset: int = 3) -> Incoming[Any]:
    """The example of two days ago, with times to the microsecond as services write them."""
    text = (EXAMPLES / f"{kind.TYPE}.json").read_bytes()
    event = kind.model_validate_json(
        re.sub(
            rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?", AT.strftime("%Y-%m-%dT%H:%M:%S.123987").encode(), text
        )
    )
    return Incoming(event, uuid4(), Record("facts", 0, offset, 0, None, b""), AT)


def counts(tables: Mapping[str, Sequence[Row]]) -> dict[str, int]:
    return {table: len(rows) for table, rows in tables.items()}


@pytest.mark.parametrize("kind", FACTS)
async def test_a_stored_row_is_recognised_whatever_the_offset_of_its_record(
    tables: Tables, kind: type[Event]
) -> None:
    incoming = fact(kind)

    missing = await tables.rows.missing(incoming)

    assert set(missing) <= set(IDENTITY)
    assert await tables.rows.store(incoming, missing) == sum(counts(missing).values()) > 0

    elsewhere = replace(incoming, record=replace(incoming.record, offset=90_000, partition=2))

    assert (await tables.rows.missing(incoming), await tables.rows.missing(elsewhere)) == ({}, {})


async def test_only_the_rows_that_a_refusal_had_kept_out_are_missing(tables: Tables) -> None:
    incoming = fact(Completion)
    whole = sink().rows[Completion](incoming)
    await tables.store.insert("completions", whole["completions"], "the sink's own block")

    missing = await tables.rows.missing(incoming)

    assert counts(missing) == {table: len(rows) for table, rows in whole.items() if table != "completions"}

    await tables.rows.store(incoming, missing)

    assert [tables.count(table) for table in whole] == [len(rows) for rows in whole.values()]


async def test_two_commands_at_once_store_one_row(tables: Tables) -> None:
    incoming = fact(Feedback)
    first, second = await tables.rows.missing(incoming), await tables.rows.missing(incoming)
    await tables.rows.store(incoming, first)

    await tables.rows.store(incoming, second)

    assert tables.count("feedback") == 1


async def test_another_fact_of_the_same_kind_is_missing(tables: Tables) -> None:
    feedback = fact(Feedback)
    await tables.rows.store(feedback, await tables.rows.missing(feedback))

    other = replace(feedback, event=feedback.event.model_copy(update={"feedback_id": uuid4()}))

    assert counts(await tables.rows.missing(other)) == {"feedback": 1}


async def test_a_clickhouse_that_is_down_is_an_error(tables: Tables) -> None:
    nowhere = FactRowWriter(sink().rows, tables.store, "http://127.0.0.1:9", tables.database)

    with pytest.raises(DependencyDownError):
        await nowhere.missing(fact(Feedback))
