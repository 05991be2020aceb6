"""Applies the SQL files of deploy/clickhouse in order, each once; a later change of a file is an error."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from weir.clickhouse import is_connection_failure

DATABASE = "weir"
FOLDER = Path(__file__).parents[2] / "deploy" / "clickhouse"
END = re.compile(r";[ \t]*$", re.MULTILINE)


class MigrationError(Exception):
    """A migration file changed after it was applied, or ClickHouse refused one of its statements."""


def migrate(client: Client, database: str = DATABASE, folder: Path = FOLDER) -> list[str]:
    """Apply the missing files; returns the names of the files that were applied now.

    A file is recorded after its last statement, so an interrupted one runs again from its first statement:
    every statement must be repeatable.
    """
    client.command(f"CREATE DATABASE IF NOT EXISTS {database}")
    client.command(
        f"CREATE TABLE IF NOT EXISTS {database}.schema_migrations "
        "(name String, digest String, applied_at DateTime64(3, 'UTC')) "
        "ENGINE = MergeTree ORDER BY name SETTINGS non_replicated_deduplication_window = 10000"
    )
    recorded = f"SELECT name, any(digest) FROM {database}.schema_migrations GROUP BY name"  # noqa: S608 - our own name
    rows = client.query(recorded).result_rows
    applied = {str(name): str(digest) for name, digest in rows}
    now: list[str] = []
    for path in sorted(folder.glob("[0-9]*.sql")):
        text = path.read_text(encoding="utf-8")
        digest = hashlib.sha256(text.encode()).hexdigest()
        applied_digest = applied.get(path.name)
        if applied_digest is not None and applied_digest != digest:
            msg = (
                f"{path.name} was applied and has changed since: "
                "put it back, and write the change as a new numbered file"
            )
            raise MigrationError(msg)
        if applied_digest is None:
            _apply(client, path.name, text.replace("{db}", database))
            client.command(
                f"INSERT INTO {database}.schema_migrations "
                "SELECT {name:String}, {digest:String}, now64(3)",
                parameters={"name": path.name, "digest": digest},
            )
            now.append(path.name)
    return now


def _apply(client: Client, name: str, text: str) -> None:
    for number, statement in enumerate(_statements(text), start=1):
        try:
            client.command(statement)
        except DatabaseError as error:
            if is_connection_failure(error):
                raise
            reason = str(error).splitlines()[0]
            msg = f"{name}, statement {number}, was refused: {reason}"
            raise MigrationError(msg) from error


def _statements(text: str) -> Iterator[str]:
    """The statements of a file without comment lines; each ends with `;` at the end of a line."""
    for piece in END.split(text):
        lines = [line for line in piece.splitlines() if not line.lstrip().startswith("--")]
        if statement := "\n".join(lines).strip():
            yield statement
