"""No statement leaves the database: whoever has a password reaches tables, never files, addresses, commands or other people's queries."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from weir.local.clickhouse.access import DatabaseUser, address
from weir.local.stack import running_clickhouse

pytestmark = pytest.mark.integration

LEAVING = {
    "a table function that reads files": "SELECT * FROM file('{secret}', 'LineAsString')",
    "in another case": "SELECT * FROM FiLe('{secret}', 'LineAsString')",
    "in backticks": "SELECT * FROM `file`('{secret}', 'LineAsString')",
    "in quotes": "SELECT * FROM \"file\"('{secret}', 'LineAsString')",
    "between comments": "SELECT/**/*/**/FROM -- x\n/**/file/**/('{secret}', 'LineAsString')",
    "a function that reads files": "SELECT file('{secret}')",
    "a function by its bare name": "SELECT arrayMap(file, ['{secret}'])",
    "a function by its bare name in backticks": "SELECT arrayFold(`file`, ['{secret}'], '')",
    "a function for all columns": "SELECT * APPLY(file) FROM (SELECT '{secret}')",
    "a function for matching columns": "SELECT COLUMNS('.*') APPLY file FROM (SELECT '{secret}')",
    "in a lambda": "SELECT arrayMap(x -> file(x), ['{secret}'])",
    "in a condition": "SELECT if(1, file('{secret}'), '')",
    "in LIMIT": "SELECT 1 LIMIT length(file('{secret}'))",
    "in ORDER BY": "SELECT 1 ORDER BY file('{secret}')",
    "in a window": "SELECT sum(1) OVER (PARTITION BY file('{secret}'))",
    "in ARRAY JOIN": "SELECT x FROM numbers(1) ARRAY JOIN [file('{secret}')] AS x",
    "in REPLACE": "SELECT * REPLACE(file('{secret}') AS dummy) FROM system.one",
    "behind WITH": "WITH x AS (SELECT * FROM file('{secret}')) SELECT * FROM x",
    "behind WITH as a scalar": "WITH (SELECT file('{secret}')) AS x SELECT x",
    "in a join's condition": "SELECT 1 FROM numbers(1) AS a JOIN numbers(1) AS b ON length(file('{secret}')) = b.number",
    "where gaps are filled": "SELECT number FROM numbers(1) ORDER BY number WITH FILL FROM length(file('{secret}'))",
    "where gaps are guessed": "SELECT number, 1 AS x FROM numbers(1) ORDER BY number WITH FILL INTERPOLATE (x AS length(file('{secret}')))",
    "in QUALIFY": "SELECT number FROM numbers(1) QUALIFY file('{secret}') != ''",
    "in LIMIT BY": "SELECT number FROM numbers(1) LIMIT 1 BY file('{secret}')",
    "in GROUPING SETS": "SELECT count() FROM numbers(1) GROUP BY GROUPING SETS ((file('{secret}')), (number))",
    "in a named window": "SELECT sum(number) OVER w FROM numbers(1) WINDOW w AS (ORDER BY file('{secret}'))",
    "behind UNION": "SELECT '' UNION ALL SELECT file('{secret}')",
    "behind JOIN": "SELECT * FROM system.one CROSS JOIN file('{secret}', 'LineAsString') AS f",
    "behind IN": "SELECT 1 WHERE 'x' IN file('{secret}', 'LineAsString')",
    "behind IN with a query": "SELECT 1 WHERE 'x' IN (SELECT * FROM file('{secret}', 'LineAsString'))",
    "three levels down": "SELECT * FROM (SELECT * FROM (SELECT * FROM file('{secret}', 'LineAsString')))",
    "inside view()": "SELECT * FROM view(SELECT * FROM file('{secret}', 'LineAsString'))",
    "inside viewExplain()": "SELECT * FROM viewExplain('EXPLAIN', '', (SELECT * FROM file('{secret}', 'LineAsString')))",
    "explained": "EXPLAIN SELECT * FROM file('{secret}', 'LineAsString')",
    "explained with a setting": "EXPLAIN indexes = 1 SELECT 1 SETTINGS format_schema = 'x'",
    "explained by its syntax": "EXPLAIN SYNTAX SELECT file('{secret}')",
    "described": "DESCRIBE TABLE file('{secret}', 'LineAsString')",
    "a path instead of a table": "SELECT * FROM `{secret}`",
    "a path in default": "SELECT * FROM default.`{secret}`",
    "a file to read an answer": "SELECT 1 INTO OUTFILE '{target}'",
    "a file to read a listing": "SHOW TABLES INTO OUTFILE '{target}' TRUNCATE",
    "a file to read a plan": "EXPLAIN AST SELECT 1 INTO OUTFILE '{target}'",
    "an address": "SELECT * FROM url('http://127.0.0.1:{port}/', 'CSV', 'a String')",
    "an object store": "SELECT * FROM s3('http://127.0.0.1:{port}/b/k', 'CSV', 'a String')",
    "another ClickHouse": "SELECT * FROM remote('127.0.0.1:{port}', 'system', 'one')",
    "a cluster": "SELECT * FROM cluster('default', system.one)",
    "MySQL": "SELECT * FROM mysql('127.0.0.1:{port}', 'a', 'b', 'c', 'd')",
    "PostgreSQL": "SELECT * FROM postgresql('127.0.0.1:{port}', 'a', 'b', 'c', 'd')",
    "SQLite": "SELECT * FROM sqlite('{target}', 't')",
    "ODBC": "SELECT * FROM odbc('DSN=x', 'a', 'b')",
    "a lake on this disk": "SELECT * FROM icebergLocal('/tmp')",
    "a command": "SELECT * FROM executable('id', 'LineAsString', 'a String')",
    "an object of this process": "SELECT * FROM python(os)",
    "a folder": "SELECT * FROM filesystem('/etc')",
    "all tables of system": "SELECT * FROM merge('system', '.*')",
    "a query without end": "SELECT * FROM loop(system.one)",
    "a model that answers": "SELECT aiGenerate('x', 'y')",
    "the machine's name": "SELECT hostName(), FQDN()",
    "the server's settings": "SELECT getServerSetting('path')",
    "addresses in memory": "SELECT addressToSymbol(1)",
    "the process's stacks": "SELECT * FROM system.stack_trace",
    "certificates": "SELECT * FROM system.certificates",
    "a template from a file": "SELECT 1 FORMAT Template SETTINGS format_template_row = '{secret}'",
    "a schema from a file": "SELECT 1 FORMAT Protobuf SETTINGS format_schema = '{secret}'",
    "a registry": "SELECT 1 FORMAT AvroConfluent",
    "a schema written to a file": "SELECT 1 SETTINGS output_format_schema = '{target}'",
    "a setting in a subquery": "SELECT (SELECT 1 SETTINGS format_schema = 'x')",
    "a filter that is a setting": "SELECT 1 SETTINGS additional_result_filter = '1'",
    "another language": "SET dialect = 'prql'",
    "a limit that is none": "SELECT 1 SETTINGS max_execution_time = 0",
    "two statements": "SELECT 1; SELECT file('{secret}')",
    "two statements behind a heredoc": "SELECT $$;$$; SELECT file('{secret}')",
    "two statements behind a comment": "SELECT 1 -- x\n; SELECT file('{secret}')",
    "a name that forges a line of the tree": "SELECT 1 AS `x\n Literal`",
    "the client's own questions": "?? what is in {secret}",
}
"""What neither user may run, by what it tries."""

WRITING = {
    "rows to a file": "INSERT INTO FUNCTION file('{target}', 'CSV', 'a Int8') VALUES (1)",
    "rows to an address": "INSERT INTO FUNCTION url('http://127.0.0.1:{port}/', 'CSV', 'a Int8') SELECT 1",
    "rows from a file": "INSERT INTO kept FROM INFILE '{secret}' FORMAT LineAsString",
    "rows from a file by a query": "INSERT INTO kept SELECT * FROM file('{secret}', 'LineAsString')",
    "rows to a path": "INSERT INTO `{target}` SELECT 1",
    "a table in a file": "CREATE TABLE t (a String) ENGINE = File(CSV, '{secret}')",
    "a table at an address": "CREATE TABLE t (a String) ENGINE = URL('http://127.0.0.1:{port}/', CSV)",
    "a table on Kafka": "CREATE TABLE t (a String) ENGINE = Kafka('127.0.0.1:{port}', 't', 'g', 'CSV')",
    "a table in an object store": "CREATE TABLE t (a String) ENGINE = S3('http://127.0.0.1:{port}/b/k', 'CSV')",
    "a table of a command": "CREATE TABLE t (a String) ENGINE = Executable('x', 'CSV')",
    "a table elsewhere": "CREATE TABLE t (a String) ENGINE = Distributed('default', 'a', 'b')",
    "a table of all tables": "CREATE TABLE t (a String) ENGINE = Merge('system', '.*')",
    "a table from a function": "CREATE TABLE t AS file('{secret}', 'LineAsString')",
    "a table from a query": "CREATE TABLE t ENGINE = Memory AS SELECT * FROM file('{secret}', 'LineAsString')",
    "a column's default": "CREATE TABLE t (a String DEFAULT file('{secret}')) ENGINE = Memory",
    "a disk anywhere": "CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = local, path = '/tmp/')",
    "another storage": "CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS storage_policy = 'x'",
    "a view of a file": "CREATE VIEW v AS SELECT file('{secret}')",
    "a view that writes a file": "CREATE MATERIALIZED VIEW v ENGINE = File(CSV) AS SELECT 1",
    "a view as somebody else": "CREATE VIEW v DEFINER = default SQL SECURITY DEFINER AS SELECT 1",
    "a dictionary from a file": "CREATE DICTIONARY d (k UInt64) PRIMARY KEY k SOURCE(FILE(path '{secret}' format 'CSV')) LAYOUT(FLAT())",
    "a dictionary of a command": "CREATE DICTIONARY d (k UInt64) PRIMARY KEY k SOURCE(EXECUTABLE(command 'id' format 'CSV')) LAYOUT(FLAT())",
    "a database of files": "CREATE DATABASE d ENGINE = Filesystem('/')",
    "a database elsewhere": "CREATE DATABASE d ENGINE = MySQL('127.0.0.1:{port}', 'a', 'b', 'c')",
    "a function": "CREATE FUNCTION f AS x -> file(x)",
    "a named collection": "CREATE NAMED COLLECTION n AS a = 1",
    "a user": "CREATE USER u",
    "rights": "GRANT ALL ON *.* TO default",
    "files as a table": "ATTACH TABLE t FROM '/tmp' (a Int8) ENGINE = MergeTree ORDER BY a",
    "a backup": "BACKUP TABLE kept TO File('{target}')",
    "a restore": "RESTORE TABLE kept FROM File('{target}')",
    "the server": "SYSTEM SHUTDOWN",
    "a copy in the shadow": "ALTER TABLE kept FREEZE",
    "a part elsewhere": "ALTER TABLE kept MOVE PARTITION tuple() TO DISK 'x'",
    "a part from elsewhere": "ALTER TABLE kept FETCH PARTITION tuple() FROM '/x'",
    "a column from a file": "ALTER TABLE kept ADD COLUMN z String DEFAULT file('{secret}')",
    "a constraint": "ALTER TABLE kept ADD CONSTRAINT c CHECK file('{secret}') != ''",
    "a projection": "ALTER TABLE kept ADD PROJECTION p (SELECT file('{secret}') ORDER BY s)",
    "an index": "ALTER TABLE kept ADD INDEX i file('{secret}') TYPE minmax",
    "a time to live": "ALTER TABLE kept MODIFY TTL toDate(length(file('{secret}')))",
    "a column's time to live": "CREATE TABLE t (a Date TTL toDate(length(file('{secret}')))) ENGINE = MergeTree ORDER BY tuple()",
    "a key of partitions": "CREATE TABLE t (a Int8) ENGINE = MergeTree PARTITION BY file('{secret}') ORDER BY a",
    "a partition": "ALTER TABLE kept DROP PARTITION tuple(file('{secret}'))",
    "a partition to merge": "OPTIMIZE TABLE kept PARTITION tuple(file('{secret}'))",
    "an update from a file": "ALTER TABLE kept UPDATE s = file('{secret}') WHERE 1",
    "the engine's tables": "DROP DATABASE system",
    "several of the engine's tables": "DROP TABLE kept_not, system.one",
    "the engine's tables emptied": "TRUNCATE DATABASE system",
    "the engine's tables renamed": "RENAME TABLE system.one TO system.two",
    "a view among the engine's": "CREATE OR REPLACE VIEW information_schema.tables AS SELECT 1",
    "rows among the engine's": "INSERT INTO system.one SELECT 1",
    "the common database": "DROP DATABASE default",
    "the common database renamed": "RENAME DATABASE default TO other",
    "another one's query": "KILL QUERY WHERE 1",
    "another user": "EXECUTE AS default SELECT 1",
}
"""What the user who writes may not run."""

NOT_FOR_ANALYSTS = {
    "rows": "INSERT INTO kept VALUES ('x')",
    "rows by a query": "INSERT INTO kept SELECT 'x'",
    "an explained insert": "EXPLAIN INSERT INTO kept SELECT 'x'",
    "a table": "CREATE TABLE t (a Int8) ENGINE = Memory",
    "a temporary table": "CREATE TEMPORARY TABLE t (a Int8)",
    "a view": "CREATE VIEW v AS SELECT 1",
    "a drop": "DROP TABLE kept",
    "a truncate": "TRUNCATE TABLE kept",
    "a delete": "DELETE FROM kept WHERE 1",
    "a mutation": "ALTER TABLE kept DELETE WHERE 1",
    "a merge": "OPTIMIZE TABLE kept",
    "another name": "RENAME TABLE kept TO gone",
    "running queries": "SELECT query FROM system.processes",
    "running queries in quotes": 'SELECT query FROM "system" . "processes"',
    "running queries behind IN": "SELECT 1 WHERE 'x' IN (system.processes)",
    "running queries as a list": "SHOW PROCESSLIST",
    "old queries": "SELECT query FROM system.query_log",
    "the server's settings": "SELECT * FROM system.server_settings",
    "a slot for minutes": "SELECT sleepEachRow(3) FROM numbers(100)",
    "more rights": "SET readonly = 0",
    "more rights in a query": "SELECT 1 SETTINGS readonly = 0",
    "more memory": "SELECT 1 SETTINGS max_memory_usage = 99999999999999",
}


class Machine:
    """A ClickHouse, a file that nobody may read, a place that nobody may write, and a port that nobody may call."""

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
@pytest.mark.parametrize("sql", LEAVING.values(), ids=LEAVING.keys())
def test_neither_user_leaves_the_database(machine: Machine, user: DatabaseUser, sql: str) -> None:
    assert_refused(machine, machine.ask(user, sql))


@pytest.mark.parametrize("sql", WRITING.values(), ids=WRITING.keys())
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
        "SELECT CASE s WHEN 'a' THEN 1 ELSE 2 END, CAST(1 AS Nullable(UInt8)), [1, 2][1], (1, 'x').2 FROM kept FORMAT JSON",
    ],
)
def test_ordinary_questions_are_answered(machine: Machine, sql: str) -> None:
    assert machine.ask(DatabaseUser.ANALYST, sql).is_success, machine.ask(DatabaseUser.ANALYST, sql).text
