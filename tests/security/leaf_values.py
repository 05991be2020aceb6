"""Draws the values without members for property tests, by their JSON Schema."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from schemas.bounds import LAST

Schema = Mapping[str, Any]
Json = SearchStrategy[Any]

ODD_TEXTS = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ufeff",
    "é\u0301",
    "\u202e",
    "😀" * 3,
    "<|endoftext|>",
    "{{ x }}",
    "\\N",
    "'; --",
    "\r\nx: y",
    "%,=|",
    "１２",
    "\ud7ff",
    "\U0010ffff",
    "ß" * 40,
)
MAX_DRAWN_CHARS = 1_000
"""Longer texts only reach the bound of a record's size, which the tests of `streaming` check."""


def leaves(schema: Schema) -> Json:
    """Values without members: texts, numbers, booleans and null."""
    of_type: Mapping[str, Callable[[Schema], Json]] = {
        "string": texts,
        "integer": integers,
        "number": numbers,
    }
    drawn = of_type.get(schema.get("type", ""))
    if drawn is not None:
        return drawn(schema)
    return {"boolean": st.booleans(), "null": st.none()}.get(schema.get("type", ""), foreign_json())


def integers(schema: Schema) -> Json:
    """The ends of the bound, and values between them."""
    low, high = schema["minimum"], schema["maximum"]
    edges = [
        edge for edge in (low, low + 1, 0, 1, 2**31 - 1, 2**53 - 1, high - 1, high) if low <= edge <= high
    ]
    return st.sampled_from(edges) | st.integers(low, high)


def numbers(schema: Schema) -> Json:
    """Floats: the ends of the bound, and values between them."""
    low, high = (
        float(schema.get("minimum", schema.get("exclusiveMinimum", 0))),
        float(schema.get("maximum", schema.get("exclusiveMaximum", 0))),
    )
    edges = [edge for edge in (low, high, 0.0, -0.0, 5e-324, 0.1) if low <= edge <= high]
    inside = st.floats(low, high, allow_nan=False, exclude_min="exclusiveMinimum" in schema)
    return (st.sampled_from(edges) if "exclusiveMinimum" not in schema else inside) | inside


def decimals(choices: list[Schema]) -> Json | None:
    """Decimal texts with exponents and trailing zeros; None if the choices are not a decimal number."""
    number = next((choice for choice in choices if choice.get("type") == "number"), None)
    if number is None or not any(choice.get("pattern", "").startswith("^[+-]?[0-9]*") for choice in choices):
        return None
    low, high = Decimal(number["minimum"]), Decimal(number["maximum"])
    inside = st.decimals(
        max(low, Decimal(-(10**6))),
        min(high, Decimal(10**6)),
        allow_nan=False,
        allow_infinity=False,
        places=6,
    ).map(str)
    nothing = [st.none()] if any(choice.get("type") == "null" for choice in choices) else []
    return st.one_of(st.sampled_from(_decimal_edges(low, high)), inside, *nothing)


def _decimal_edges(low: Decimal, high: Decimal) -> list[str]:
    largest = high - 1 if high > 10**20 else high
    smallest = low + 1 if low else low
    edges = (smallest, Decimal(0), Decimal("0.000000000001"), largest, Decimal(1), Decimal("0.1"))
    odd = ("0E+400", "-0", "0E-400", "1E+2", "1.50", "1E-12", "12345678901234567890.123456789012")
    return [text for text in (*map(str, edges), *odd) if low <= Decimal(text) <= high]


def moments(schema: Schema) -> Json:
    """The ends of the calendar with several offsets, and times between them."""
    last = "2099-12-31T23:59:59.999999Z" if "2100" in str(schema) else "9999-12-31T23:59:59.999999Z"
    edges = (
        "1970-01-01T00:00:00Z",
        "1970-01-01T23:59:00+23:59",
        last,
        "2099-12-31T00:00:00-23:59",
        "2026-11-30T12:00:00.000001Z",
        "2026-02-28T23:59:59+00:00",
    )
    return st.sampled_from(edges) | st.integers(0, int(LAST.timestamp())).map(
        lambda at: datetime.fromtimestamp(at, UTC).isoformat()
    )


def texts(schema: Schema) -> Json:
    """Texts by their format or pattern: the shortest, the longest that is drawn, and odd characters."""
    if schema.get("format") == "uuid":
        return st.sampled_from(
            ("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff")
        ) | st.uuids().map(str)
    if schema.get("format") == "date-time":
        return moments(schema)
    if schema.get("format") == "time":
        return st.times().map(lambda at: at.isoformat()) | st.sampled_from(("00:00:00", "23:59:59.999999"))
    shortest, longest = schema.get("minLength", 0), schema["maxLength"]
    if "pattern" in schema:
        return patterned(schema["pattern"], longest)
    odd = [text for text in ODD_TEXTS if shortest <= len(text) <= longest]
    edges = ["x" * max(1, shortest), "é" * min(longest, MAX_DRAWN_CHARS), *odd]
    return st.sampled_from(edges) | st.text(min_size=shortest, max_size=min(longest, 40))


@lru_cache(maxsize=256)
def patterned(pattern: str, longest: int) -> Json:
    """Texts that match a pattern, stretched to the longest if the last character may repeat."""
    whole = re.compile(pattern)

    def stretched(text: str) -> str:
        long = text + text[-1:] * (longest - len(text))
        return long if whole.fullmatch(long) else text

    return st.from_regex(whole, fullmatch=True) | st.from_regex(whole, fullmatch=True).map(stretched)


def foreign_json() -> Json:
    """Arbitrary JSON, with numbers that break arithmetic."""
    leaves = (
        st.none()
        | st.booleans()
        | st.sampled_from((0, 1, -1, 10**12, 2**53, 2**63 - 1, 0.5, 1e300, -1.5, "", "12", "\x00"))
        | st.text(max_size=8)
    )
    few = st.lists(leaves, max_size=3) | st.dictionaries(st.text(max_size=8), leaves, max_size=3)
    return (
        leaves
        | few
        | st.lists(few, max_size=2)
        | st.dictionaries(st.text(max_size=8), leaves | few, max_size=3)
    )
