"""How many tokens ClickHouse's tables keep: those of one database, and every target its views write to, wherever it lives."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

SQL = """
SELECT database, name, engine, engine_full, create_table_query, toString(uuid) AS uuid, dependencies_database, dependencies_table
FROM system.tables
WHERE database NOT IN ('system', 'information_schema', 'INFORMATION_SCHEMA')
FORMAT JSON
"""
REPLICATED_DEFAULT = 10_000
WINDOW = re.compile(r"\b(?P<kind>replicated|non_replicated)_deduplication_window = (?P<size>\d+)")
TARGET = re.compile(
    r"^CREATE MATERIALIZED VIEW \S+(?: UUID '[^']+')? TO (?P<database>`[^`]+`|\w+)\.(?P<name>`[^`]+`|\w+)"
)

TableName = tuple[str, str]
TableRow = Mapping[str, object]


def dedup_windows(tables: Iterable[TableRow], database: str) -> Mapping[str, int]:
    """Table name to the tokens it keeps, for each table that stores rows; a table that cannot drop a block keeps 0."""
    known = {(str(table["database"]), str(table["name"])): table for table in tables}
    reached = {place for place in known if place[0] == database}
    todo = list(reached)
    while todo:
        fresh = {place for place in _next(known[todo.pop()]) if place in known} - reached
        reached |= fresh
        todo += fresh
    targets = {place for table in known.values() for place in _targets(table)}
    return {
        f"{place[0]}.{place[1]}": _window(known[place])
        for place in sorted(reached)
        if _stores(str(known[place]["engine"])) and (_is_mergetree(known[place]) or place in targets)
    }


def _next(table: TableRow) -> Iterator[TableName]:
    """The views that read a table, and the tables that a view writes to."""
    yield from zip(_names(table["dependencies_database"]), _names(table["dependencies_table"]), strict=True)
    yield from _targets(table)


def _targets(table: TableRow) -> Iterator[TableName]:
    if table["engine"] != "MaterializedView":
        return
    named = TARGET.match(str(table["create_table_query"]))
    if named is not None:
        yield named["database"].strip("`"), named["name"].strip("`")
    else:
        yield str(table["database"]), f".inner_id.{table['uuid']}"
        yield str(table["database"]), f".inner.{table['name']}"


def _names(value: object) -> Sequence[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _stores(engine: str) -> bool:
    """Views and the Null engine pass rows on and keep none."""
    return engine != "Null" and not engine.endswith("View")


def _is_mergetree(table: TableRow) -> bool:
    return str(table["engine"]).endswith("MergeTree")


def _window(table: TableRow) -> int:
    engine = str(table["engine"])
    if not _is_mergetree(table):
        return 0
    kind = "replicated" if engine.startswith(("Replicated", "Shared")) else "non_replicated"
    sizes = {found["kind"]: int(found["size"]) for found in WINDOW.finditer(str(table["engine_full"]))}
    return sizes.get(kind, REPLICATED_DEFAULT if kind == "replicated" else 0)
