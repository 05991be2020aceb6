"""Checks stored tables and views when the engine opens, and detaches those that the gate refuses."""

from weir.local.clickhouse.access import DatabaseUser
from weir.local.clickhouse.catalog import RunQuery
from weir.local.clickhouse.errors import EngineError
from weir.local.clickhouse.gate import Run, StatementGate, SubmittedStatement
from weir.local.clickhouse.statement import parse

_STORED = """
SELECT database, name, create_table_query FROM system.tables
WHERE database NOT IN ('system', 'information_schema', 'INFORMATION_SCHEMA') AND NOT is_temporary
"""


def detach_refused(run_query: RunQuery, gate: StatementGate, run: Run) -> list[str]:
    """Detach each table or view whose definition the gate refuses; its files are kept.

    An earlier version may have created it without the rules of today. Returns a message for each.
    """
    messages: list[str] = []
    for database, name, definition in run_query(_STORED):
        try:
            gate.admit(SubmittedStatement(parse(definition.encode()), DatabaseUser.WRITER, database, {}), run)
        except EngineError as error:
            table = ".".join(
                "`" + part.replace("\\", "\\\\").replace("`", "\\`") + "`" for part in (database, name)
            )
            run(f"DETACH TABLE {table} PERMANENTLY".encode(), "TabSeparated")
            messages.append(f"{table} is set aside: {error}")
    return messages
