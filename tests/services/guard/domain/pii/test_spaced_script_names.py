"""Names in letters without case are found with their words around, and ordinary words are none."""

import json
from pathlib import Path

import pytest

from services.guard.domain.pii.spaced_script_names import names_without_case

CASES = json.loads(Path(__file__).with_name("names_of_languages.json").read_text(encoding="utf-8"))[
    "spaced_script"
]


@pytest.mark.parametrize(("text", "name"), CASES["names"])
def test_a_name_is_covered_as_a_whole(text: str, name: str) -> None:
    start = text.index(name)

    spans = list(names_without_case(text))

    assert any(first <= start and start + len(name) <= last for first, last in spans)


@pytest.mark.parametrize("text", CASES["none"])
def test_other_words_are_no_name(text: str) -> None:
    assert not list(names_without_case(text))
