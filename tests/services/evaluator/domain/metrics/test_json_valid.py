"""An answer is judged as JSON where the prompt asks for JSON."""

import pytest

from services.evaluator.domain.metrics.json_valid import json_valid
from tests.services.evaluator.domain.metrics.answers import answer


@pytest.mark.parametrize(
    ("question", "system", "output", "expected"),
    [
        ("Where is my invoice?", None, '{"a": 1}', None),
        ("Answer as JSON, please", None, '{"a": 1}', True),
        ("Answer as json", None, '```json\n{"a": [1]}\n```', True),
        ("Answer as json", None, "```\n[1]\n```", True),
        ("Answer as json", None, 'Sure! {"a": 1}', False),
        ("Answer as json", None, '{"a": 1', False),
        ("Answer as json", None, "", False),
        ("Answer as json", None, "[" * 100_000, False),
        ("Answer as json", None, '{"a": NaN}', False),
        ("Answer as json", None, "-Infinity", False),
        ("Answer as json", None, "9" * 10_000, True),
        ("Where is my invoice?", "Reply in JSON only.", "no", False),
        ("Who is jsonathan?", None, "no", None),
    ],
)
def test_json_is_judged_only_where_it_was_asked_for(
    question: str, system: str | None, output: str, expected: bool | None
) -> None:
    assert json_valid(answer(output, question, system=system)) is expected
