"""The rules read settings and names in the engine's rendering of a statement."""

import pytest

from tests.weir.local.clickhouse.rendering_engine import RULES
from weir.local.clickhouse.errors import EngineError
from weir.local.clickhouse.tree import read

SELECT = read(["SelectWithUnionQuery"])
CREATE = read(["CreateQuery t"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            b"SELECT 1 SETTINGS max_threads = 16, max_execution_time = 10",
            [[("max_threads", "16"), ("max_execution_time", "10")]],
        ),
        (b"SELECT (SELECT 1 SETTINGS max_threads = 1), x = 2 FROM t", [[("max_threads", "1")]]),
        (
            b"SET max_threads = 2, param_a = 'x, format_schema = 1'",
            [[("max_threads", "2"), ("param_a", "'x, format_schema = 1'")]],
        ),
        (b"SELECT ' SETTINGS format_schema = 1', `SETTINGS`, settings FROM t", []),
        (
            b"CREATE TABLE t (`a` Int8 CODEC(ZSTD) SETTINGS (index_granularity = 1))",
            [[("index_granularity", "1")]],
        ),
        (b"INSERT INTO t SETTINGS max_threads = 1 FORMAT CSV", [[("max_threads", "1")]]),
    ],
)
def test_every_setting_of_a_statement_is_seen(text: bytes, found: list[list[tuple[str, str]]]) -> None:
    assert RULES.check_words(text) == found


@pytest.mark.parametrize(
    "text",
    [
        b"SELECT 1 SETTINGS format_schema = 'x'",
        b"SELECT 1 SETTINGS max_threads = 1, format_schema = 'x'",
        b"SELECT 1 SETTINGS max_execution_time = 0",
        b"SELECT 1 SETTINGS max_execution_time = '1e9'",
        b"SELECT 1 SETTINGS max_execution_time = DEFAULT",
        b"SELECT 1 SETTINGS nothing_known = 1",
        (
            b"CREATE TABLE t (`a` Int8) ENGINE = MergeTree ORDER BY a"
            b" SETTINGS disk = disk(type = local, path = '/')"
        ),
        b"SELECT 1 INTO OUTFILE 'x'",
        b"INSERT INTO t FROM INFILE 'x'",
        b"SELECT 1 AS `a\\nb`",
    ],
)
def test_what_leads_out_is_refused_before_the_statement_is_parsed(text: bytes) -> None:
    with pytest.raises(EngineError):
        RULES.check_words(text)


def test_a_setting_of_tables_is_none_of_queries() -> None:
    clauses = RULES.check_words(b"SELECT 1 SETTINGS index_granularity = 1")

    RULES.check_settings(clauses, CREATE)
    with pytest.raises(EngineError):
        RULES.check_settings(clauses, SELECT)


def test_settings_that_only_the_tree_shows_are_refused() -> None:
    with pytest.raises(EngineError, match="cannot be read"):
        RULES.check_settings([], read(["SelectWithUnionQuery (children 1)", " Set"]))
