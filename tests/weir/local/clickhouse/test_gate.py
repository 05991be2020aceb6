"""The gate checks the engine's rendering of a statement, runs that, and remembers what it admitted."""

from collections.abc import Mapping

import pytest

from tests.weir.local.clickhouse.rendering_engine import EXPLAIN, RENDER, RULES, SELECT, RenderingEngine
from weir.local.clickhouse.access import DatabaseUser
from weir.local.clickhouse.errors import EngineError
from weir.local.clickhouse.gate import (
    DEFAULT_MAX_BYTES,
    MAX_CACHED_BYTES,
    MAX_CACHED_STATEMENTS,
    MAX_STATEMENT_BYTES,
    StatementGate,
    SubmittedStatement,
)
from weir.local.clickhouse.statement import parse


def submitted(
    text: str, user: DatabaseUser = DatabaseUser.WRITER, parameters: Mapping[str, str] | None = None
) -> SubmittedStatement:
    return SubmittedStatement(parse(text.encode()), user, "", parameters or {})


@pytest.fixture
def gate() -> StatementGate:
    return StatementGate(RULES)


def test_the_rendering_runs_and_not_what_was_sent(gate: StatementGate) -> None:
    admitted = gate.admit(submitted("SELECT  /* why */ 1\nFORMAT JSON"), RenderingEngine().run)

    assert (admitted.text, admitted.format) == (b"SELECT 1 FORMAT JSON", "JSON")


def test_a_statement_is_checked_once_for_each_user(gate: StatementGate) -> None:
    engine = RenderingEngine()

    for user in (DatabaseUser.WRITER, DatabaseUser.WRITER, DatabaseUser.ANALYST, DatabaseUser.ANALYST):
        gate.admit(submitted("SELECT 1", user), engine.run)

    assert len([sql for sql in engine.ran if sql.startswith(RENDER)]) == 2


def test_the_rows_of_an_insert_are_no_part_of_what_is_checked(gate: StatementGate) -> None:
    engine = RenderingEngine({"INSERT INTO t FORMAT JSON": "InsertQuery (children 1)\n Identifier t\n"})

    first = gate.admit(submitted("INSERT INTO t FORMAT JSON\n{1}"), engine.run)
    second = gate.admit(submitted("INSERT INTO t FORMAT JSON\n{2}"), engine.run)

    assert (first.text, first.rows, second.rows) == (b"INSERT INTO t", b"{1}", b"{2}")
    assert all(b"{" not in sql for sql in engine.ran)


@pytest.mark.parametrize(
    ("text", "tree", "message"),
    [
        ("SELECT 1 INTO OUTFILE 'x'", SELECT, r"files beside a statement"),
        ("SELECT file('x')", SELECT, "the function file"),
        ("SELECT 1 SETTINGS format_schema = 'x'", SELECT, "the setting format_schema"),
        ("SELECT 1 FORMAT Template", SELECT, "the format Template"),
        ("SELECT 1 FORMAT Unheard", SELECT, "Unknown format"),
        ("SYSTEM SHUTDOWN", "SYSTEM query\n", "SYSTEM"),
        ("SELECT 1", "SelectWithUnionQuery (children 2)\n Set\n", "tree cannot be read"),
    ],
)
def test_a_refused_statement_is_refused_each_time(
    gate: StatementGate, text: str, tree: str, message: str
) -> None:
    engine = RenderingEngine({text: tree})

    for _ in range(2):
        with pytest.raises(EngineError, match=message):
            gate.admit(submitted(text), engine.run)


def test_a_statement_that_leads_out_is_refused_before_the_engine_parses_it(gate: StatementGate) -> None:
    engine = RenderingEngine()

    with pytest.raises(EngineError):
        gate.admit(submitted("SELECT 1 INTO OUTFILE 'x'"), engine.run)

    assert not any(sql.startswith(EXPLAIN) for sql in engine.ran)


def test_a_syntax_error_is_told_without_the_query_of_the_gate(gate: StatementGate) -> None:
    with pytest.raises(EngineError, match="Syntax error") as refused:
        gate.admit(submitted("SELEKT 1"), RenderingEngine().run)

    assert refused.value.code == 62
    assert "formatQuerySingleLine" not in str(refused.value)


@pytest.mark.parametrize(("name", "is_plain"), [("db.t_1", True), ("t WHERE 1", False), ("", False)])
def test_a_parameter_that_stands_for_a_name_must_be_a_plain_one(
    gate: StatementGate, name: str, is_plain: bool
) -> None:
    statement = submitted("SELECT 1 FROM {t:Identifier}", parameters={"t": name})

    if is_plain:
        gate.admit(statement, RenderingEngine().run)
    else:
        with pytest.raises(EngineError, match="no plain name"):
            gate.admit(statement, RenderingEngine().run)


def test_what_is_called_as_a_table_must_be_a_view(gate: StatementGate) -> None:
    tree = "SelectWithUnionQuery (children 1)\n TableExpression (children 1)\n  Function it's\n"
    engine = RenderingEngine({"SELECT 1": tree})

    with pytest.raises(EngineError, match="it's as a table function: it is no view"):
        gate.admit(submitted("SELECT 1"), engine.run)

    assert b"name = 'it\\'s'" in engine.ran[-1]


def test_a_long_statement_is_rendered_with_room_and_an_endless_one_refused(gate: StatementGate) -> None:
    engine = RenderingEngine()

    gate.admit(submitted("SELECT " + "1" * DEFAULT_MAX_BYTES), engine.run)

    assert engine.ran[0] == b"SET max_query_size = 16777216"
    with pytest.raises(EngineError, match="is longer than"):
        gate.admit(submitted("SELECT " + "1" * MAX_STATEMENT_BYTES), engine.run)


def test_neither_many_nor_large_statements_fill_the_memory(gate: StatementGate) -> None:
    engine = RenderingEngine()
    for number in range(MAX_CACHED_STATEMENTS + 1):
        gate.admit(submitted(f"SELECT {number}"), engine.run)
    for _ in range(2):
        gate.admit(submitted("SELECT " + "1" * MAX_CACHED_BYTES), engine.run)
    checks = len(engine.ran)

    gate.admit(submitted(f"SELECT {MAX_CACHED_STATEMENTS}"), engine.run)

    assert len(engine.ran) == checks == 2 * (MAX_CACHED_STATEMENTS + 3)

    gate.admit(submitted("SELECT 0"), engine.run)

    assert len(engine.ran) == checks + 2
