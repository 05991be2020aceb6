"""JSON of unknown form: bounded in depth, size, texts and numbers; a report keeps all but the numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.bounds import INT64
from schemas.foreign_json import (
    DEEPEST,
    LONGEST_VALUE,
    MOST_VALUES,
    OUT_OF_RANGE,
    bounded_json,
    is_in_range,
    reported_json,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "is_within"),
    [
        (nested(DEEPEST), True),
        (nested(DEEPEST + 1), False),
        (nested(100_000), False),
        ([0] * (MOST_VALUES - 1), True),
        ([0] * MOST_VALUES, False),
        ({"a": "x" * LONGEST_VALUE}, True),
        ({"a": "x" * (LONGEST_VALUE + 1)}, False),
        ({"x" * (LONGEST_VALUE + 1): 1}, False),
    ],
    ids=["deep", "too deep", "far too deep", "many", "too many", "long", "too long", "long name"],
)
def test_depth_size_and_texts_are_bounded(value: object, *, is_within: bool) -> None:
    for check in (bounded_json, reported_json):
        if is_within:
            assert check(value) == value
        else:
            with pytest.raises(ValueError, match=r"nested deeper|longer than"):
                check(value)


@pytest.mark.parametrize(
    ("number", "is_within"),
    [
        (INT64, True),
        (-INT64, True),
        (INT64 + 1, False),
        (-INT64 - 1, False),
        (1e308, True),
        (float("inf"), False),
        (float("nan"), False),
        (True, True),
        ("9" * 100, True),
    ],
)
def test_a_number_has_64_bits_and_an_end(number: object, *, is_within: bool) -> None:
    assert is_in_range(number) == is_within


@given(value=JSON)
def test_a_report_is_what_was_sent_with_the_numbers_out_of_range_replaced(value: object) -> None:
    try:
        bounded = bounded_json(value)
    except ValueError:
        reported = reported_json(value)
        assert bounded_json(reported) == reported
        assert OUT_OF_RANGE in str(reported)
    else:
        assert reported_json(value) == bounded == value


def test_only_the_number_out_of_range_of_a_report_is_lost() -> None:
    report = reported_json({"tokens": 7, "details": [1e400, {"cost": float("nan")}, "text"]})

    assert report == {"tokens": 7, "details": [OUT_OF_RANGE, {"cost": OUT_OF_RANGE}, "text"]}
