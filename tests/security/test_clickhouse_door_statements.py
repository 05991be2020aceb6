"""No statement reaches files, addresses, commands or queries of others, whichever user runs it."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.security.forbidden_statements import BEYOND_TABLES, LEAVING_THE_DATABASE, NOT_FOR_ANALYSTS
from weir.local.clickhouse.access import DatabaseUser, address
from weir.local.stack import running_clickhouse

pytestmark = pytest.mark.integration


class Machine:
    """A ClickHouse beside a file, a path and a port that no statement may read, write or call."""

    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.port = port
        self.secret = home / "planted.txt"
        self.target = home / "written.txt"

    def ask(self, user: DatabaseUser, sql: str, **parameters: str) -> httpx.Response:
        statement = (
            sql.replace("{secret}", str(self.secret))
            .replace("{target}", str(self.target))
            .replace("{port}", "9")
        )
        filled = {name: value.replace("{secret}", str(self.secret)) for name, value in parameters.items()}
        return httpx.post(address(self.home, self.port, user), params=filled, content=statement, timeout=30)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    home = tmp_path_factory.mktemp("machine")
    with running_clickhouse(home) as url:
        machine = Machine(home, int(url.rsplit(":", 1)[1]))
        machine.secret.write_text("PLANTED\n")
        assert machine.ask(
            DatabaseUser.WRITER, "CREATE TABLE kept (s String) ENGINE = MergeTree ORDER BY s"
        ).is_success
        assert machine.ask(DatabaseUser.WRITER, "INSERT INTO kept VALUES ('a row')").is_success
        yield machine


def assert_refused(machine: Machine, answer: httpx.Response) -> None:
    assert answer.is_client_error, answer.text
    assert "PLANTED" not in answer.text
    assert not machine.target.exists()
    assert machine.ask(DatabaseUser.ANALYST, "SELECT s FROM kept").text == "a row\n"


@pytest.mark.parametrize("user", list(DatabaseUser))
@pytest.mark.parametrize("sql", LEAVING_THE_DATABASE.values(), ids=LEAVING_THE_DATABASE.keys())
def test_neither_user_leaves_the_database(machine: Machine, user: DatabaseUser, sql: str) -> None:
    assert_refused(machine, machine.ask(user, sql))


@pytest.mark.parametrize("sql", BEYOND_TABLES.values(), ids=BEYOND_TABLES.keys())
def test_the_user_who_writes_writes_to_tables_alone(machine: Machine, sql: str) -> None:
    assert_refused(machine, machine.ask(DatabaseUser.WRITER, sql))


@pytest.mark.parametrize("sql", NOT_FOR_ANALYSTS.values(), ids=NOT_FOR_ANALYSTS.keys())
def test_an_analyst_reads_tables_and_nothing_else(machine: Machine, sql: str) -> None:
    assert_refused(machine, machine.ask(DatabaseUser.ANALYST, sql))


@pytest.mark.parametrize(
    ("sql", "parameters"),
    [
        ("SELECT * FROM {t:Identifier}", {"param_t": "system.processes"}),
        ("SELECT * FROM {d:Identifier}.{t:Identifier}", {"param_d": "system", "param_t": "processes"}),
        ("SELECT * FROM {t:Identifier}", {"param_t": "processes", "database": "system"}),
        ("SELECT * FROM processes", {"database": "system"}),
        ("DROP TABLE one", {"database": "system"}),
        ("SELECT arrayMap({f:Identifier}, ['{secret}'])", {"param_f": "file"}),
        ("SELECT 1", {"additional_result_filter": "file('{secret}') != ''"}),
        ("SELECT s FROM kept", {"additional_table_filters": "{'kept': 's'}"}),
        ("SELECT s FROM kept", {"filter": "file('{secret}') != ''"}),
        ("SELECT s FROM kept", {"select": "file('{secret}')"}),
        ("SELECT 1", {"implicit_table_at_top_level": "system.processes"}),
        ("SELECT 1", {"dialect": "prql"}),
        ("SELECT 1", {"format_schema": "/etc/passwd"}),
        ("SELECT 1", {"default_format": "Template"}),
        ("SELECT 1", {"default_format": "dataframe"}),
        ("SELECT 1", {"max_execution_time": "0"}),
        ("SELECT 1", {"database": "x`; SELECT file('{secret}') --"}),
        ("SELECT 1", {"param_x'": "1"}),
        ("SELECT 1", {"max_threads = 1, readonly": "0"}),
    ],
)
def test_nothing_beside_the_statement_gives_more(
    machine: Machine, sql: str, parameters: dict[str, str]
) -> None:
    assert_refused(machine, machine.ask(DatabaseUser.ANALYST, sql, **parameters))


def test_the_engines_own_database_is_changed_by_nobody_who_uses_it(machine: Machine) -> None:
    assert_refused(machine, machine.ask(DatabaseUser.WRITER, "DROP TABLE one", database="system"))

    assert machine.ask(DatabaseUser.WRITER, "SELECT count() FROM system.one").text == "1\n"
    assert machine.ask(DatabaseUser.WRITER, "CREATE TABLE default.t (a Int8) ENGINE = Memory").is_success
    assert machine.ask(DatabaseUser.WRITER, "DROP TABLE default.t").is_success


def test_a_session_is_of_one_user(machine: Machine) -> None:
    assert machine.ask(DatabaseUser.WRITER, "USE system", session_id="shared").is_success

    assert (
        machine.ask(DatabaseUser.WRITER, "SELECT currentDatabase()", session_id="shared").text == "system\n"
    )
    assert (
        machine.ask(DatabaseUser.ANALYST, "SELECT currentDatabase()", session_id="shared").text == "default\n"
    )


def test_a_session_in_system_shows_an_analyst_no_more(machine: Machine) -> None:
    name = uuid4().hex
    assert machine.ask(DatabaseUser.ANALYST, "USE system", session_id=name).is_success

    assert_refused(machine, machine.ask(DatabaseUser.ANALYST, "SELECT * FROM processes", session_id=name))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count() FROM kept",
        "SELECT * FROM numbers(3) AS n LEFT JOIN kept AS k ON toString(n.number) = k.s",
        "SELECT quantile(0.9)(number), sumIf(number, number > 1), uniqExact(number) FROM numbers(10)",
        "SELECT sum(number) OVER (ORDER BY number ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM numbers(3)",
        "WITH x AS (SELECT number AS n FROM numbers(3)) SELECT arrayMap(y -> y + 1, groupArray(n)) FROM x",
        "SELECT name FROM system.tables WHERE database = currentDatabase()",
        "SELECT * EXCEPT (s) FROM (SELECT s, 1 AS n FROM kept)",
        "SELECT ';', $$;$$, '\\'', \"s\" FROM kept -- ;",
        "SELECT version(), timezone(), displayName()",
        "SHOW TABLES",
        "DESCRIBE kept",
        "SHOW CREATE TABLE kept",
        "EXPLAIN SELECT * FROM kept",
        "EXPLAIN indexes = 1, actions = 1 SELECT * FROM kept SETTINGS max_threads = 1",
        "SELECT 1 SETTINGS max_threads = 2, max_execution_time = 10",
        (
            "SELECT CASE s WHEN 'a' THEN 1 ELSE 2 END, CAST(1 AS Nullable(UInt8)), [1, 2][1], (1, 'x').2 "
            "FROM kept FORMAT JSON"
        ),
    ],
)
def test_ordinary_questions_are_answered(machine: Machine, sql: str) -> None:
    assert machine.ask(DatabaseUser.ANALYST, sql).is_success, machine.ask(DatabaseUser.ANALYST, sql).text
