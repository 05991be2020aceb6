"""Events for property tests: JSON values drawn from the generated JSON Schema of each event, with the ends of each bound often."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic import BaseModel, ValidationError

from schemas.bounds import LAST
from schemas.budgets import CALENDAR_WINDOWS, MINUTE, Limit
from schemas.event import Event
from schemas.generate import FOLDER
from schemas.policies import AllowListEntry, PolicyTest, Rule
from schemas.prices import OffPeak, Period, Variant

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
LONGEST_DRAWN = 1_000
"""Longer texts cost time and cross no other bound than the size of a record, which the stream's own tests look at."""
MOST_DRAWN = 4
WINDOWS = st.sampled_from((*CALENDAR_WINDOWS, MINUTE, "10m", "24h", "7d", "366d", None))
ZONES = st.sampled_from(
    ("UTC", "Europe/Berlin", "Pacific/Kiritimati", "Asia/Kathmandu", "America/St_Johns", "Etc/GMT+12")
)
SHARED_UNITS = st.sampled_from(("usd", "tokens", "requests", "concurrency"))
AMOUNTS = st.sampled_from(("0", "1", "60", "1000000", "9" * 26)) | st.integers(0, 10**26 - 1).map(str)
HINTS: Mapping[str, Mapping[str, Json]] = {
    "Limit": {"window": WINDOWS, "zone": ZONES, "unit": SHARED_UNITS, "amount": AMOUNTS}
}
RULED: Mapping[str, type[BaseModel]] = {
    one.__name__: one for one in (Limit, AllowListEntry, PolicyTest, Rule, Period, OffPeak, Variant)
}


def example_of(kind: type[Event]) -> Any:
    """The checked-in example of a class of events, as JSON."""
    return json.loads((FOLDER.parent / "examples" / f"{kind.TYPE}.json").read_text())


class Drawn:
    """Draws the JSON of a class of events by its generated schema."""

    def __init__(self, kind: type[Event]) -> None:
        self._kind = kind
        self._schema = json.loads((FOLDER / f"{kind.TYPE}.schema.json").read_text())
        self._known: dict[str, Json] = {}

    def events(self, **fixed: Json) -> SearchStrategy[Any]:
        """Valid events; `fixed` fields are drawn from a strategy of the test."""
        return self.values(**fixed).map(self._read).filter(lambda event: event is not None)

    def field(self, name: str, *, at_least: int = 0) -> Json:
        """What one field of the event may be, as a list of so many where it is one."""
        schema = self._schema["properties"][name]
        options = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
        return self._of({**options[0], "minItems": at_least} if at_least else options[0])

    def values(self, **fixed: Json) -> Json:
        """JSON that keeps every bound, but not each rule between fields."""
        return self._object(self._schema, fixed)

    def _read(self, value: Any) -> Event | None:
        try:
            return self._kind.model_validate_json(json.dumps(value))
        except ValidationError:
            return None

    def _of(self, schema: Schema) -> Json:
        if "$ref" in schema:
            name = schema["$ref"].removeprefix("#/$defs/")
            if name not in self._known:
                self._known[name] = st.deferred(lambda: self._part(name))
            return self._known[name]
        if "const" in schema:
            return st.just(schema["const"])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        choices = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
        if choices and "properties" not in schema:
            decimal = decimals(choices)
            return decimal if decimal is not None else st.one_of(*(self._of(choice) for choice in choices))
        return self._typed(schema)

    def _part(self, name: str) -> Json:
        """A model inside the event; what breaks a rule between its fields is left out early, or hardly any event would be valid."""
        drawn = self._object_with_hints(name)
        model = RULED.get(name)
        return drawn if model is None else drawn.filter(lambda value: is_valid(model, value))

    def _object_with_hints(self, name: str) -> Json:
        schema = self._schema["$defs"][name]
        return self._object(schema, HINTS[name]) if name in HINTS else self._of(schema)

    def _typed(self, schema: Schema) -> Json:
        match schema.get("type"):
            case "array":
                most = min(schema["maxItems"], MOST_DRAWN)
                return st.lists(
                    self._of(schema["items"]),
                    min_size=schema.get("minItems", 0),
                    max_size=max(most, schema.get("minItems", 0)),
                )
            case "object":
                return self._object(schema, {})
            case _:
                return leaves(schema)

    def _object(self, schema: Schema, fixed: Mapping[str, Json]) -> Json:
        if "properties" not in schema:
            return self._map(schema)
        constant = {name for name, inner in schema["properties"].items() if "const" in inner}
        required = set(schema.get("required", ())) | constant | set(fixed)
        names = (
            schema["properties"].keys() & self._kind.model_fields.keys()
            if schema is self._schema
            else schema["properties"].keys()
        )
        fields = {name: self._of(schema["properties"][name]) for name in sorted(names)} | dict(fixed)
        needed = {name: strategy for name, strategy in fields.items() if name in required}
        return st.fixed_dictionaries(
            needed, optional={name: strategy for name, strategy in fields.items() if name not in required}
        )

    def _map(self, schema: Schema) -> Json:
        patterns = schema.get("patternProperties", {})
        names = schema.get("propertyNames", {"maxLength": 64})
        keys = (
            st.one_of(*(patterned(pattern, 64) for pattern in patterns))
            if patterns
            else self._of({"type": "string", **names})
        )
        inner = self._of(next(iter(patterns.values()), schema.get("additionalProperties", {})))
        most = min(schema["maxProperties"], MOST_DRAWN)
        return st.dictionaries(keys, inner, min_size=schema.get("minProperties", 0), max_size=most)


def leaves(schema: Schema) -> Json:
    """What holds nothing else."""
    of_type: Mapping[str, Callable[[Schema], Json]] = {
        "string": texts,
        "integer": integers,
        "number": numbers,
    }
    drawn = of_type.get(schema.get("type", ""))
    if drawn is not None:
        return drawn(schema)
    return {"boolean": st.booleans(), "null": st.none()}.get(schema.get("type", ""), foreign_json())


def is_valid(model: type[BaseModel], value: Any) -> bool:
    """Whether a part keeps the rules between its fields."""
    try:
        model.model_validate_json(json.dumps(value))
    except ValidationError:
        return False
    return True


def integers(schema: Schema) -> Json:
    """The ends of the bound, and what lies between."""
    low, high = schema["minimum"], schema["maximum"]
    edges = [
        edge for edge in (low, low + 1, 0, 1, 2**31 - 1, 2**53 - 1, high - 1, high) if low <= edge <= high
    ]
    return st.sampled_from(edges) | st.integers(low, high)


def numbers(schema: Schema) -> Json:
    """Likewise for numbers with a point."""
    low, high = (
        float(schema.get("minimum", schema.get("exclusiveMinimum", 0))),
        float(schema.get("maximum", schema.get("exclusiveMaximum", 0))),
    )
    edges = [edge for edge in (low, high, 0.0, -0.0, 5e-324, 0.1) if low <= edge <= high]
    inside = st.floats(low, high, allow_nan=False, exclude_min="exclusiveMinimum" in schema)
    return (st.sampled_from(edges) if "exclusiveMinimum" not in schema else inside) | inside


def decimals(choices: list[Schema]) -> Json | None:
    """Decimal texts, exponents and trailing zeros included; None where the choices are no decimal number."""
    number = next((choice for choice in choices if choice.get("type") == "number"), None)
    if number is None or not any(choice.get("pattern", "").startswith("^[+-]?[0-9]*") for choice in choices):
        return None
    low, high = Decimal(number["minimum"]), Decimal(number["maximum"])
    largest = high - 1 if high > 10**20 else high
    edges = [
        str(edge)
        for edge in (
            low + 1 if low else low,
            Decimal(0),
            Decimal("0.000000000001"),
            largest,
            Decimal(1),
            Decimal("0.1"),
        )
        if low <= edge <= high
    ]
    odd = [
        text
        for text in ("0E+400", "-0", "0E-400", "1E+2", "1.50", "1E-12", "12345678901234567890.123456789012")
        if low <= Decimal(text) <= high
    ]
    inside = st.decimals(
        max(low, Decimal(-(10**6))),
        min(high, Decimal(10**6)),
        allow_nan=False,
        allow_infinity=False,
        places=6,
    ).map(str)
    nothing = [st.none()] if any(choice.get("type") == "null" for choice in choices) else []
    return st.one_of(st.sampled_from([*edges, *odd]), inside, *nothing)


def moments(schema: Schema) -> Json:
    """The ends of the calendar, with every kind of offset."""
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
    """Texts by their format or pattern: the shortest, the longest that is drawn, and odd letters."""
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
    edges = ["x" * max(1, shortest), "é" * min(longest, LONGEST_DRAWN), *odd]
    return st.sampled_from(edges) | st.text(min_size=shortest, max_size=min(longest, 40))


@lru_cache(maxsize=256)
def patterned(pattern: str, longest: int) -> Json:
    """Texts that match a pattern, drawn out to the longest one where its last letter may repeat."""
    whole = re.compile(pattern)

    def stretched(text: str) -> str:
        long = text + text[-1:] * (longest - len(text))
        return long if whole.fullmatch(long) else text

    return st.from_regex(whole, fullmatch=True) | st.from_regex(whole, fullmatch=True).map(stretched)


def foreign_json() -> Json:
    """JSON that somebody else made up, with the numbers that break arithmetic."""
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
