"""The input and output lines of an offline scan; each input line gives one result or one error."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

from pydantic import JsonValue, TypeAdapter, ValidationError

from schemas.cloudevents import describe
from schemas.values import MAX_MESSAGES, Message
from schemas.verdicts import Direction
from services.guard.domain.scan.result import ScanResult
from services.guard.domain.text.surrogates import without_surrogates

LineId: TypeAlias = str | int | float | None
MAX_ID_CHARS = 1_000
_DIRECTIONS: Mapping[JsonValue, Direction] = {"input": "input", "output": "output", "indirect": "indirect"}
_MESSAGES = TypeAdapter(tuple[Message, ...])


class InvalidScanLineError(ValueError):
    """A line is invalid; the message explains what to change, without content."""

    def __init__(self, message: str, line_id: LineId = None) -> None:
        super().__init__(message)
        self.line_id = line_id


@dataclass(frozen=True, slots=True)
class ScanTextLine:
    """A line with one text."""

    id: LineId
    text: str
    direction: Direction = "input"


@dataclass(frozen=True, slots=True)
class ScanMessagesLine:
    """A line with a conversation."""

    id: LineId
    messages: tuple[Message, ...]


ScanLine = ScanTextLine | ScanMessagesLine


def parse_line(line: bytes, default: Direction) -> ScanLine:
    """Parse a line, with a default for its direction; raises InvalidScanLineError."""
    fields = _object(line)
    line_id = _id(fields.get("id"))
    try:
        if fields.get("messages") is not None:
            return _conversation(line_id, fields)
        return _text(line_id, fields, default)
    except InvalidScanLineError as error:
        raise InvalidScanLineError(str(error), line_id) from error


def result_line(line_id: LineId, scanned: ScanResult) -> str:
    """The output line of a result; characters outside ASCII are escaped."""
    return _line({"id": line_id, **scanned.to_json()})


def error_line(line_id: LineId, problem: str) -> str:
    """The output line of an input line that could not be scanned."""
    return _line({"id": line_id, "error": problem})


def _line(fields: Mapping[str, JsonValue]) -> str:
    return json.dumps(fields, separators=(", ", ": "), allow_nan=False) + "\n"


def _object(line: bytes) -> Mapping[str, JsonValue]:
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidScanLineError(f"the line is no UTF-8 (byte {error.start + 1})") from error
    if not text.strip():
        raise InvalidScanLineError("the line is empty: one JSON object a line")
    try:
        fields = json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise InvalidScanLineError(
            f"the line is no JSON: {error.msg} at character {error.pos + 1}"
        ) from error
    except (RecursionError, ValueError) as error:
        raise InvalidScanLineError(
            "the line is nested too deeply, or holds a number that cannot be"
        ) from error
    if not isinstance(fields, dict):
        raise InvalidScanLineError('the line is no JSON object: write it like {"id": 1, "text": "..."}')
    return fields


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _id(value: JsonValue) -> LineId:
    """Check the id, a text or a number, which is returned unchanged."""
    if value is None or (isinstance(value, str) and len(value) <= MAX_ID_CHARS):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return value
    raise InvalidScanLineError(f"id is no text of at most {MAX_ID_CHARS} characters and no number")


def _text(line_id: LineId, fields: Mapping[str, JsonValue], default: Direction) -> ScanTextLine:
    text, given = fields.get("text"), fields.get("direction", default)
    if not isinstance(text, str):
        raise InvalidScanLineError(
            'there is no text: write it like {"id": 1, "text": "..."}' if text is None else "text is no text"
        )
    direction = _DIRECTIONS.get(given) if isinstance(given, str) else None
    if direction is None:
        raise InvalidScanLineError(f"direction is none of {', '.join(_DIRECTIONS.values())}")
    return ScanTextLine(line_id, text, direction)


def _conversation(line_id: LineId, fields: Mapping[str, JsonValue]) -> ScanMessagesLine:
    if fields.get("text") is not None:
        raise InvalidScanLineError("give either text or messages")
    if fields.get("direction", "input") != "input":
        raise InvalidScanLineError("messages say by their role where they come from: leave direction out")
    given = fields["messages"]
    if not isinstance(given, list) or not 0 < len(given) <= MAX_MESSAGES:
        raise InvalidScanLineError(
            f'messages is no list of 1 to {MAX_MESSAGES} messages like {{"role": "user", "content": "..."}}'
        )
    try:
        return ScanMessagesLine(line_id, _MESSAGES.validate_python(_without_surrogates(given)))
    except ValidationError as error:
        # Without `from`: pydantic's message would quote the content.
        raise InvalidScanLineError(f"messages: {describe(error)}") from None
    except RecursionError as error:
        raise InvalidScanLineError("messages is nested too deeply") from error


def _without_surrogates(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return without_surrogates(value)
    if isinstance(value, list):
        return [_without_surrogates(part) for part in value]
    if isinstance(value, dict):
        return {name: _without_surrogates(part) for name, part in value.items()}
    return value
