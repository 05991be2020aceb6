"""JSON schema keywords decide as the library's do, with patterns of RE2."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from schemas.checks import JsonSchemaCheck
from services.guard.domain.checks.json_keywords import BOUNDED_KEYWORDS, re2_pattern
from services.guard.domain.checks.json_schema import JsonSchemaValidator
from services.guard.domain.checks.types import InvalidCheckError
from tests.services.guard.domain.checks.checked_texts import checked

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=12,
)


def is_valid(fields: dict[str, object], text: str) -> bool:
    check = JsonSchemaCheck.model_validate({"name": "form", "json_schema": fields})
    return not JsonSchemaValidator(check)(checked(text)).is_failed


def test_each_keyword_replaces_one_of_the_library() -> None:
    assert BOUNDED_KEYWORDS.keys() <= Draft202012Validator.VALIDATORS.keys()


@pytest.mark.parametrize(
    ("text", "fields", "stops"),
    [
        ('"ab"', {"pattern": "^a"}, False),
        ('"ba"', {"pattern": "^a"}, True),
        ("7", {"pattern": "^a"}, False),
        ('{"x1": 1, "y": "a"}', {"patternProperties": {"^x": {"type": "integer"}}}, False),
        ('{"x1": "a"}', {"patternProperties": {"^x": {"type": "integer"}}}, True),
        ('{"x1": 1}', {"patternProperties": {"^x": True}, "additionalProperties": False}, False),
        ('{"y": 1}', {"patternProperties": {"^x": True}, "additionalProperties": False}, True),
        ('{"y": 1}', {"properties": {"x": True}, "additionalProperties": {"type": "string"}}, True),
        ('{"y": "1"}', {"properties": {"x": True}, "additionalProperties": {"type": "string"}}, False),
        ("[1]", {"additionalProperties": False}, False),
    ],
)
def test_names_and_texts_are_matched_by_patterns(
    text: str, fields: dict[str, object], *, stops: bool
) -> None:
    assert Draft202012Validator(fields).is_valid(json.loads(text)) is not stops
    assert is_valid(fields, text) is not stops


@pytest.mark.parametrize(
    ("text", "stops"),
    [("[1, 2]", False), ("[1, 1.0]", True), ("[1, true]", False), ('[{"a": [1]}, {"a": [1]}]', True)],
)
def test_unique_items_are_compared_as_json_compares(text: str, stops: bool) -> None:
    assert (not is_valid({"uniqueItems": True}, text)) is stops


@pytest.mark.parametrize(
    ("text", "fields", "stops"),
    [
        ("[1, 2]", {"prefixItems": [{}], "unevaluatedItems": False}, True),
        ("[1]", {"prefixItems": [{}], "unevaluatedItems": False}, False),
        ("[1, 2]", {"allOf": [{"items": {"type": "integer"}}], "unevaluatedItems": False}, False),
        ('{"a": 1, "b": 2}', {"properties": {"a": {}}, "unevaluatedProperties": False}, True),
        ('{"a": 1, "b": 2}', {"properties": {"a": {}}, "unevaluatedProperties": {"type": "integer"}}, False),
        ('{"a": 1, "b": "2"}', {"properties": {"a": {}}, "unevaluatedProperties": {"type": "integer"}}, True),
        ('{"a": 1}', {"allOf": [{"properties": {"a": {}}}], "unevaluatedProperties": False}, False),
    ],
)
def test_what_a_schema_does_not_name_is_told_by_all_of_its_parts(
    text: str, fields: dict[str, object], *, stops: bool
) -> None:
    assert Draft202012Validator(fields).is_valid(json.loads(text)) is not stops
    assert (not is_valid(fields, text)) is stops


@given(
    st.lists(JSON | st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5),
    JSON | st.sampled_from((1.0, 0, True, "1")),
)
def test_values_are_compared_as_the_library_compares(values: list[object], value: object) -> None:
    text = json.dumps(value)

    assert (is_valid({"enum": values}, text)) is Draft202012Validator({"enum": values}).is_valid(
        json.loads(text)
    )


def test_a_pattern_that_re2_does_not_know_is_refused() -> None:
    with pytest.raises(InvalidCheckError, match="look-ahead"):
        re2_pattern("(?=a)")
