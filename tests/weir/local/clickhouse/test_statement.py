"""The parser cuts a request into statement and rows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.local.clickhouse.statement import parse


@pytest.mark.parametrize(
    ("text", "head", "rows", "name"),
    [
        (b"INSERT INTO t FORMAT TSV\n1\t2\n", b"INSERT INTO t", b"1\t2\n", "TSV"),
        (b"insert into t (a, b) format Native\n\x00\xff;", b"insert into t (a, b)", b"\x00\xff;", "Native"),
        (b"INSERT INTO t VALUES (1, 'FORMAT x')", b"INSERT INTO t", b" (1, 'FORMAT x')", "Values"),
        (b"INSERT INTO `FORMAT` FORMAT CSV\r\n1", b"INSERT INTO `FORMAT`", b"1", "CSV"),
        (
            b"-- FORMAT A\nINSERT /* VALUES */ INTO t SETTINGS a='FORMAT' FORMAT JSONEachRow {}",
            b"",
            b"{}",
            "JSONEachRow",
        ),
        (
            b"INSERT INTO t (values, format) FORMAT RowBinary\n",
            b"INSERT INTO t (values, format)",
            b"",
            "RowBinary",
        ),
    ],
)
def test_rows_of_an_insert_stand_apart(text: bytes, head: bytes, rows: bytes, name: str) -> None:
    statement = parse(text)

    assert statement.text == head or not head
    assert (statement.rows, statement.format, statement.answers_rows) == (rows, name, False)


@pytest.mark.parametrize(
    "text", [b"INSERT INTO t SELECT 1 FORMAT Null", b"INSERT INTO t WITH x AS (SELECT 1) SELECT * FROM x"]
)
def test_an_insert_from_a_query_keeps_its_text(text: bytes) -> None:
    assert (parse(text).text, parse(text).rows) == (text, None)


@pytest.mark.parametrize(
    ("text", "name", "answers"),
    [
        (b"SELECT 1", None, True),
        (b"(SELECT 1) FORMAT JSON;", "JSON", True),
        (b"/* x */ WITH 1 AS a SELECT a FORMAT ArrowStream SETTINGS max_threads = 1", "ArrowStream", True),
        (b"SELECT 'FORMAT JSON'", None, True),
        (b"CREATE TABLE t (a UInt8) ENGINE = Memory", None, False),
        (b"SET max_threads = 1", None, False),
        (b"", None, False),
    ],
)
def test_the_format_of_an_answer_is_found(text: bytes, name: str | None, answers: bool) -> None:
    assert (parse(text).format, parse(text).answers_rows) == (name, answers)


@given(st.binary(max_size=200))
def test_rows_are_never_changed(rows: bytes) -> None:
    # The newline after the format's name belongs to the statement, all after it to the rows.
    assert parse(b"INSERT INTO t (a) FORMAT RowBinary\n" + rows).rows == rows


@given(st.binary(max_size=200))
def test_no_text_breaks_the_parser(text: bytes) -> None:
    parse(text)
    parse(b"INSERT INTO " + text)
