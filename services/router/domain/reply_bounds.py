"""The bounds of what a provider may say: each part of a reply travels in events that must fit into one record and into the tables after it."""

import re
from collections.abc import Mapping

from pydantic import JsonValue
from pydantic_core import to_json

# As JSON, which writes a control character as six bytes: prompt, answer, verdicts and attempts share one record of 8 MiB.
MAX_ANSWER_BYTES = 1024 * 1024
MAX_MODEL_CHARS = 200
MAX_MESSAGE_CHARS = 400
MAX_USAGE_BYTES = 8 * 1024
MAX_USAGE_DEPTH = 6
MAX_USAGE_VALUES = 500
MAX_CONTEXT = 8
# Beyond this neighbours read the same integer differently, and a column of 64 bits ends soon after.
MAX_INTEGER = 2**53 - 1
OUT_OF_RANGE, UNREADABLE = "out of range", "unreadable"
UNKNOWN_REASON = "unknown"
OVERSIZED: Mapping[str, JsonValue] = {"oversized": True}
"""Stands for a usage block that is too large: it names no class, so that its call is held."""
_STATUSES = range(100, 600)

# A label holds no sentence, so that no part of an answer or a prompt can travel outside the seal.
_LABEL = re.compile(r"[A-Za-z0-9_.:/-]{1,64}")
_MODEL = re.compile(r"[!-~]{1,200}")
_CONTEXT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_CONTEXT_VALUE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")


def json_size(text: str) -> int:
    """Count the bytes that a text takes in a record."""
    return len(to_json(text.encode("utf-8", "replace").decode()))


def known_status(status: int | None) -> int | None:
    """Take a status that HTTP knows."""
    return status if status is not None and status in _STATUSES else None


def known_model(value: JsonValue) -> str | None:
    """Take the name of a model: printable, without spaces, of bounded length."""
    return value if isinstance(value, str) and _MODEL.fullmatch(value) else None


def reason_label(reason: str) -> str:
    """Take a finish reason where it is a label; any other text says that the answer ended, not why."""
    return reason if _LABEL.fullmatch(reason) else UNKNOWN_REASON


def bounded_context(context: Mapping[str, str]) -> dict[str, str]:
    """Take how a call was served, by short labels."""
    kept = [
        (name, value)
        for name, value in context.items()
        if _CONTEXT_NAME.fullmatch(name) and _CONTEXT_VALUE.fullmatch(value)
    ]
    return dict(kept[:MAX_CONTEXT])


def bounded_usage(block: Mapping[str, JsonValue] | None) -> Mapping[str, JsonValue] | None:
    """Keep a usage block in bounded depth, size and numbers; what is outside stands as a text, which no reader takes for a count or for 0."""
    if block is None:
        return None
    if _values_in(dict(block), MAX_USAGE_VALUES) > MAX_USAGE_VALUES:
        return OVERSIZED
    kept = _kept_members(block, MAX_USAGE_DEPTH)
    return kept if len(to_json(kept)) <= MAX_USAGE_BYTES else OVERSIZED


def _values_in(value: JsonValue, limit: int) -> int:
    """Count values without recursion, and no further than a few beyond the limit."""
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
    # NaN is within no range.
    return value if value is None or -MAX_INTEGER <= value <= MAX_INTEGER else OUT_OF_RANGE


def _kept_members(block: Mapping[str, JsonValue], depth: int) -> dict[str, JsonValue]:
    return {name: _kept(value, depth) for name, value in block.items() if _LABEL.fullmatch(name)}
