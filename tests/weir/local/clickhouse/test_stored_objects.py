"""Stored tables and views that the gate refuses today are set aside, and only they."""

from collections.abc import Sequence

from tests.weir.local.clickhouse.rendering_engine import RULES, RenderingEngine
from weir.local.clickhouse.gate import StatementGate
from weir.local.clickhouse.stored_objects import detach_refused

GOOD = "CREATE VIEW db.good AS SELECT 1"
BAD = "CREATE VIEW db.bad AS SELECT file('/etc/passwd')"


def detached(rows: Sequence[Sequence[str]]) -> tuple[list[str], list[bytes]]:
    """The messages, and the statements that detach."""
    engine = RenderingEngine()
    messages = detach_refused(lambda _: rows, StatementGate(RULES), engine.run)
    return messages, [sql for sql in engine.ran if sql.startswith(b"DETACH")]


def test_a_view_that_reads_a_file_is_set_aside_with_its_reason() -> None:
    messages, statements = detached([("db", "good", GOOD), ("db", "bad", BAD)])

    assert statements == [b"DETACH TABLE `db`.`bad` PERMANENTLY"]
    (message,) = messages
    assert message.startswith("`db`.`bad` is set aside: ")
    assert "the function file" in message


def test_a_name_with_quotes_is_quoted_whole() -> None:
    _, statements = detached([("d`b", "b\\ad", BAD)])

    assert statements == [b"DETACH TABLE `d\\`b`.`b\\\\ad` PERMANENTLY"]


def test_nothing_is_set_aside_where_nothing_is_refused() -> None:
    assert detached([("db", "good", GOOD)]) == ([], [])
