"""Limits for the parts of a provider's reply, so that the events that hold them fit records and columns."""

import re
from collections.abc import Mapping

from pydantic import JsonValue
from pydantic_core import to_json

# In JSON, where a control character takes six bytes; prompt, answer and verdicts share a record of 8 MiB.
MAX_ANSWER_BYTES = 1024 * 1024
MAX_MODEL_CHARS = 200
MAX_MESSAGE_CHARS = 400
MAX_USAGE_BYTES = 8 * 1024
MAX_USAGE_DEPTH = 6
MAX_USAGE_VALUES = 500
MAX_CONTEXT = 8
# JSON parsers that use doubles read larger integers inexactly, and the columns have 64 bits.
MAX_INTEGER = 2**53 - 1
OUT_OF_RANGE, UNREADABLE = "out of range", "unreadable"
UNKNOWN_REASON = "unknown"
OVERSIZED: Mapping[str, JsonValue] = {"oversized": True}
"""Replaces a usage block that is too large; it has no token class, so the cost of its call is held."""
_STATUSES = range(100, 600)

# A label cannot hold a sentence, so that no part of an answer or a prompt leaves the sealed fields.
_LABEL = re.compile(r"[A-Za-z0-9_.:/-]{1,64}")
_MODEL = re.compile(r"[!-~]{1,200}")
_CONTEXT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_CONTEXT_VALUE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")


def json_size(text: str) -> int:
    """The number of bytes of a text as JSON."""
    return len(to_json(text.encode("utf-8", "replace").decode()))


def known_status(status: int | None) -> int | None:
    """The status if it is 100 to 599, else None."""
    return status if status is not None and status in _STATUSES else None


def known_model(value: JsonValue) -> str | None:
    """The name of a model if it is 1 to 200 printable ASCII characters without spaces, else None."""
    return value if isinstance(value, str) and _MODEL.fullmatch(value) else None


def reason_label(reason: str) -> str:
    """The finish reason if it is a label, else UNKNOWN_REASON."""
    return reason if _LABEL.fullmatch(reason) else UNKNOWN_REASON


def bounded_context(context: Mapping[str, str]) -> dict[str, str]:
    """The first MAX_CONTEXT entries of a price context that are short labels."""
    kept = [
        (name, value)
        for name, value in context.items()
        if _CONTEXT_NAME.fullmatch(name) and _CONTEXT_VALUE.fullmatch(value)
    ]
    return dict(kept[:MAX_CONTEXT])


def bounded_usage(block: Mapping[str, JsonValue] | None) -> Mapping[str, JsonValue] | None:
    """A usage block limited in depth, size and numbers.

    A value outside the limits becomes a text, which is not read as a count.
    """
    if block is None:
        return None
    if _values_in(dict(block), MAX_USAGE_VALUES) > MAX_USAGE_VALUES:
        return OVERSIZED
    kept = _kept_members(block, MAX_USAGE_DEPTH)
    return kept if len(to_json(kept)) <= MAX_USAGE_BYTES else OVERSIZED


def _values_in(value: JsonValue, limit: int) -> int:
    """The number of values in a value, counted without recursion and only up to just over the limit."""
    waiting, count = [value], 0
    while waiting and count <= limit:
        count += 1
        inner = waiting.pop()
        if isinstance(inner, dict):
            waiting.extend(list(inner.values())[: limit + 1])
        elif isinstance(inner, list):
            waiting.extend(inner[: limit + 1])
    return count


def _kept(value: JsonValue, depth: int) -> JsonValue:
    if isinstance(value, dict):
        return _kept_members(value, depth - 1) if depth > 1 else UNREADABLE
    if isinstance(value, list):
        return [_kept(item, depth - 1) for item in value] if depth > 1 else UNREADABLE
    if isinstance(value, str):
        return value if _LABEL.fullmatch(value) else UNREADABLE
    # Written so that NaN, which compares false with everything, is out of range.
    return value if value is None or -MAX_INTEGER <= value <= MAX_INTEGER else OUT_OF_RANGE


def _kept_members(block: Mapping[str, JsonValue], depth: int) -> dict[str, JsonValue]:
    return {name: _kept(value, depth) for name, value in block.items() if _LABEL.fullmatch(name)}
