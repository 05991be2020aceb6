"""Objects in an older state folder are judged by the rules for today's statements."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from weir.local.clickhouse.access import DatabaseUser, address
from weir.local.parts import free_port
from weir.local.stack import running_clickhouse

pytestmark = pytest.mark.integration

# The engine as it was opened before: its own user may do everything.
OPEN_ENGINE = """
import sys, chdb
connection = chdb.connect(sys.argv[1])
for statement in sys.argv[2:]:
    connection.query(statement)
connection.close()
"""


def stored(home: Path, *statements: str) -> None:
    (home / "clickhouse").mkdir(parents=True)
    command = [sys.executable, "-c", OPEN_ENGINE, str(home / "clickhouse" / "store"), *statements]
    subprocess.run(command, check=True, timeout=60)


def test_a_view_that_reads_a_file_is_set_aside_and_told(tmp_path: Path) -> None:
    secret, port = tmp_path / "planted.txt", free_port()
    secret.write_text("PLANTED\n")
    stored(
        tmp_path,
        "CREATE DATABASE old",
        f"CREATE VIEW old.by_function AS SELECT file('{secret}') AS s",
        f"CREATE VIEW old.by_table AS SELECT * FROM file('{secret}', 'LineAsString')",
        "CREATE VIEW old.over_view AS SELECT * FROM old.by_function",
        f"CREATE TABLE old.in_a_file (s String) ENGINE = File(LineAsString, '{secret}')",
        "CREATE TABLE old.kept (k UInt8) ENGINE = MergeTree ORDER BY k",
        "INSERT INTO old.kept VALUES (7)",
    )

    with running_clickhouse(tmp_path, port):
        answers = {
            name: httpx.post(address(tmp_path, port, user), content=f"SELECT * FROM old.{name}", timeout=20)
            for user in DatabaseUser
            for name in ("by_function", "by_table", "over_view", "in_a_file", "kept")
        }
        log = (tmp_path / "logs" / "clickhouse.log").read_text()

    assert answers.pop("kept").text == "7\n"
    assert all(answer.is_error and "PLANTED" not in answer.text for answer in answers.values())
    assert all(f"`old`.`{name}` is set aside" in log for name in ("by_function", "by_table", "in_a_file"))


def test_tables_of_an_earlier_version_are_still_there_after_two_starts(tmp_path: Path) -> None:
    port = free_port()
    stored(
        tmp_path, "CREATE TABLE kept (k UInt8) ENGINE = MergeTree ORDER BY k", "INSERT INTO kept VALUES (7)"
    )

    for rows in ("7\n", "7\n8\n"):
        with running_clickhouse(tmp_path, port) as url:
            assert httpx.post(url, content="SELECT k FROM kept ORDER BY k", timeout=20).text == rows
            httpx.post(url, content="INSERT INTO kept VALUES (8)", timeout=20).raise_for_status()
