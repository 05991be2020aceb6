"""What the running engine knows: its functions, table functions, settings, formats and system tables, read once when it opens."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from weir.local.clickhouse import vocabulary

RunQuery = Callable[[str], Sequence[Sequence[str]]]
"""Runs a query and gives its rows as text."""


@dataclass(frozen=True, slots=True)
class EngineCatalog:
    """Names as the engine has them; those of functions in lower case, since it reads many of them in any case."""

    functions: frozenset[str]
    """Those that a statement may call."""
    refused_functions: frozenset[str]
    combinators: tuple[str, ...]
    table_functions: frozenset[str]
    formats: frozenset[str]
    settings: frozenset[str]
    table_settings: frozenset[str]
    system_tables: frozenset[str]

    def may_call(self, name: str) -> bool:
        """Whether a function is allowed, also under the combinators of aggregate functions."""
        waiting = {name.lower()}
        while waiting:
            if waiting & self.functions:
                return True
            waiting = {
                word[: -len(end)] for word in waiting for end in self.combinators if word.endswith(end)
            }
        return False


def read(ask: RunQuery) -> EngineCatalog:
    """Read the catalog of an open engine."""

    def names(sql: str) -> frozenset[str]:
        return frozenset(row[0] for row in ask(sql))

    allowed, refused = _functions(ask)
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


def _functions(ask: RunQuery) -> tuple[frozenset[str], frozenset[str]]:
    rows = ask("SELECT name, alias_to, categories, origin FROM system.functions")
    categories = {name: category for name, _, category, _ in rows}
    verdicts = [
        (name.lower(), origin == "System" and _is_function_allowed(alias or name, categories))
        for name, alias, _, origin in rows
    ]
    own = frozenset(name.lower() for name in vocabulary.GRAMMAR_FUNCTIONS | vocabulary.SLEEP_FUNCTIONS)
    # Two functions may differ in their case alone: then the refusal of one holds for both.
    refused = frozenset(name for name, is_allowed in verdicts if not is_allowed) - own
    return frozenset(name for name, _ in verdicts) - refused | own, refused


def _is_function_allowed(name: str, categories: Mapping[str, str]) -> bool:
    category = categories.get(name, "")
    if category in {"Other", ""}:
        return name in vocabulary.OTHER_FUNCTIONS
    return category not in vocabulary.REFUSED_CATEGORIES
