"""Migrations: each file once and in order, a changed or broken one named, a cut-off one run again."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from clickhouse_connect.driver.client import Client

from weir.stack.migrate import FOLDER, MigrationError, migrate

pytestmark = pytest.mark.integration


@pytest.fixture
def database(client: Client) -> Iterator[str]:
    name = f"migrated_{uuid4().hex[:8]}"
    yield name
    client.command(f"DROP DATABASE IF EXISTS {name}")


def test_the_files_are_applied_in_their_order_and_once(client: Client, database: str) -> None:
    names = sorted(path.name for path in FOLDER.glob("*.sql"))

    assert migrate(client, database) == names
    assert migrate(client, database) == []


def test_a_file_that_changed_after_it_was_applied_is_refused_by_name(
    client: Client, database: str, tmp_path: Path
) -> None:
    (tmp_path / "0001_one.sql").write_text("CREATE TABLE {db}.one (n UInt8) ENGINE = MergeTree ORDER BY n;\n")
    migrate(client, database, tmp_path)

    (tmp_path / "0001_one.sql").write_text(
        "CREATE TABLE {db}.one (n UInt16) ENGINE = MergeTree ORDER BY n;\n"
    )

    with pytest.raises(MigrationError, match=r"0001_one\.sql was applied and has changed since"):
        migrate(client, database, tmp_path)


def test_a_broken_statement_is_named_and_its_file_is_run_again_from_the_start(
    client: Client, database: str, tmp_path: Path
) -> None:
    table = "CREATE TABLE IF NOT EXISTS {db}.one (n UInt8) ENGINE = MergeTree ORDER BY n;\n"
    good = f"-- a comment; with a semicolon\n{table}"
    file = tmp_path / "0001_one.sql"
    file.write_text(good + "CREATE TABEL {db}.two;\n")

    with pytest.raises(MigrationError, match=r"0001_one\.sql, statement 2, was refused: .*"):
        migrate(client, database, tmp_path)
    file.write_text(good)

    assert migrate(client, database, tmp_path) == ["0001_one.sql"]


def test_every_statement_of_ours_can_be_repeated(client: Client, database: str) -> None:
    migrate(client, database)
    client.command(f"TRUNCATE TABLE {database}.schema_migrations")

    assert migrate(client, database) == sorted(path.name for path in FOLDER.glob("*.sql"))
