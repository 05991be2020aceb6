"""Draws events for property tests from the generated JSON Schemas, with the ends of each bound often."""

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic import BaseModel, ValidationError

from schemas.budgets import CALENDAR_WINDOWS, MINUTE, Limit
from schemas.event import Event
from schemas.generate import FOLDER
from schemas.policies import AllowListEntry, PolicyTest, Rule
from schemas.prices import OffPeak, Period, Variant
from tests.security.leaf_values import Json, Schema, decimals, leaves, patterned

MAX_DRAWN_ITEMS = 4
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
    model.__name__: model for model in (Limit, AllowListEntry, PolicyTest, Rule, Period, OffPeak, Variant)
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
        """Values of one field of the event; a list has at least `at_least` items."""
        schema = self._schema["properties"][name]
        options = [choice for choice in schema.get("anyOf", [schema]) if choice.get("type") != "null"]
        return self._of({**options[0], "minItems": at_least} if at_least else options[0])

    def values(self, **fixed: Json) -> Json:
        """JSON that keeps every bound, but may break rules between fields."""
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
        """A model inside the event, filtered by its own rules, since few events would be valid otherwise."""
        drawn = self._object_with_hints(name)
        model = RULED.get(name)
        return drawn if model is None else drawn.filter(lambda value: is_valid(model, value))

    def _object_with_hints(self, name: str) -> Json:
        schema = self._schema["$defs"][name]
        return self._object(schema, HINTS[name]) if name in HINTS else self._of(schema)

    def _typed(self, schema: Schema) -> Json:
        match schema.get("type"):
            case "array":
                max_items = min(schema["maxItems"], MAX_DRAWN_ITEMS)
                return st.lists(
                    self._of(schema["items"]),
                    min_size=schema.get("minItems", 0),
                    max_size=max(max_items, schema.get("minItems", 0)),
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
        max_items = min(schema["maxProperties"], MAX_DRAWN_ITEMS)
        return st.dictionaries(keys, inner, min_size=schema.get("minProperties", 0), max_size=max_items)


def is_valid(model: type[BaseModel], value: Any) -> bool:
    """Whether the value of a model keeps the rules between its fields."""
    try:
        model.model_validate_json(json.dumps(value))
    except ValidationError:
        return False
    return True
