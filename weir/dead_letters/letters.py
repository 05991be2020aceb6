"""Dead letters as their headers describe them; any producer can write those, so they are not trusted."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from schemas.topics import BY_NAME, DLQ_SUFFIX, TOPICS, dead_letter_topic
from streaming.brokers.records import LAST_MS, Record
from streaming.events.dead_letters import (
    ERROR,
    FAILED_AT,
    MAX_ERROR_BYTES,
    REASON,
    REQUEST,
    SERVICE,
    SIZE,
    SOURCE_OFFSET,
    SOURCE_PARTITION,
    SOURCE_TIMESTAMP,
    SOURCE_TOPIC,
)

LETTERED: Mapping[str, str] = {
    topic.name: dead_letter_topic(topic.name) for topic in TOPICS if topic.has_dead_letters
}
"""Each topic that has dead letters, and its dead letter topic."""

FOREIGN = "foreign_record"
MAX_NAME_CHARS = 64
MAX_DIGITS = 18
MAX_PARTITION = 2**31 - 1
POSITION = re.compile(r"([A-Za-z0-9._-]{1,249})/(\d{1,10})@(\d{1,18})")


@dataclass(frozen=True, slots=True, order=True)
class RecordPosition:
    """The topic, partition and offset of a record; its text is `TOPIC/PARTITION@OFFSET`."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}@{self.offset}"


@dataclass(frozen=True, slots=True)
class DeadLetterRecord:
    """A dead letter by its unverified headers; `source` is None if they name no valid position."""

    at: RecordPosition
    source: RecordPosition | None
    timestamp_ms: int
    service: str
    reason: str
    error: str
    failed_at: datetime
    size_bytes: int | None
    event_id: str
    request: str | None

    @property
    def topic(self) -> str:
        """The topic whose records could not be handled."""
        return self.at.topic.removesuffix(DLQ_SUFFIX)


def letter_of(record: Record) -> DeadLetterRecord:
    """Read the headers of a letter; a record that Weir did not write gets the reason `foreign_record`."""
    source = _source(record) if record.undecodable is None else None
    return DeadLetterRecord(
        at=RecordPosition(record.topic, record.partition, record.offset),
        source=source,
        timestamp_ms=min(_number(record, SOURCE_TIMESTAMP) or 0, LAST_MS),
        service=_text(record, SERVICE, MAX_NAME_CHARS),
        reason=(_text(record, REASON, MAX_NAME_CHARS) or "unknown") if source is not None else FOREIGN,
        error=_text(record, ERROR, MAX_ERROR_BYTES)
        if source is not None
        else "it does not say which record of this topic it was",
        failed_at=_moment(record),
        size_bytes=_number(record, SIZE),
        event_id=_uuid(record, "ce_id") or "-",
        request=_uuid(record, REQUEST),
    )


def parse_position(text: str) -> RecordPosition | None:
    """Parse `TOPIC/PARTITION@OFFSET`; None for any other text, or a topic without dead letters."""
    match = POSITION.fullmatch(text)
    if match is None or match[1].removesuffix(DLQ_SUFFIX) not in LETTERED or int(match[2]) > MAX_PARTITION:
        return None
    return RecordPosition(match[1], int(match[2]), int(match[3]))


def is_uuid(text: str) -> bool:
    """Whether a text is a UUID."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _source(record: Record) -> RecordPosition | None:
    topic = _text(record, SOURCE_TOPIC, MAX_NAME_CHARS)
    partition, offset = _number(record, SOURCE_PARTITION), _number(record, SOURCE_OFFSET)
    if (
        topic not in BY_NAME
        or dead_letter_topic(topic) != record.topic
        or partition is None
        or partition > MAX_PARTITION
        or offset is None
    ):
        return None
    return RecordPosition(topic, partition, offset)


def _text(record: Record, name: str, max_chars: int) -> str:
    """A header as one line that a terminal can show."""
    text = (record.header(name) or b"")[: 4 * max_chars].decode("utf-8", "replace")[:max_chars]
    return "".join(character if character.isprintable() else "?" for character in text)


def _number(record: Record, name: str) -> int | None:
    text = _text(record, name, MAX_DIGITS + 1)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else None


def _uuid(record: Record, name: str) -> str | None:
    text = _text(record, name, MAX_NAME_CHARS)
    return str(UUID(text)) if is_uuid(text) else None


def _moment(record: Record) -> datetime:
    try:
        return datetime.fromisoformat(_text(record, FAILED_AT, MAX_NAME_CHARS)).astimezone(UTC)
    except (ValueError, OverflowError):
        return record.moment
