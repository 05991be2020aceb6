"""Tests of what the titles of columns say about cells."""

import pytest

from services.guard.domain.pii.table_columns import is_in_column_of_things

MARKDOWN = "Results:\n\n| State | Candidate |\n| --- | --- |\n| Ohio | Jane Roe |\n| Virginia | John Doe |\n"
CSV = 'film,director,year\n"Heat, uncut",Jane Roe,1995\nMary Poppins,John Doe,1964\n'


@pytest.mark.parametrize(
    ("text", "cell", "expected"),
    [
        (MARKDOWN, "Virginia", True),
        (MARKDOWN, "John Doe", False),
        (MARKDOWN + "\nVirginia wrote to us.", "Virginia wrote", False),
        (CSV, "Mary Poppins", True),
        (CSV, "Jane Roe", False),
        (CSV, "John Doe", False),
        ("Dear team,\nMary Poppins, who is here", "Mary", False),
        ("| Full name | City |\n|---|---|\n| Jane Roe | Bonn |", "Jane Roe", False),
        ("| Job | Team name |\n|:--|:--|\n| x | Alice Springs |", "Alice", True),
        ("Mary Poppins", "Mary", False),
    ],
)
def test_that_titles_of_columns_tell_things(text: str, cell: str, *, expected: bool) -> None:
    """A film or a state is no person, while the cells of other columns may be."""
    assert is_in_column_of_things(text, text.index(cell)) is expected
