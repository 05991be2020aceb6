"""At its start the sink refuses tables, views and proxies that would store a repeated block twice."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from clickhouse_connect.driver.client import Client

from services.sink.adapters.clickhouse_store import ClickHouseError, ClickHouseStore
from services.sink.adapters.clickhouse_windows import dedup_windows

pytestmark = pytest.mark.integration
KEPT = "SETTINGS non_replicated_deduplication_window = 10000"


@pytest.fixture
def elsewhere(client: Client) -> Iterator[str]:
    """A database of somebody else on the same server."""
    name = f"elsewhere_{uuid4().hex[:8]}"
    client.command(f"CREATE DATABASE {name}")
    yield name
    client.command(f"DROP DATABASE {name}")


async def test_the_tables_of_the_migrations_are_good(store: ClickHouseStore) -> None:
    await store.check()


async def test_a_table_without_a_window_is_refused_by_name(
    store: ClickHouseStore, client: Client, database: str
) -> None:
    client.command(f"CREATE TABLE {database}.forgotten (n UInt8) ENGINE = MergeTree ORDER BY n")

    with pytest.raises(ClickHouseError, match=rf"{database}\.forgotten keeps 0 tokens, at least 10000"):
        await store.check()


async def test_a_window_that_was_made_smaller_is_refused(
    store: ClickHouseStore, client: Client, database: str
) -> None:
    client.command(
        f"ALTER TABLE {database}.cost_per_minute MODIFY SETTING non_replicated_deduplication_window = 100"
    )

    with pytest.raises(ClickHouseError, match=r"cost_per_minute keeps 100 tokens"):
        await store.check()


async def test_a_view_into_another_database_is_followed_to_the_last_target(
    store: ClickHouseStore, client: Client, database: str, elsewhere: str
) -> None:
    client.command(
        f"CREATE TABLE {elsewhere}.first (n UInt64) ENGINE = SummingMergeTree ORDER BY tuple() {KEPT}"
    )
    client.command(f"CREATE TABLE {elsewhere}.second (n UInt64) ENGINE = SummingMergeTree ORDER BY tuple()")
    client.command(f"CREATE TABLE {elsewhere}.unrelated (n UInt64) ENGINE = MergeTree ORDER BY tuple()")
    client.command(
        f"CREATE MATERIALIZED VIEW {elsewhere}.to_first TO {elsewhere}.first"
        f" AS SELECT count() AS n FROM {database}.usage"
    )
    await store.check()

    client.command(
        f"CREATE MATERIALIZED VIEW {elsewhere}.to_second TO {elsewhere}.second"
        f" AS SELECT sum(n) AS n FROM {elsewhere}.first"
    )

    with pytest.raises(ClickHouseError, match=rf"{elsewhere}\.second keeps 0 tokens"):
        await store.check()


@pytest.mark.parametrize(
    ("made", "refused"),
    [
        (
            (
                "CREATE MATERIALIZED VIEW {e}.v ENGINE = SummingMergeTree ORDER BY n"
                " AS SELECT count() AS n FROM {d}.usage"
            ),
            r"\.inner",
        ),
        (
            "CREATE MATERIALIZED VIEW {e}.v TO {e}.`odd name` AS SELECT count() AS n FROM {d}.usage",
            r"odd name keeps 0 tokens",
        ),
        (
            "CREATE MATERIALIZED VIEW {e}.v TO {e}.memory AS SELECT count() AS n FROM {d}.usage",
            r"memory keeps 0 tokens",
        ),
    ],
)
async def test_targets_that_cannot_drop_a_block_are_refused(
    store: ClickHouseStore, client: Client, database: str, elsewhere: str, made: str, refused: str
) -> None:
    client.command(f"CREATE TABLE {elsewhere}.`odd name` (n UInt64) ENGINE = SummingMergeTree ORDER BY n")
    client.command(f"CREATE TABLE {elsewhere}.memory (n UInt64) ENGINE = Memory")
    client.command(made.format(d=database, e=elsewhere))

    with pytest.raises(ClickHouseError, match=refused):
        await store.check()


async def test_a_target_that_keeps_nothing_needs_no_window(
    store: ClickHouseStore, client: Client, database: str, elsewhere: str
) -> None:
    client.command(f"CREATE TABLE {elsewhere}.passing (n UInt64) ENGINE = Null")
    client.command(
        f"CREATE MATERIALIZED VIEW {elsewhere}.v TO {elsewhere}.passing"
        f" AS SELECT count() AS n FROM {database}.usage"
    )

    await store.check()


async def test_a_server_without_the_tables_is_sent_to_the_migrations(clickhouse_url: str) -> None:
    nowhere = ClickHouseStore(clickhouse_url, 30.0, "nowhere")
    with pytest.raises(ClickHouseError, match="weir migrate"):
        await nowhere.check()
    await nowhere.close()


async def test_an_address_that_swallows_tokens_is_found_by_trying(
    store: ClickHouseStore, client: Client, database: str
) -> None:
    client.command(f"DROP TABLE {database}.token_probe")
    # An engine without tokens stores both blocks, like a table behind a proxy that drops the parameter.
    client.command(f"CREATE TABLE {database}.token_probe (probe_id UUID, number UInt8) ENGINE = Memory")

    with pytest.raises(ClickHouseError, match=r"stored 2 of two blocks under one token"):
        await store.probe()


@pytest.mark.parametrize(
    ("engine", "full", "kept"),
    [
        ("ReplicatedMergeTree", "ReplicatedMergeTree('/t', '{replica}') ORDER BY n", 10_000),
        (
            "ReplicatedMergeTree",
            (
                "ReplicatedMergeTree('/t', '{replica}') ORDER BY n"
                " SETTINGS replicated_deduplication_window = 100"
            ),
            100,
        ),
        (
            "ReplicatedMergeTree",
            "ReplicatedMergeTree('/t') ORDER BY n SETTINGS non_replicated_deduplication_window = 5",
            10_000,
        ),
        ("SharedMergeTree", "SharedMergeTree ORDER BY n", 10_000),
        ("MergeTree", "MergeTree ORDER BY n SETTINGS replicated_deduplication_window = 10000", 0),
    ],
)
def test_a_replicated_table_has_a_window_of_its_own(engine: str, full: str, kept: int) -> None:
    table = {
        "database": "weir",
        "name": "t",
        "engine": engine,
        "engine_full": full,
        "create_table_query": "",
        "uuid": "",
    }

    windows = dedup_windows([table | {"dependencies_database": [], "dependencies_table": []}], "weir")

    assert windows == {"weir.t": kept}
