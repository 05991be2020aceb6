"""The functions, settings, formats and system tables of the engine, read once when it opens."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from weir.local.clickhouse import vocabulary

RunQuery = Callable[[str], Sequence[Sequence[str]]]
"""Runs a query and returns its rows as text."""


@dataclass(frozen=True, slots=True)
class EngineCatalog:
    """Names in the engine; those of functions in lower case, because many of them are case-insensitive."""

    functions: frozenset[str]
    """The functions that a statement may call."""
    refused_functions: frozenset[str]
    combinators: tuple[str, ...]
    table_functions: frozenset[str]
    formats: frozenset[str]
    settings: frozenset[str]
    table_settings: frozenset[str]
    system_tables: frozenset[str]

    def may_call(self, name: str) -> bool:
        """Whether a function is allowed, also with combinators of aggregate functions, such as `sumIf`."""
        candidates = {name.lower()}
        while candidates:
            if candidates & self.functions:
                return True
            candidates = {
                word[: -len(end)] for word in candidates for end in self.combinators if word.endswith(end)
            }
        return False


def read(run_query: RunQuery) -> EngineCatalog:
    """Read the catalog of an open engine."""

    def names(sql: str) -> frozenset[str]:
        return frozenset(row[0] for row in run_query(sql))

    allowed, refused = _functions(run_query)
    return EngineCatalog(
        functions=allowed,
        refused_functions=refused,
        combinators=tuple(
            name.lower() for name in names("SELECT name FROM system.aggregate_function_combinators")
        ),
        table_functions=frozenset(name.lower() for name in names("SELECT name FROM system.table_functions")),
        formats=names("SELECT name FROM system.formats"),
        settings=names("SELECT name FROM system.settings"),
        table_settings=names("SELECT name FROM system.merge_tree_settings"),
        system_tables=names("SELECT name FROM system.tables WHERE database = 'system'"),
    )


def _functions(run_query: RunQuery) -> tuple[frozenset[str], frozenset[str]]:
    rows = run_query("SELECT name, alias_to, categories, origin FROM system.functions")
    categories = {name: category for name, _, category, _ in rows}
    verdicts = [
        (name.lower(), origin == "System" and _is_function_allowed(alias or name, categories))
        for name, alias, _, origin in rows
    ]
    own = frozenset(name.lower() for name in vocabulary.GRAMMAR_FUNCTIONS | vocabulary.SLEEP_FUNCTIONS)
    # Two functions may have names that differ in case only: then a refusal of one holds for both.
    refused = frozenset(name for name, is_allowed in verdicts if not is_allowed) - own
    return frozenset(name for name, _ in verdicts) - refused | own, refused


def _is_function_allowed(name: str, categories: Mapping[str, str]) -> bool:
    category = categories.get(name, "")
    if category in {"Other", ""}:
        return name in vocabulary.OTHER_FUNCTIONS
    return category not in vocabulary.REFUSED_CATEGORIES
