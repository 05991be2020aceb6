"""Dead letters: the sealed original of a record, with headers that give its position and the reason."""

from dataclasses import dataclass
from datetime import datetime

from schemas.topics import dead_letter_topic
from streaming.brokers.records import Headers, OutboundRecord, Record
from streaming.handling import position_id
from streaming.seal.seal import Sealer, SealError

NO_TENANT = "-"
PURPOSE = "dead-letter"
SOURCE_TOPIC, SOURCE_PARTITION, SOURCE_OFFSET = (
    "weir-source-topic",
    "weir-source-partition",
    "weir-source-offset",
)
SOURCE_TIMESTAMP, REQUEST = "weir-source-timestamp-ms", "weir-request"
SERVICE, REASON, ERROR, FAILED_AT, SIZE, FRAME = (
    "weir-service",
    "weir-reason",
    "weir-error",
    "weir-failed-at",
    "weir-size",
    "weir-frame",
)
FRAME_VERSION = b"2"
MAX_ERROR_BYTES = 500
LENGTH_BYTES = 4
MAX_DIGITS = 18
HAS_KEY, HAS_VALUE = 1, 2


@dataclass(frozen=True, slots=True)
class DeadLetterCause:
    """Why a record is a dead letter; `request` is the record id of its request, if it is known."""

    service: str
    reason: str
    message: str
    request: str | None = None


@dataclass(frozen=True, slots=True)
class OriginalRecord:
    """The record as its producer sent it, byte for byte."""

    key: bytes | None
    value: bytes | None
    headers: Headers


def dead_letter(sealer: Sealer, record: Record, cause: DeadLetterCause, now: datetime) -> OutboundRecord:
    """The dead letter to append; nothing of the original is in the clear."""
    sealed = sealer.seal(
        _framed(record), tenant=NO_TENANT, purpose=PURPOSE, context=_position_text(record), at=now
    )
    headers = [
        ("ce_id", str(position_id(record)).encode()),
        (SOURCE_TOPIC, record.topic.encode()),
        (SOURCE_PARTITION, str(record.partition).encode()),
        (SOURCE_OFFSET, str(record.offset).encode()),
        (SOURCE_TIMESTAMP, str(record.timestamp_ms).encode()),
        (SERVICE, cause.service.encode()),
        (REASON, cause.reason.encode()),
        (ERROR, cause.message.encode("utf-8", "replace")[:MAX_ERROR_BYTES]),
        (FAILED_AT, now.isoformat().encode()),
        (SIZE, str(len(record.value or b"")).encode()),
        (FRAME, FRAME_VERSION),
    ]
    if cause.request is not None:
        headers.append((REQUEST, cause.request.encode()))
    return OutboundRecord(dead_letter_topic(record.topic), None, sealed.encode(), tuple(headers))


def open_dead_letter(sealer: Sealer, letter: Record) -> bytes:
    """The framed original; raises SealError."""
    position = "/".join(
        (letter.header(name) or b"").decode("utf-8", "replace")
        for name in (SOURCE_TOPIC, SOURCE_PARTITION, SOURCE_OFFSET)
    )
    return sealer.open(
        (letter.value or b"").decode("ascii", "replace"), tenant=NO_TENANT, purpose=PURPOSE, context=position
    )


def original_of(sealer: Sealer, letter: Record) -> OriginalRecord:
    """The original of a dead letter; raises SealError if it does not open, or is of an older version."""
    framed = open_dead_letter(sealer, letter)
    if letter.header(FRAME) != FRAME_VERSION:
        msg = (
            "the letter was written by an older version, whose letters cannot be put back: "
            "publish the request again"
        )
        raise SealError(msg)
    return unframed(framed)


def unframed(framed: bytes) -> OriginalRecord:
    """The record in a frame; raises SealError for other bytes, since the version header is not sealed."""
    try:
        flags, *parts = _parts(framed)
        key, value, *rest = parts
        names, values = rest[::2], rest[1::2]
        headers = tuple(
            (name.decode("utf-8", "surrogateescape"), content)
            for name, content in zip(names, values, strict=True)
        )
        return OriginalRecord(
            key if flags[0] & HAS_KEY else None, value if flags[0] & HAS_VALUE else None, headers
        )
    except (ValueError, IndexError) as error:
        msg = "the letter opens, but holds no record: its headers are not its own"
        raise SealError(msg) from error


def source_of(letter: Record) -> tuple[str, int, int] | None:
    """The topic, partition and offset of the original; None if the headers do not give them."""
    topic = (letter.header(SOURCE_TOPIC) or b"").decode("utf-8", "replace")
    partition, offset = (_number(letter.header(name)) for name in (SOURCE_PARTITION, SOURCE_OFFSET))
    return (topic, partition, offset) if topic and partition is not None and offset is not None else None


def _number(text: bytes | None) -> int | None:
    return int(text) if text and text.isdigit() and len(text) <= MAX_DIGITS else None


def _position_text(record: Record) -> str:
    return f"{record.topic}/{record.partition}/{record.offset}"


def _framed(record: Record) -> bytes:
    flags = (HAS_KEY if record.key is not None else 0) | (HAS_VALUE if record.value is not None else 0)
    parts = [bytes([flags]), record.key or b"", record.value or b""]
    for name, content in record.headers:
        parts += [name.encode("utf-8", "surrogateescape"), content or b""]
    return b"".join(len(part).to_bytes(LENGTH_BYTES, "big") + part for part in parts)


def _parts(framed: bytes) -> list[bytes]:
    parts: list[bytes] = []
    position = 0
    while position < len(framed):
        end = position + LENGTH_BYTES + int.from_bytes(framed[position : position + LENGTH_BYTES], "big")
        parts.append(framed[position + LENGTH_BYTES : end])
        position = end
    return parts
