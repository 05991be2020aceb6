"""Rules of a small engine, and a stand-in that renders statements as the engine does."""

from collections.abc import Mapping

from weir.local.clickhouse.catalog import EngineCatalog
from weir.local.clickhouse.rules import StatementRules

CATALOG = EngineCatalog(
    functions=frozenset({"sum", "uniq"}),
    refused_functions=frozenset({"file"}),
    combinators=("if", "state", "ornull"),
    table_functions=frozenset({"file", "numbers"}),
    formats=frozenset({"JSON", "Template"}),
    settings=frozenset(
        {
            "max_threads",
            "max_execution_time",
            "format_schema",
            "input_format_csv_x",
            "min_bytes_for_wide_part",
        }
    ),
    table_settings=frozenset({"index_granularity", "disk", "min_bytes_for_wide_part"}),
    system_tables=frozenset({"processes", "one"}),
)
RULES = StatementRules(CATALOG)
RENDER, EXPLAIN = b"SELECT formatQuerySingleLine('", b"EXPLAIN AST "
SELECT = "SelectWithUnionQuery\n"


class RenderingEngine:
    """Renders statements in one style and gives the tree of each; it keeps what it was asked to run."""

    def __init__(self, trees: Mapping[str, str] | None = None) -> None:
        self.trees = trees or {}
        self.ran: list[bytes] = []

    def run(self, sql: bytes, output_format: str) -> bytes:
        """Answer a query of the gate."""
        self.ran.append(sql)
        if sql.startswith(RENDER):
            text = sql.removeprefix(RENDER).removesuffix(b"')").replace(b"\\'", b"'").replace(b"\\\\", b"\\")
            if b"SELEKT" in text:
                raise RuntimeError("Code: 62. DB::Exception: Syntax error: In scope SELECT formatQuery(...)")
            return b" ".join(text.replace(b"/* why */", b"").split())
        if sql.startswith(EXPLAIN):
            return self.trees.get(sql.removeprefix(EXPLAIN).decode(), SELECT).encode()
        return b"0\n"
