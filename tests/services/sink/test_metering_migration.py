"""The metering migration on tables with rows: they keep their meaning, a repeated block counts once."""

import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from clickhouse_connect.driver.client import Client

from schemas.outcomes import BookedAttempt, Completion, TokenUsage
from services.sink.adapters.clickhouse_store import ClickHouseStore
from services.sink.domain.outcome_rows import completion_rows
from streaming.handling import Incoming, Row
from weir.stack.migrate import FOLDER, migrate

pytestmark = pytest.mark.integration
Example = Callable[..., Incoming[Any]]
BEFORE = re.compile(r"000[1-4]_")
TOKEN = "usage:llm.completions:2:0-2"

USAGE_OF_EVERY_CLASS = TokenUsage(
    input=1,
    cache_read=2,
    cache_write=3,
    cache_write_1h=4,
    output=5,
    reasoning=6,
    media={"input_audio": 7},
    units={
        "web_searches": Decimal(2),
        "input_audio_seconds": Decimal("1E-12"),
        "pages": Decimal("0.1234567890125"),
        "most": Decimal("999999999999999.999999999999"),
    },
)


@pytest.fixture
def old_database(client: Client, tmp_path: Path) -> Iterator[str]:
    """Tables as they were before."""
    for path in FOLDER.glob("*.sql"):
        if BEFORE.match(path.name):
            shutil.copy(path, tmp_path)
    name = f"old_{uuid4().hex[:8]}"
    migrate(client, name, tmp_path)
    yield name
    client.command(f"DROP DATABASE {name}")


def as_before(client: Client, database: str, table: str, rows: Sequence[Row]) -> list[Row]:
    """Rows as the sink wrote them before: without the columns that were not there."""
    sql = "SELECT name FROM system.columns WHERE database = {database:String} AND table = {table:String}"
    names = {
        name for (name,) in client.query(sql, parameters={"database": database, "table": table}).result_rows
    }
    return [{name: value for name, value in row.items() if name in names} for row in rows]


def tables(example: Example, *lines: Mapping[str, Any], **request: Any) -> Mapping[str, Sequence[Row]]:
    made = example(Completion)
    attempts: list[BookedAttempt] = [made.event.attempts[0].model_copy(update=dict(line)) for line in lines]
    request_facts = made.event.request.model_copy(update=request)
    event = made.event.model_copy(update={"attempts": tuple(attempts), "request": request_facts})
    return completion_rows(Incoming(event, made.event_id, made.record, made.now))


async def test_old_lines_show_with_their_project_and_a_block_repeated_after_the_migration_counts_once(
    clickhouse_url: str, client: Client, old_database: str, example: Example
) -> None:
    store = ClickHouseStore(clickhouse_url, 30.0, old_database)
    old = tables(example, {}, {"cost_usd": None, "cost_status": "held"}, project="shop")
    for table, rows in old.items():
        await store.insert(table, as_before(client, old_database, table, rows), TOKEN + table)

    migrate(client, old_database)
    # The new sink starts by repeating the last block, now with all columns.
    for _ in range(2):
        for table, rows in old.items():
            await store.insert(table, rows, TOKEN + table)
    (line,) = tables(
        example, {"entry": "settlement", "cost_usd": Decimal("0.5"), "usage": TokenUsage(input=1)}
    )["usage"]
    await store.insert("usage", [line], "settlement")
    await store.check()
    await store.close()

    def one(sql: str) -> tuple[Any, ...]:
        return tuple(client.query(sql.replace("{db}", old_database)).result_rows[0])

    rollup = one(
        "SELECT sum(attempts), sum(input_tokens), sum(cost_usd), sum(not_priced) FROM {db}.cost_per_minute"
    )
    assert rollup == (2, 36, Decimal("0.50000108"), 0)
    assert (
        one(
            "SELECT sum(calls), sum(input_tokens), sum(cost_usd), sum(not_priced)"
            " FROM {db}.cost_by_project WHERE project = 'shop'"
        )
        == rollup
    )
    assert one("SELECT attempts, input_tokens, cost_usd, not_priced FROM {db}.cost_by_tenant_model") == rollup
    assert one(
        "SELECT cache_write_1h_tokens, media_tokens, entry, prompt_version"
        " FROM {db}.usage_lines WHERE entry = 'booking'"
    ) == (
        0,
        {},
        "booking",
        1,
    )


async def test_every_class_unit_and_price_of_a_line_comes_back_as_it_went_in(
    store: ClickHouseStore, client: Client, database: str, example: Example
) -> None:
    made = tables(
        example,
        {"usage": USAGE_OF_EVERY_CLASS, "unit_prices": {"output": Decimal("0.150000000001")}},
        key="k-1",
    )
    for table, rows in made.items():
        await store.insert(table, rows, table)

    columns = (
        "cache_write_1h_tokens, media_tokens, units, unit_prices, key, route, variant, prompt_version,"
        " is_attributed"
    )
    assert client.query(f"SELECT {columns} FROM {database}.usage").result_rows == [
        (
            4,
            {"input_audio": 7},
            {
                "web_searches": Decimal(2),
                "input_audio_seconds": Decimal("1E-12"),
                "pages": Decimal("0.123456789012"),
                "most": Decimal("999999999999999.999999999999"),
            },
            {"output": Decimal("0.150000000001")},
            "k-1",
            "small",
            None,
            1,
            True,
        )
    ]
    assert client.query(
        f"SELECT sum(cache_write_1h_tokens), sum(media_tokens) FROM {database}.cost_per_minute"
    ).result_rows == [(4, 7)]
    assert client.query(
        f"SELECT all_input_tokens, all_output_tokens FROM {database}.usage_lines"
    ).result_rows == [(17, 11)]
