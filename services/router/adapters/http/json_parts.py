"""Reads parts of untrusted JSON: a value of another type counts as missing and is not an error."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

BOM = b"\xef\xbb\xbf"

JsonDocument = dict[str, JsonValue]


def mapping(value: JsonValue) -> Mapping[str, JsonValue] | None:
    """The value if it is an object, else None."""
    return value if isinstance(value, dict) else None


def mappings(value: JsonValue) -> Sequence[Mapping[str, JsonValue]]:
    """The objects in a list; empty if the value is not a list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def texts(*values: JsonValue) -> str:
    """The texts among the values, joined."""
    return "".join(value for value in values if isinstance(value, str))
