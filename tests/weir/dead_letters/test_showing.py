"""A letter is shown by its structure, never by its content: declared names, types, lengths."""

import json
import stat
from pathlib import Path

import pytest

from schemas.answers import ModelAnswer
from schemas.cloudevents import encode
from schemas.outcomes import Completion
from schemas.requests import LlmRequest
from streaming.brokers.records import Record
from streaming.events.dead_letters import DeadLetterCause, dead_letter
from streaming.seal.content import sealed_request
from streaming.seal.seal import Sealer, new_key
from tests.weir.dead_letters.bench import NOW, SEALER, example, fact_record
from weir.dead_letters.redacted import UNDECLARED
from weir.dead_letters.showing import OutputError, view_of, write_original
from weir.dead_letters.tables import view_fields, view_lines

SECRETS = ("Jane", "jane", "parcel", "4111", "555", "sk-live")
REQUEST = {
    "tenant": "acme",
    "model": "small",
    "messages": [
        {"role": "user", "content": "Where is Jane's parcel?"},
        {"role": "jane", "content": "4111111111111111"},
    ],
    "variables": {"jane@example.com": "555-1234"},
    "tags": {"Jane": "jane", "tenant": "jane@example.com"},
    "user": "jane@example.com",
    "Jane Doe": {"messages": ["parcel"]},
    "deadline": "2026-11-30T10:00:00Z",
    "seed": 5551234,
}


def letter(record: Record) -> Record:
    made = dead_letter(
        SEALER, record, DeadLetterCause("guard", "invalid_event", "messages.1.role: not a role"), NOW
    )
    return Record(made.topic, 0, 9, 1, made.key, made.value, made.headers)


def raw(value: bytes | None) -> Record:
    return Record(
        "llm.requests",
        0,
        4,
        1,
        b"jane@example.com",
        value,
        (("x-jane", b"Jane"), ("traceparent", b"jane"), ("jane\udcff", b"4111")),
    )


def lines_of(record: Record) -> str:
    view = view_of(SEALER, record)
    return json.dumps(view_fields(view)) + "\n".join(view_lines(view))


def test_names_types_lengths_and_closed_values_are_shown_and_nothing_else() -> None:
    text = lines_of(letter(raw(json.dumps(REQUEST).encode())))

    assert [secret for secret in SECRETS if secret in text] == []

    lines = list(view_lines(view_of(SEALER, letter(raw(json.dumps(REQUEST).encode())))))

    assert "  tenant  string, 4 characters: acme" in lines
    assert "  messages  array, 2 items" in lines
    assert "  messages[].content  string x 2, 16 to 23 characters" in lines
    assert "  messages[].role  string x 2, 4 characters: user" in lines
    assert f"  variables.{UNDECLARED}  string, 8 characters" in lines
    assert "  seed  number" in lines
    assert "  deadline  string, 20 characters: 2026-11-30T10:00:00Z" in lines
    assert any(
        line.startswith("headers") and line.endswith("traceparent and 2 of other names") for line in lines
    )


@pytest.mark.parametrize(
    "value",
    ["jane@example.com", "4111111111111111", "sk-live-0123456789abcdefghij", "Jane Doe", "\x1b[31mJane"],
)
def test_a_name_that_holds_personal_data_is_not_shown(value: str) -> None:
    assert [
        secret
        for secret in SECRETS
        if secret in lines_of(letter(raw(json.dumps({"tenant": value, "model": value}).encode())))
    ] == []


def test_what_a_producer_sealed_is_shown_by_its_structure_too() -> None:
    request = LlmRequest.model_validate(
        {**REQUEST, "messages": [{"role": "user", "content": "Where is Jane's parcel?"}]}
    )
    encoded = encode(
        sealed_request(SEALER, request, NOW),
        event_id=example(ModelAnswer).request.record_id,
        source="gateway",
        time=NOW,
    )
    record = letter(Record("llm.requests", 0, 4, 1, encoded.key, encoded.value, encoded.headers))

    text = lines_of(record)

    assert "messages[].content" in text
    assert [secret for secret in SECRETS if secret in text] == []


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"seed": ' + b"9" * 10_000 + b"}",
        b'"\\ud800"',
        b"jane@example.com",
    ],
)
def test_what_is_no_json_is_shown_by_its_length(value: bytes | None) -> None:
    assert "jane" not in lines_of(letter(raw(value)))


def test_an_event_of_ours_shows_whose_it_is_and_how_it_ended() -> None:
    lines = list(view_lines(view_of(SEALER, letter(fact_record(example(Completion))))))

    assert any(line.startswith("  request.tenant  string") and line.endswith(": acme") for line in lines)
    assert any(line.startswith("  status  string") for line in lines)
    assert not any(UNDECLARED in line and "request" in line and "tags" not in line for line in lines)


def test_another_key_opens_nothing_and_says_so() -> None:
    view = view_of(Sealer.from_text(new_key()), letter(raw(b"{}")))

    assert not view.opens
    assert view.shapes is None


def test_the_original_is_written_for_its_owner_alone_and_over_nothing(tmp_path: Path) -> None:
    path = tmp_path / "original.json"

    assert write_original(SEALER, letter(raw(b"{ jane@example.com")), path) == 18
    assert path.read_bytes() == b"{ jane@example.com"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    with pytest.raises(OutputError, match="there already"):
        write_original(SEALER, letter(raw(b"other")), path)
    with pytest.raises(OutputError, match="cannot be written"):
        write_original(SEALER, letter(raw(b"other")), tmp_path / "no" / "folder")

    assert path.read_bytes() == b"{ jane@example.com"
