"""The description of a request body in OpenAPI, for routes that parse the body themselves."""

from collections.abc import Mapping

from pydantic import BaseModel, JsonValue


def json_body(kind: type[BaseModel]) -> dict[str, object]:
    """The `requestBody` of an operation that takes this body as JSON; `kind` must not be recursive."""
    schema: dict[str, JsonValue] = kind.model_json_schema()
    definitions = schema.pop("$defs", None)
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": _inlined(schema, definitions if isinstance(definitions, Mapping) else {})
                }
            },
        }
    }


def _inlined(schema: JsonValue, definitions: Mapping[str, JsonValue]) -> JsonValue:
    """Replace references to `$defs`, which would be looked up at the root of the OpenAPI document."""
    if isinstance(schema, list):
        return [_inlined(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: _inlined(value, definitions) for name, value in schema.items() if name != "$ref"}
    reference = schema.get("$ref")
    if not isinstance(reference, str):
        return kept
    target = _inlined(definitions[reference.rpartition("/")[2]], definitions)
    return {**target, **kept} if isinstance(target, dict) else target
