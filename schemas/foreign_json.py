"""JSON of unknown form inside an event: its depth, size, texts and numbers are bounded as a whole."""

from collections.abc import Mapping
from math import isfinite
from typing import Annotated, cast

from pydantic import BeforeValidator, Field, JsonValue

from schemas.bounds import INT64

DEEPEST, MOST_VALUES, LONGEST_VALUE = 32, 10_000, 65_536
OUT_OF_RANGE = "out of range"


def is_in_range(value: object) -> bool:
    """Whether a number has at most 64 bits and is finite; other values are in range."""
    if isinstance(value, int):
        return -INT64 <= value <= INT64
    return not isinstance(value, float) or isfinite(value)


def bounded_json(value: object) -> object:
    """Refuse what is too deep, too large, or holds a number out of range."""
    if not _have_sizes_and_numbers_in_range(value):
        msg = "a number in it has more than 64 bits, or is not finite"
        raise ValueError(msg)
    return value


def reported_json(value: object) -> object:
    """Refuse JSON that is too deep or too large; a number out of range becomes the text `out of range`."""
    return value if _have_sizes_and_numbers_in_range(value) else _with_numbers_in_range(value)


JsonObject = Annotated[Mapping[str, JsonValue], Field(max_length=MOST_VALUES), BeforeValidator(bounded_json)]
Report = Annotated[Mapping[str, JsonValue], Field(max_length=MOST_VALUES), BeforeValidator(reported_json)]
"""What a provider reports of a call."""


def _have_sizes_and_numbers_in_range(value: object) -> bool:
    """Check without recursion; raises ValueError for depth and size."""
    waiting, seen, are_in_range = [(value, 0)], 0, True
    while waiting:
        inner, depth = waiting.pop()
        seen += 1
        _check_sizes(inner, depth, seen)
        are_in_range = are_in_range and is_in_range(inner)
        if isinstance(inner, Mapping):
            fields = cast("Mapping[object, object]", inner)
            waiting += [(one, depth + 1) for pair in fields.items() for one in pair]
        elif isinstance(inner, list | tuple):
            waiting += [(one, depth + 1) for one in cast("list[object]", inner)]
    return are_in_range


def _check_sizes(value: object, depth: int, seen: int) -> None:
    if depth > DEEPEST or seen > MOST_VALUES:
        msg = f"it is nested deeper than {DEEPEST} or holds more than {MOST_VALUES} values"
        raise ValueError(msg)
    if isinstance(value, str) and len(value) > LONGEST_VALUE:
        msg = f"a text in it is longer than {LONGEST_VALUE} characters"
        raise ValueError(msg)


def _with_numbers_in_range(value: object) -> object:
    if isinstance(value, Mapping):
        return {
            key: _with_numbers_in_range(one) for key, one in cast("Mapping[object, object]", value).items()
        }
    if isinstance(value, list | tuple):
        return [_with_numbers_in_range(one) for one in cast("list[object]", value)]
    return value if is_in_range(value) else OUT_OF_RANGE
