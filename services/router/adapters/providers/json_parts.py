"""Taking parts out of JSON that anybody may have written: a value of another kind is no part, and no error."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

BOM = b"\xef\xbb\xbf"

JsonDocument = dict[str, JsonValue]


def mapping(value: JsonValue) -> Mapping[str, JsonValue] | None:
    """Take a value where it is an object."""
    return value if isinstance(value, dict) else None


def mappings(value: JsonValue) -> Sequence[Mapping[str, JsonValue]]:
    """Take the objects of a list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def texts(*values: JsonValue) -> str:
    """Join what is text."""
    return "".join(value for value in values if isinstance(value, str))
