"""Input lines of a scan: a text or a conversation, or an error that says what to change."""

import json

import pytest

from services.guard.domain.scan.lines import (
    InvalidScanLineError,
    ScanMessagesLine,
    ScanTextLine,
    error_line,
    parse_line,
)


def test_a_line_without_a_direction_gets_the_default() -> None:
    assert parse_line(b'{"id": 7, "text": "hello"}', "output") == ScanTextLine(7, "hello", "output")


def test_a_conversation_is_a_line_of_messages() -> None:
    line = parse_line(b'{"messages": [{"role": "user", "content": "hello"}]}', "input")

    assert isinstance(line, ScanMessagesLine)
    assert [(message.role, message.content) for message in line.messages] == [("user", "hello")]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"", "the line is empty"),
        (b"\xff", "no UTF-8"),
        (b"[1]", "no JSON object"),
        (b'{"text": 1}', "text is no text"),
        (b'{"text": "a", "direction": "up"}', "direction is none of"),
        (b'{"text": "a", "messages": []}', "give either text or messages"),
        (b'{"id": [1], "text": "a"}', "id is no text"),
        (b'{"id": NaN, "text": "a"}', "a number that cannot be"),
    ],
)
def test_an_invalid_line_says_what_to_change(line: bytes, problem: str) -> None:
    with pytest.raises(InvalidScanLineError, match=problem):
        parse_line(line, "input")


def test_an_error_keeps_the_id_of_its_line() -> None:
    with pytest.raises(InvalidScanLineError) as refused:
        parse_line(b'{"id": "a1", "text": null}', "input")

    assert refused.value.line_id == "a1"
    assert json.loads(error_line("a1", "no text")) == {"id": "a1", "error": "no text"}
