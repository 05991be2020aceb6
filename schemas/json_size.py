"""Counts the values of a JSON text before its fields are checked: each wrong one would cost an error.

A list of four million zeros in place of messages is 8 MB of JSON, and would become four million errors
and gigabytes of memory.
"""

from collections.abc import Mapping
from typing import cast

import orjson

SMALL_BYTES, SMALL_REQUEST_BYTES = 65_536, 4_096
"""A smaller text cannot hold too many values; requests, which anyone may publish, are counted sooner."""
MAX_VALUES = 200_000
"""Far beyond what any event or document holds; a request, which anybody may write, has a bound of its own."""
MAX_REQUEST_VALUES = 20_000
"""Two thousand messages with all fields, a thousand variables, tags, and as many unknown fields."""


def count_problem(value: bytes, most: int) -> str | None:
    """An error message where a JSON text holds too many values; None otherwise, also for invalid JSON."""
    if len(value) <= (SMALL_REQUEST_BYTES if most <= MAX_REQUEST_VALUES else SMALL_BYTES):
        return None
    try:
        parsed = orjson.loads(value)
    except orjson.JSONDecodeError:
        return None  # whoever reads it next says what is wrong with it
    return (
        f"it holds more than {most} values: send less, or split it" if exceeds_count(parsed, most) else None
    )


def exceeds_count(value: object, most: int) -> bool:
    """Whether parsed JSON holds more than `limit` values at any depth; it stops counting there."""
    waiting, left = [value], most
    while waiting:
        container = waiting.pop()
        if isinstance(container, Mapping):
            inner = list(cast("Mapping[str, object]", container).values()) if len(container) <= left else None
        elif isinstance(container, list):
            inner = cast("list[object]", container) if len(container) <= left else None
        else:
            continue
        if inner is None:
            return True
        left -= len(inner)
        waiting += [part for part in inner if isinstance(part, (Mapping, list))]
    return False
