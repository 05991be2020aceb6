"""Every number, text, list and map that comes from outside has a bound in its declaration."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

import weir.config.schema
from schemas.bounds import MAX_TEXT_CHARS
from schemas.generate import FOLDER
from schemas.topics import EVENT_OF, MAX_RECORD_BYTES
from services.gateway.http.moderation_bodies import ModerationBody
from services.gateway.http.request_bodies import ChatBody, FeedbackBody, RequestBody

Schema = Mapping[str, Any]
BOUNDED_FORMATS = frozenset({"uuid", "time"})
"""UUIDs and times of a day have one length."""
UNBOUNDED = {
    ("urn:weir:config", "/home"): "a path on the operator's own machine, which the file system bounds",
    (
        "*",
        "#/$defs/JsonValue",
    ): "its depth, size, texts and numbers are bounded as a whole by schemas.foreign_json",
}
ENDLESS = re.compile(r"[*+](?![^\[]*\])|\{\d+,\}")
BODIES = (ChatBody, RequestBody, ModerationBody, FeedbackBody)


def documents() -> list[Any]:
    events = [json.loads((FOLDER / f"{name}.schema.json").read_text()) for name in sorted(EVENT_OF)]
    bodies = [{"$id": f"body:{body.__name__}", **body.model_json_schema()} for body in BODIES]
    return [
        pytest.param(schema, id=schema["$id"])
        for schema in (*events, *bodies, json.loads(weir.config.schema.schema()))
    ]


@pytest.mark.parametrize("document", documents())
def test_every_value_of_a_public_schema_has_a_bound(document: Schema) -> None:
    unbounded = [
        (path, rule) for path, rule in faults(document, "") if not is_excepted(document["$id"], path)
    ]

    assert unbounded == []


def test_the_walk_finds_what_has_no_bound() -> None:
    document = {
        "type": "object",
        "properties": {
            "a": {"type": "integer", "minimum": 0},
            "b": {"anyOf": [{"type": "string", "pattern": "^x*$"}, {"type": "null"}]},
            "c": {"type": "array", "items": {"type": "number"}, "maxItems": 3},
            "d": {"type": "object", "additionalProperties": {"type": "boolean"}},
            "e": {},
            "f": {"type": "string", "format": "date-time", "maxLength": 64},
            "g": {"type": "string", "enum": ["x"]},
            "h": {"type": "object", "patternProperties": {"^[a-z+]+$": {"type": "null"}}, "maxProperties": 2},
            "i": {
                "type": "object",
                "patternProperties": {"^[a-z+]{0,9}$": {"type": "null"}},
                "maxProperties": 2,
            },
        },
        "$defs": {"H": {"type": "string"}},
    }

    assert {path for path, _ in faults(document, "")} == {
        "/a",
        "/b",
        "/c/items",
        "/d",
        "/d/*keys",
        "/e",
        "/f",
        "/h/*keys",
        "#/$defs/H",
    }


def test_no_text_is_longer_than_a_record_is_large() -> None:
    assert MAX_TEXT_CHARS == MAX_RECORD_BYTES


def test_each_exception_is_still_needed() -> None:
    unbounded = {
        (document.values[0]["$id"], path)
        for document in documents()
        for path, _ in faults(document.values[0], "")
    }

    assert [
        key for key in UNBOUNDED if not any(key in {(name, path), ("*", path)} for name, path in unbounded)
    ] == []


def is_excepted(document: str, path: str) -> bool:
    return (document, path) in UNBOUNDED or ("*", path) in UNBOUNDED


def faults(schema: Schema, path: str) -> Iterator[tuple[str, str]]:
    """Walk a JSON Schema: each path where a value has no bound, and the rule that is missing there."""
    for name, inner in schema.get("$defs", {}).items():
        yield from faults(inner, f"#/$defs/{name}")
    if "$ref" in schema or "const" in schema or "enum" in schema:
        return
    choices = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    if choices and "properties" not in schema:
        for choice in choices:
            yield from faults(choice, path)
        return
    missing = _missing(schema)
    if missing:
        yield path, missing
    for name, inner in schema.get("properties", {}).items():
        yield from faults(inner, f"{path}/{name}")
    yield from _faults_of_parts(schema, path)


def _faults_of_parts(schema: Schema, path: str) -> Iterator[tuple[str, str]]:
    if "items" in schema:
        yield from faults(schema["items"], f"{path}/items")
    for pattern, inner in schema.get("patternProperties", {}).items():
        yield from faults(inner, f"{path}/*")
        if ENDLESS.search(pattern):
            yield f"{path}/*keys", "a pattern that ends"
    if isinstance(schema.get("additionalProperties"), dict):
        yield from faults(schema["additionalProperties"], f"{path}/*")
        keys = schema.get("propertyNames", {})
        if not ({"maxLength", "enum", "const", "$ref"} & set(keys)) and schema["additionalProperties"] != {
            "$ref": "#/$defs/JsonValue"
        }:
            yield f"{path}/*keys", "maxLength"


def _missing(schema: Schema) -> str | None:
    match schema.get("type"):
        case "string":
            return _missing_of_text(schema)
        case "integer" | "number":
            has_both = {"minimum", "exclusiveMinimum"} & set(schema) and {
                "maximum",
                "exclusiveMaximum",
            } & set(schema)
            return None if has_both else "minimum and maximum"
        case "array":
            return None if "maxItems" in schema else "maxItems"
        case "object":
            return None if "properties" in schema or "maxProperties" in schema else "maxProperties"
        case "boolean" | "null":
            return None
        case _:
            return "type"


def _missing_of_text(schema: Schema) -> str | None:
    if schema.get("format") in BOUNDED_FORMATS:
        return None
    if "maxLength" not in schema:
        return "maxLength"
    if schema.get("format") == "date-time" and not {"formatMinimum"} <= set(schema):
        return "formatMinimum and formatMaximum"
    return None
