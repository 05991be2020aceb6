"""Reads from ClickHouse's schema how many block tokens each table keeps, also behind materialized views."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

TABLES_SQL = """
SELECT database, name, engine, engine_full, create_table_query, toString(uuid) AS uuid,
  dependencies_database, dependencies_table
FROM system.tables
WHERE database NOT IN ('system', 'information_schema', 'INFORMATION_SCHEMA')
FORMAT JSON
"""
REPLICATED_DEFAULT_TOKENS = 10_000
DEDUP_WINDOW = re.compile(r"\b(?P<kind>replicated|non_replicated)_deduplication_window = (?P<size>\d+)")
VIEW_TARGET = re.compile(
    r"^CREATE MATERIALIZED VIEW \S+(?: UUID '[^']+')? TO (?P<database>`[^`]+`|\w+)\.(?P<name>`[^`]+`|\w+)"
)

TableName = tuple[str, str]
TableRow = Mapping[str, object]


def dedup_windows(tables: Iterable[TableRow], database: str) -> Mapping[str, int]:
    """The number of tokens that each table keeps into which an insert into the database may write.

    Follows views into other databases; 0 for a table that cannot recognise a repeated block.
    """
    known = {(str(table["database"]), str(table["name"])): table for table in tables}
    targets = {name for table in known.values() for name in _targets(table)}
    return {
        f"{name[0]}.{name[1]}": _window(known[name])
        for name in sorted(_reachable(known, database))
        if _stores(known[name]) and (_is_mergetree(known[name]) or name in targets)
    }


def _reachable(known: Mapping[TableName, TableRow], database: str) -> set[TableName]:
    """The tables of a database, and all that its views lead to."""
    reached = {name for name in known if name[0] == database}
    unvisited = list(reached)
    while unvisited:
        fresh = {name for name in _followers(known[unvisited.pop()]) if name in known} - reached
        reached |= fresh
        unvisited += fresh
    return reached


def _followers(table: TableRow) -> Iterator[TableName]:
    """The views that read a table, and the tables that a view writes to."""
    yield from zip(_names(table["dependencies_database"]), _names(table["dependencies_table"]), strict=True)
    yield from _targets(table)


def _targets(table: TableRow) -> Iterator[TableName]:
    if table["engine"] != "MaterializedView":
        return
    explicit = VIEW_TARGET.match(str(table["create_table_query"]))
    if explicit is not None:
        yield explicit["database"].strip("`"), explicit["name"].strip("`")
    else:
        yield str(table["database"]), f".inner_id.{table['uuid']}"
        yield str(table["database"]), f".inner.{table['name']}"


def _names(value: object) -> Sequence[str]:
    return [str(name) for name in value] if isinstance(value, list) else []


def _stores(table: TableRow) -> bool:
    """Whether a table stores rows; views and the Null engine only pass them on."""
    engine = str(table["engine"])
    return engine != "Null" and not engine.endswith("View")


def _is_mergetree(table: TableRow) -> bool:
    return str(table["engine"]).endswith("MergeTree")


def _window(table: TableRow) -> int:
    engine = str(table["engine"])
    if not _is_mergetree(table):
        return 0
    kind = "replicated" if engine.startswith(("Replicated", "Shared")) else "non_replicated"
    sizes = {match["kind"]: int(match["size"]) for match in DEDUP_WINDOW.finditer(str(table["engine_full"]))}
    return sizes.get(kind, REPLICATED_DEFAULT_TOKENS if kind == "replicated" else 0)
