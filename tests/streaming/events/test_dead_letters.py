"""Dead letters: the original is restored byte for byte, and only from its own seal and position."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from streaming.brokers.records import OutboundRecord, Record
from streaming.events.dead_letters import (
    FRAME,
    SOURCE_OFFSET,
    DeadLetterCause,
    OriginalRecord,
    dead_letter,
    original_of,
    source_of,
)
from streaming.seal.seal import Sealer, SealError, new_key

SEALER = Sealer.from_text(new_key())
NOW = datetime(2026, 11, 2, tzinfo=UTC)
CAUSE = DeadLetterCause("guard", "invalid_event", "no request")


def record(key: bytes | None, value: bytes | None, headers: tuple[tuple[str, bytes], ...] = ()) -> Record:
    return Record("llm.requests", 3, 17, 0, key, value, headers)


def as_read(letter: OutboundRecord) -> Record:
    return Record(letter.topic, 0, 0, 0, letter.key, letter.value, letter.headers)


@pytest.mark.parametrize("key", [None, b"", b"key"])
@pytest.mark.parametrize("value", [None, b"", b"\x00secret"])
def test_the_original_is_restored_byte_for_byte(key: bytes | None, value: bytes | None) -> None:
    headers = (("a", b""), ("a", b"\xff"), ("caf\udce9", b"1"))

    letter = as_read(dead_letter(SEALER, record(key, value, headers), CAUSE, NOW))

    assert original_of(SEALER, letter) == OriginalRecord(key, value, headers)
    assert source_of(letter) == ("llm.requests", 3, 17)
    assert b"secret" not in (letter.value or b"")


@pytest.mark.parametrize("header", [SOURCE_OFFSET, FRAME])
def test_a_letter_with_other_headers_does_not_open(header: str) -> None:
    letter = as_read(dead_letter(SEALER, record(b"key", b"value"), CAUSE, NOW))
    changed = tuple((name, b"18" if name == header else content) for name, content in letter.headers)

    with pytest.raises(SealError):
        original_of(SEALER, replace(letter, headers=changed))
