"""Answers that must be JSON: what a schema stops, and that no schema and no text takes long or raises."""

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.checks import AnyCheck, JsonSchemaCheck, RegexCheck
from schemas.policies import PolicyDocument
from schemas.verdicts import Verdict
from services.guard.domain.checks.json_schema import is_deeper
from services.guard.domain.checks.registry import CheckDetector
from services.guard.domain.types import ScreeningContext, TextSegment
from services.guard.screener import DetectorSet, Screener


def no_language(text: str) -> None:
    del text


SCREENER = Screener(DetectorSet(rules=(CheckDetector(no_language),), privacy=()))
ORDER: dict[str, object] = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "code": {"pattern": "^[A-Z]+$"}},
    "required": ["id"],
    "additionalProperties": False,
}
TWICE: dict[str, object] = {
    "$defs": {"list": {"anyOf": [{"items": {"$ref": "#/$defs/list"}, "type": "array"}] * 2}},
    "$ref": "#/$defs/list",
}


def verdict_on(text: str, *checks: AnyCheck) -> Verdict:
    case = ScreeningContext("output", PolicyDocument(name="acme", version=1, checks=checks))
    return asyncio.run(SCREENER.screen([TextSegment(text, "output")], case)).verdict


def schema(**fields: object) -> JsonSchemaCheck:
    return JsonSchemaCheck.model_validate({"name": "form", "json_schema": fields})


@pytest.mark.parametrize(
    ("text", "stops"),
    [
        ('{"id": 1}', False),
        ('```json\n{"id": 1, "code": "AB"}\n```', False),
        ('Here it is: {"id": 1}', True),
        ('{"id": "1"}', True),
        ('{"id": 1, "more": 2}', True),
        ('{"id": 1, "code": "ab"}', True),
        ('{"id": 1', True),
        ("", True),
        ('{"id": NaN}', True),
        ("[" * 100_000, True),
        ("[" * 200 + "]" * 200, True),
        ('"\ud800"', True),
    ],
)
def test_an_answer_is_json_of_the_form_that_is_asked_for(text: str, stops: bool) -> None:
    assert (verdict_on(text, schema(**ORDER)).action == "block") is stops


@pytest.mark.parametrize("broken", [schema(**{"$ref": "#"}), schema(**TWICE)])
def test_a_schema_without_end_leaves_the_text_unscanned_in_bounded_time(broken: JsonSchemaCheck) -> None:
    verdict = verdict_on("[" * 50 + "1" + "]" * 50, broken)
    assert (verdict.action, verdict.reason) == ("block", "UNSCANNED found by guard (score 1.00)")


MANY: list[object] = [*range(9_000), [], {}]
LARGE = json.dumps({"a": ["x" * 60] * 2_000})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "fields", "is_scanned"),
    [
        (json.dumps([7, 8_999] * 2_000), {"items": {"enum": MANY}}, True),
        (json.dumps([[], {}] * 2_000), {"items": {"enum": MANY}}, True),
        (LARGE, {"required": ["a"], "properties": {"a": {"items": {"type": "string"}}}}, True),
        (LARGE, {"anyOf": [{"type": "string"}] * 1_000}, False),
        (LARGE, {"anyOf": [{"properties": {"a": {"uniqueItems": False, "enum": [1]}}}] * 900}, False),
        (
            json.dumps([{}] * 1_000),
            {"items": {"properties": {f"p{number}": True for number in range(4_000)}}},
            False,
        ),
        (
            json.dumps({f"n{n}": 1 for n in range(2_000)}),
            {"patternProperties": {f"^{n}$": True for n in range(2_000)}},
            False,
        ),
    ],
)
def test_what_a_schema_costs_is_paid_by_the_size_of_what_it_looks_at(
    text: str, fields: dict[str, object], *, is_scanned: bool
) -> None:
    verdict = verdict_on(text, schema(**fields))

    assert ("UNSCANNED" not in (verdict.reason or "")) is is_scanned
    assert (verdict.action == "allow") is is_scanned


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60)
@given(st.text(max_size=80) | JSON.map(str), st.dictionaries(st.text(max_size=6), JSON, max_size=4))
def test_no_text_and_no_schema_raises(text: str, fields: dict[str, object]) -> None:
    check = JsonSchemaCheck.model_validate({"name": "form", "json_schema": fields})
    assert verdict_on(text, check, RegexCheck(name="r", pattern="a+", action="mask")).action in (
        "allow",
        "modify",
        "block",
    )


def test_nesting_is_counted_without_going_down() -> None:
    deep: object = 1
    for _ in range(50_000):
        deep = [deep]
    assert is_deeper(deep, 64)
    assert not is_deeper([[1], {"a": 2}], 2)
