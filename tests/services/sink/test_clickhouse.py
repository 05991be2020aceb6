"""The sink's blocks in a real ClickHouse: stored once, also in every rollup, and guarded at the start."""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from clickhouse_connect.driver.client import Client

from schemas.event import Event
from schemas.outcomes import Adjustment, Completion
from schemas.quality import Evaluation
from services.sink.adapters.clickhouse_store import ClickHouseError, ClickHouseStore
from services.sink.domain.outcome_rows import adjustment_rows, completion_rows
from services.sink.domain.rows import evaluation_rows
from streaming.errors import DependencyDownError
from streaming.handling import Incoming, Row
from streaming.records import Record
from weir.clickhouse import connected
from weir.migrate import MigrationError, migrate

pytestmark = pytest.mark.integration
EXAMPLES = Path(__file__).parents[3] / "schemas" / "examples"


@pytest.fixture
def client(clickhouse_url: str) -> Iterator[Client]:
    with connected(clickhouse_url) as client:
        yield client


@pytest.fixture
def database(client: Client) -> Iterator[str]:
    name = f"weir_{uuid4().hex[:8]}"
    migrate(client, name)
    yield name
    client.command(f"DROP DATABASE {name}")


@pytest.fixture
async def store(clickhouse_url: str, database: str) -> AsyncIterator[ClickHouseStore]:
    store = ClickHouseStore(clickhouse_url, 30.0, database)
    yield store
    await store.close()


def example(kind: type[Event], offset: int = 7) -> Incoming[Event]:
    event = kind.model_validate_json((EXAMPLES / f"{kind.TYPE}.json").read_bytes())
    return Incoming(event, UUID(int=offset), Record("t", 2, offset, 0, None, b""), datetime.now(UTC))


async def test_a_block_that_is_inserted_again_is_stored_once_in_its_table_and_in_every_rollup(store: ClickHouseStore, client: Client, database: str) -> None:
    tables: dict[str, list[Row]] = {}
    for offset in range(50):
        for table, rows in completion_rows(example(Completion, offset)).items():  # type: ignore[arg-type]
            tables.setdefault(table, []).extend(rows)
    for _ in range(3):
        for table, rows in tables.items():
            await store.insert(table, rows, f"{table}:llm.completions:2:0-50")
    counts = {table: client.query(f"SELECT count() FROM {database}.{table}").result_rows[0][0] for table in tables}
    assert counts == {"completions": 50, "bodies": 50, "usage": 50}
    rollup = client.query(f"SELECT sum(attempts), sum(cost_usd), sum(input_tokens) FROM {database}.cost_per_minute").result_rows[0]
    base = client.query(f"SELECT count(), sum(cost_usd), sum(input_tokens) FROM {database}.usage").result_rows[0]
    assert rollup == base
    assert client.query(f"SELECT sum(completions) FROM {database}.outcomes_per_minute").result_rows == [(50,)]


async def test_a_wide_completion_keeps_its_cents_findings_and_times(store: ClickHouseStore, client: Client, database: str) -> None:
    for table, rows in completion_rows(example(Completion)).items():  # type: ignore[arg-type]
        await store.insert(table, rows, table)
    row = client.query(
        f"SELECT cost_usd, findings.kind, findings.action, total_ms, guard_ms, tags['team'], reserved_usd, koff FROM {database}.completions"
    ).result_rows[0]
    assert [str(value) for value in row[:1]] == ["0.000001080000"]
    assert row[1:6] == (["EMAIL_ADDRESS"], ["pseudonymise"], 3000, 0, "care")
    assert client.query(f"SELECT kind, found FROM {database}.verdicts").result_rows == [("EMAIL_ADDRESS", 1)]
    assert {stage for (stage,) in client.query(f"SELECT stage FROM {database}.latency_by_stage").result_rows} >= {"guard", "provider", "total"}


async def test_adjustments_and_evaluations_have_rows_of_their_own(store: ClickHouseStore, client: Client, database: str) -> None:
    for made in (adjustment_rows(example(Adjustment)), evaluation_rows(example(Evaluation))):  # type: ignore[arg-type]
        for table, rows in made.items():
            await store.insert(table, rows, table)
    assert client.query(f"SELECT origin, cost_status FROM {database}.usage").result_rows == [("adjustment", "priced")]
    assert client.query(f"SELECT metric, value FROM {database}.evaluations ORDER BY metric").result_rows == [("json_valid", None), ("refusal", 0.0)]


async def test_the_guard_refuses_tables_that_would_not_drop_a_repeated_block(store: ClickHouseStore, clickhouse_url: str, client: Client, database: str) -> None:
    await store.check()
    client.command(f"CREATE TABLE {database}.forgotten (n UInt8) ENGINE = MergeTree ORDER BY n")
    with pytest.raises(ClickHouseError, match="forgotten keeps 0 tokens"):
        await store.check()
    nowhere = ClickHouseStore(clickhouse_url, 30.0, "nowhere")
    with pytest.raises(ClickHouseError, match="weir migrate"):
        await nowhere.check()
    await nowhere.close()


async def test_a_silent_clickhouse_is_waited_for_and_a_wrong_row_is_not() -> None:
    silent = ClickHouseStore("http://127.0.0.1:9", 1.0)
    with pytest.raises(DependencyDownError, match=r"127\.0\.0\.1:9"):
        await silent.insert("completions", [{}], "t")
    await silent.close()


async def test_a_row_that_does_not_fit_is_refused_without_being_quoted(store: ClickHouseStore) -> None:
    with pytest.raises(ClickHouseError) as caught:
        await store.insert("completions", [{"record_id": "secret-words"}], "t")
    assert "secret-words" not in str(caught.value)


def test_migrations_are_applied_once_and_a_changed_file_is_refused(client: Client, database: str, tmp_path: Path) -> None:
    assert migrate(client, database) == []
    for path in (Path(__file__).parents[3] / "deploy" / "clickhouse").glob("*.sql"):
        (tmp_path / path.name).write_text(path.read_text())
    changed = tmp_path / "0003_views.sql"
    changed.write_text(changed.read_text() + "\n-- later\n")
    with pytest.raises(MigrationError, match=r"0003_views\.sql was applied and has changed"):
        migrate(client, database, tmp_path)


def test_rows_are_a_pure_function_of_the_record() -> None:
    first, second = (completion_rows(example(Completion)) for _ in range(2))  # type: ignore[arg-type]
    assert json.dumps(first, default=str) == json.dumps(second, default=str)
