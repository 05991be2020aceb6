"""The catalog of the engine: the functions that a statement may call, also with combinators."""

from collections.abc import Mapping, Sequence

import pytest

from weir.local.clickhouse.catalog import read

FUNCTIONS = (
    ("sum", "", "Aggregate", "System"),
    ("uniq", "", "Aggregate", "System"),
    ("LEAST", "", "Comparison", "System"),
    ("least", "", "Internal", "System"),
    ("dictGet", "", "Dictionary", "System"),
    ("file", "", "Other", "System"),
    ("version", "", "Other", "System"),
    ("readIt", "file", "Other", "System"),
    ("mine", "", "Arithmetic", "SQLUserDefined"),
)
TABLES: Mapping[str, Sequence[Sequence[str]]] = {
    "system.functions": FUNCTIONS,
    "system.aggregate_function_combinators": [("If",), ("State",), ("OrNull",)],
    "system.table_functions": [("File",), ("numbers",)],
    "system.formats": [("JSON",)],
    "system.settings": [("max_threads",)],
    "system.merge_tree_settings": [("disk",)],
    "system.tables": [("one",)],
}
"""The rows of an engine, by the table that a query reads."""


def rows(sql: str) -> Sequence[Sequence[str]]:
    return TABLES[next(table for table in TABLES if f"FROM {table}" in sql)]


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("sumIf", True),
        ("uniqStateOrNull", True),
        ("SUM", True),
        ("version", True),
        ("if", False),
        ("file", False),
        ("fileIf", False),
        ("readIt", False),
        ("dictGet", False),
        ("mine", False),
        ("unheardOf", False),
    ],
)
def test_a_function_may_be_called_by_its_category_also_with_combinators(name: str, may: bool) -> None:
    assert read(rows).may_call(name) is may


def test_of_two_functions_whose_names_differ_in_case_a_refusal_holds_for_both() -> None:
    catalog = read(rows)

    assert not catalog.may_call("LEAST")
    assert "least" in catalog.refused_functions


def test_functions_of_the_grammar_are_allowed_although_no_function_has_their_name() -> None:
    assert read(rows).may_call("CODEC")


def test_names_of_tables_and_settings_are_kept_as_the_engine_spells_them() -> None:
    catalog = read(rows)

    assert (catalog.table_functions, catalog.formats) == ({"file", "numbers"}, {"JSON"})
    assert (catalog.settings, catalog.table_settings) == ({"max_threads"}, {"disk"})
    assert catalog.system_tables == {"one"}
