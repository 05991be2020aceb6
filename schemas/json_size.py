"""How many values a JSON text holds, counted before its fields are checked: each wrong one costs a checker far more than its bytes.

A list of four million zeros where messages belong is 8 MB of JSON, and would become four million complaints and gigabytes of memory.
"""

from collections.abc import Mapping
from typing import cast

import orjson

SMALL_BYTES, SMALL_REQUEST_BYTES = 65_536, 4_096
"""What is smaller cannot hold enough values to matter; anybody may write requests, many at once, so theirs are looked at sooner."""
MOST_VALUES = 200_000
"""Far beyond what any event or document holds; a request, which anybody may write, has a bound of its own."""
MOST_REQUEST_VALUES = 20_000
"""Two thousand messages with all their fields, a thousand variables, tags, and as much again of fields that are not known here."""


def count_problem(value: bytes, most: int) -> str | None:
    """Say that a JSON text holds too much; None where it does not, or is no JSON at all."""
    if len(value) <= (SMALL_REQUEST_BYTES if most <= MOST_REQUEST_VALUES else SMALL_BYTES):
        return None
    try:
        parsed = orjson.loads(value)
    except orjson.JSONDecodeError:
        return None  # whoever reads it next says what is wrong with it
    return f"it holds more than {most} values: send less, or split it" if holds_more(parsed, most) else None


def holds_more(value: object, most: int) -> bool:
    """Whether parsed JSON holds more than so many values, at whatever depth; looks at no more than that."""
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
