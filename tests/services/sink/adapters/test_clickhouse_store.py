"""Blocks in a real ClickHouse are stored once, also in every rollup, with the values of their events."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import pytest
from clickhouse_connect.driver.client import Client

from schemas.answers import Attempt
from schemas.outcomes import Adjustment, Completion
from schemas.quality import Alert, Evaluation, Feedback, Review, ReviewTask
from schemas.stream import OffsetsSkipped
from services.sink.adapters.clickhouse_store import ClickHouseError, ClickHouseStore
from services.sink.domain.outcome_rows import adjustment_rows, completion_rows
from services.sink.domain.rows import (
    alert_rows,
    attempt_rows,
    dead_letter_rows,
    evaluation_rows,
    feedback_rows,
    review_rows,
    review_task_rows,
    skip_rows,
)
from streaming.brokers.records import Record
from streaming.errors import DependencyDownError, RowsRefusedError
from streaming.handling import Incoming, Row

pytestmark = pytest.mark.integration
Example = Callable[..., Incoming[Any]]
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
MONTH_END = TODAY.replace(day=1) - timedelta(seconds=1)

ODD_LETTER = Record(
    "llm.requests.dlq",
    0,
    1,
    1_790_000_000_000,
    None,
    b"",
    (("weir-source-offset", b"9" * 400), ("weir-error", b"\xff\x00")),
)
"""A dead letter whose headers do not have the form that services write."""


def one(client: Client, sql: str) -> tuple[Any, ...]:
    return tuple(client.query(sql).result_rows[0])


def sums(client: Client, database: str) -> tuple[Any, ...]:
    """Base tables and rollups side by side: each pair must be equal."""
    return one(
        client,
        f"""SELECT
            (SELECT count() FROM {database}.usage),
            (SELECT sum(attempts) FROM {database}.cost_per_minute),
            (SELECT sum(cost_usd) FROM {database}.usage),
            (SELECT sum(cost_usd) FROM {database}.cost_per_minute),
            (SELECT count() FROM {database}.completions),
            (SELECT sum(completions) FROM {database}.outcomes_per_minute)""",
    )


def block(example: Example, moments: Sequence[datetime]) -> Mapping[str, Sequence[Row]]:
    """One outcome at each moment."""
    tables: dict[str, list[Row]] = {}
    for offset, moment in enumerate(moments):
        made = example(Completion, offset)
        event = made.event.model_copy(
            update={
                "completed_at": moment,
                "attempts": tuple(
                    line.model_copy(update={"booked_at": moment}) for line in made.event.attempts
                ),
            }
        )
        for table, rows in completion_rows(Incoming(event, made.event_id, made.record, made.now)).items():
            tables.setdefault(table, []).extend(rows)
    return tables


async def test_a_block_that_is_inserted_again_is_stored_once_in_its_table_and_in_every_rollup(
    store: ClickHouseStore, client: Client, database: str, example: Example
) -> None:
    tables = block(example, [TODAY + timedelta(seconds=30 * number) for number in range(50)])
    for _ in range(3):
        for table, rows in tables.items():
            await store.insert(table, rows, f"{table}:llm.completions:2:0-50")

    assert {
        table: one(client, f"SELECT count() FROM {database}.{table}") for table in tables
    } == dict.fromkeys(tables, (50,))
    assert sums(client, database) == (50, 50, Decimal("0.000054"), Decimal("0.000054"), 50, 50)


async def test_a_block_over_several_months_that_was_cut_off_after_its_first_part_is_completed_and_not_doubled(
    store: ClickHouseStore, client: Client, database: str, example: Example
) -> None:
    months = [MONTH_END, MONTH_END + timedelta(seconds=1), MONTH_END - timedelta(days=40)]
    whole = block(example, months)
    for table, rows in whole.items():
        token = f"{table}:llm.completions:2:0-3"
        # The engine writes a part for each month; a crash after the first leaves exactly this.
        await store.insert(table, rows[:1], token)
        for _ in range(2):
            await store.insert(table, rows, token)

    assert sums(client, database) == (3, 3, Decimal("0.00000324"), Decimal("0.00000324"), 3, 3)
    assert one(
        client,
        "SELECT uniqExact(partition) FROM system.parts"
        f" WHERE database = '{database}' AND table = 'usage' AND active",
    ) == (3,)


async def test_every_kind_of_record_fits_its_table(
    store: ClickHouseStore, client: Client, database: str, example: Example
) -> None:
    made: list[Mapping[str, Sequence[Row]]] = [
        completion_rows(example(Completion)),
        adjustment_rows(example(Adjustment, 8)),
        attempt_rows(example(Attempt)),
        evaluation_rows(example(Evaluation)),
        feedback_rows(example(Feedback)),
        review_task_rows(example(ReviewTask)),
        review_rows(example(Review, 8)),
        alert_rows(example(Alert)),
        skip_rows(example(OffsetsSkipped)),
        dead_letter_rows(ODD_LETTER),
    ]
    for number, tables in enumerate(made):
        for table, rows in tables.items():
            await store.insert(table, rows, f"{table}:{number}")

    counts = {
        table: one(client, f"SELECT count() FROM {database}.{table}")[0]
        for tables in made
        for table in tables
    }
    assert counts == {
        "completions": 1,
        "bodies": 1,
        "usage": 2,
        "attempts": 1,
        "evaluations": 2,
        "feedback": 1,
        "reviews": 2,
        "alerts": 1,
        "skips": 1,
        "dead_letters": 1,
    }
    assert one(client, f"SELECT topic, ktopic FROM {database}.dead_letters") == ("", "llm.requests.dlq")


async def test_a_wide_completion_keeps_its_cents_findings_and_times(
    store: ClickHouseStore, client: Client, database: str, example: Example
) -> None:
    for table, rows in completion_rows(example(Completion)).items():
        await store.insert(table, rows, table)

    row = one(
        client,
        "SELECT cost_usd, findings.kind, findings.action, total_ms, guard_ms, tags['team'],"
        f" reserved_usd, koff FROM {database}.completions",
    )

    assert row == (
        Decimal("0.00000108"),
        ["EMAIL_ADDRESS"],
        ["pseudonymise"],
        3000,
        0,
        "care",
        Decimal("0.000012"),
        7,
    )
    assert one(client, f"SELECT kind, found FROM {database}.verdicts") == ("EMAIL_ADDRESS", 1)
    assert {
        stage for (stage,) in client.query(f"SELECT stage FROM {database}.latency_by_stage").result_rows
    } >= {"guard", "provider", "total"}


@pytest.mark.parametrize(
    "cost", ["1E-12", "0E-12", "12345678901234567890123456.123456789012", "-0.000000000001", "1E+25", None]
)
async def test_money_comes_back_as_it_went_in(
    store: ClickHouseStore, client: Client, database: str, example: Example, cost: str | None
) -> None:
    event = example(Completion).event.model_copy(update={"cost_usd": None if cost is None else Decimal(cost)})
    made = completion_rows(Incoming(event, example(Completion).event_id, example(Completion).record, TODAY))

    await store.insert("completions", made["completions"], "money")

    assert one(client, f"SELECT cost_usd FROM {database}.completions") == (event.cost_usd,)


async def test_a_request_id_is_found_by_its_index_also_in_blocks_that_came_before_the_index(
    store: ClickHouseStore, client: Client, database: str, example: Example
) -> None:
    client.command(f"ALTER TABLE {database}.completions DROP INDEX by_request_id SETTINGS mutations_sync = 1")
    await store.insert("completions", completion_rows(example(Completion))["completions"], "before")
    client.command(
        f"ALTER TABLE {database}.completions"
        " ADD INDEX by_request_id request_id TYPE bloom_filter(0.01) GRANULARITY 1"
    )
    client.command(
        f"ALTER TABLE {database}.completions MATERIALIZE INDEX by_request_id SETTINGS mutations_sync = 1"
    )

    plan = client.query(
        f"EXPLAIN indexes = 1 SELECT koff FROM {database}.completions"
        " WHERE tenant = 'acme' AND request_id = 'never'"
    ).result_rows
    text = "\n".join(str(line) for (line,) in plan)

    assert "by_request_id" in text
    assert "Granules: 0/1" in text
    assert one(
        client, f"SELECT koff FROM {database}.completions WHERE tenant = 'acme' AND request_id = 'order-4711'"
    ) == (7,)


async def test_a_silent_clickhouse_is_waited_for() -> None:
    silent = ClickHouseStore("http://127.0.0.1:9", 1.0)
    with pytest.raises(DependencyDownError, match=r"127\.0\.0\.1:9"):
        await silent.insert("completions", [{}], "t")
    await silent.close()


async def test_a_row_that_does_not_fit_is_refused_without_being_quoted(store: ClickHouseStore) -> None:
    with pytest.raises(RowsRefusedError) as caught:
        await store.insert("completions", [{"record_id": "secret-words"}], "t")
    assert "secret-words" not in str(caught.value)


async def test_the_rows_that_do_not_fit_are_found_and_nothing_is_stored_or_left_behind(
    store: ClickHouseStore, client: Client, database: str
) -> None:
    good = {"probe_id": str(uuid4()), "number": 1}
    rows: list[Row] = [dict(good) for _ in range(9)]
    rows[2] = {"probe_id": "no uuid", "number": 1}
    rows[7] = {"probe_id": str(uuid4()), "number": 2**70}
    before = client.query(f"SELECT count() FROM {database}.token_probe").result_rows

    with pytest.raises(RowsRefusedError):
        await store.insert("token_probe", rows, "t")

    assert await store.find_refused("token_probe", rows) == [2, 7]
    assert await store.find_refused("token_probe", [good]) == []
    assert client.query(f"SELECT count() FROM {database}.token_probe").result_rows == before
    assert not client.query(
        f"SELECT name FROM system.tables WHERE database = '{database}' AND name LIKE '%refusals%'"
    ).result_rows


@asynccontextmanager
async def answering(status: HTTPStatus, code: str = "") -> AsyncGenerator[ClickHouseStore]:
    """A store whose server answers everything with this status."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        code_header = f"X-ClickHouse-Exception-Code: {code}\r\n" if code else ""
        writer.write(
            f"HTTP/1.1 {status.value} X\r\n{code_header}Content-Length: 0\r\n"
            "Connection: close\r\n\r\n".encode()
        )
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        store = ClickHouseStore(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", 5.0)
        yield store
        await store.close()


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (HTTPStatus.SERVICE_UNAVAILABLE, "", DependencyDownError),
        (HTTPStatus.TOO_MANY_REQUESTS, "", DependencyDownError),
        (HTTPStatus.INTERNAL_SERVER_ERROR, "", DependencyDownError),
        (HTTPStatus.INTERNAL_SERVER_ERROR, "252", DependencyDownError),
        (HTTPStatus.INTERNAL_SERVER_ERROR, "27", RowsRefusedError),
        (HTTPStatus.NOT_FOUND, "60", ClickHouseError),
        (HTTPStatus.FORBIDDEN, "516", ClickHouseError),
    ],
)
async def test_what_passes_by_itself_is_waited_for_and_a_refusal_stops(
    status: HTTPStatus, code: str, error: type[Exception]
) -> None:
    async with answering(status, code) as store:
        with pytest.raises(error):
            await store.insert("completions", [{}], "t")
