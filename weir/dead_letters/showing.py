"""Opens one letter with the operator's key: shows its structure, or writes its bytes to a private file."""

import os
from pathlib import Path

from schemas.cloudevents import InvalidEventError, decode
from schemas.requests import LlmRequest
from streaming.brokers.records import Record
from streaming.errors import BadEventError, StreamingError
from streaming.events.dead_letters import OriginalRecord, original_of
from streaming.seal.content import SEALED_FIELDS, opened_request
from streaming.seal.seal import Sealer, SealError
from weir.dead_letters.letters import letter_of
from weir.dead_letters.redacted import PathSummary, shapes
from weir.dead_letters.tables import DeadLetterView

HEADERS = frozenset(
    {
        "ce_id",
        "ce_source",
        "ce_specversion",
        "ce_time",
        "ce_type",
        "ce_parentid",
        "content-type",
        "traceparent",
        "weir-source-offset",
        "weir-tick",
    }
)
"""Header names that Weir writes; any other name is the producer's and is not shown."""


class OutputError(StreamingError):
    """The original cannot be written to the given file."""


def view_of(sealer: Sealer, record: Record) -> DeadLetterView:
    """A letter with the structure of its original."""
    letter = letter_of(record)
    try:
        original = original_of(sealer, record)
    except SealError:
        return DeadLetterView(letter, opens=False)
    names = [name for name, _ in original.headers if name in HEADERS]
    return DeadLetterView(
        letter,
        opens=True,
        key_bytes=None if original.key is None else len(original.key),
        value_bytes=None if original.value is None else len(original.value),
        header_names=names,
        other_headers=len(original.headers) - len(names),
        shapes=shapes(original.value or b""),
        inner=_sealed_structure(sealer, letter.topic, original),
    )


def write_original(sealer: Sealer, record: Record, path: Path) -> int:
    """Write the original value to a new file with mode 0600; raises SealError or OutputError."""
    value = original_of(sealer, record).value or b""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            return file.write(value)
    except FileExistsError as error:
        msg = f"{path} is there already: name a new file"
        raise OutputError(msg) from error
    except OSError as error:
        msg = f"{path} cannot be written ({error.strerror})"
        raise OutputError(msg) from error


def _sealed_structure(sealer: Sealer, topic: str, original: OriginalRecord) -> list[PathSummary] | None:
    """The structure of the sealed part of a request; None if nothing is sealed or it does not open."""
    try:
        event = decode(topic, original.value, original.headers)
        if not isinstance(event, LlmRequest) or event.sealed is None:
            return None
        request = opened_request(sealer, event)
    except (InvalidEventError, BadEventError):
        return None
    return shapes(request.model_dump_json(include=set(SEALED_FIELDS), exclude_none=True).encode())
