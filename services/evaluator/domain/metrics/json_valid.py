"""Whether an answer is valid JSON, if the prompt requires JSON."""

import json
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from schemas.values import Message
from services.evaluator.domain.metrics.types import EvaluatedAnswer, Measure

_FENCE = re.compile(r"\A```(?:json)?\s*\n(?P<body>.*)\n```\Z", re.DOTALL | re.IGNORECASE)
_ASKS_JSON = re.compile(r"\bjson\b", re.IGNORECASE)


def json_valid(answer: EvaluatedAnswer) -> bool | None:
    """Whether the answer is one JSON value, also in one fence; None if the prompt does not mention JSON."""
    if not _mentions_json(answer.messages, answer.question):
        return None
    text = answer.output.strip()
    fenced = _FENCE.match(text)
    try:
        # Python would take NaN and Infinity, which are no JSON, and refuse long integers, which are.
        json.loads(fenced["body"] if fenced else text, parse_constant=_refuse_constant, parse_int=str)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _mentions_json(messages: Sequence[Message], question: str) -> bool:
    """Whether the instructions or the last user message mention JSON."""
    instructions = [message.content for message in messages if message.role in {"system", "developer"}]
    return any(_ASKS_JSON.search(text) for text in (*instructions, question))


MEASURES: Mapping[str, Measure] = MappingProxyType({"json_valid": json_valid})
