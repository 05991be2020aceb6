"""Stored views and tables are judged like statements when the engine opens: what an earlier version let through is set aside."""

from weir.local.clickhouse.access import DatabaseUser
from weir.local.clickhouse.catalog import RunQuery
from weir.local.clickhouse.errors import EngineError
from weir.local.clickhouse.gate import Run, StatementGate, SubmittedStatement
from weir.local.clickhouse.statement import parse

_STORED = """
SELECT database, name, create_table_query FROM system.tables
WHERE database NOT IN ('system', 'information_schema', 'INFORMATION_SCHEMA') AND NOT is_temporary
"""


def detach_refused(ask: RunQuery, gate: StatementGate, run: Run) -> list[str]:
    """Detach each stored object whose definition the gate refuses, and return what was detached and why; its files stay."""
    told: list[str] = []
    for database, name, definition in ask(_STORED):
        try:
            gate.admit(SubmittedStatement(parse(definition.encode()), DatabaseUser.WRITER, database, {}), run)
        except EngineError as error:
            place = ".".join(
                "`" + part.replace("\\", "\\\\").replace("`", "\\`") + "`" for part in (database, name)
            )
            run(f"DETACH TABLE {place} PERMANENTLY".encode(), "TabSeparated")
            told.append(f"{place} is set aside: {error}")
    return told
