"""CloudEvents 1.0 in Kafka's binary mode: an event as headers and a JSON value, and back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar, get_args
from uuid import UUID

from pydantic import BaseModel, ValidationError

from schemas.budgets import QUOTING_ERROR
from schemas.event import PUBLISHED, Event
from schemas.json_size import MAX_REQUEST_VALUES, MAX_VALUES, count_problem
from schemas.quality import Feedback
from schemas.requests import LlmRequest
from schemas.topics import BY_NAME, EVENT_OF, REQUESTS

Headers = tuple[tuple[str, bytes], ...]
SOURCE_PREFIX = "/weir/"
PRODUCER_EVENTS = (LlmRequest, Feedback)
NAMED_PROBLEMS = 5
_RULES = MappingProxyType(
    {
        "uuid_parsing": "Input should be a valid UUID",
        "union_tag_invalid": "Input should name one of the types that there are",
        "int_parsing_size": "Input should be a whole number within the bounds of the field",
        QUOTING_ERROR: "Input is no valid set of limits: see their names, units, windows and zones",
    }
)
"""What is said where a rule's own message would quote the value."""

E = TypeVar("E", bound=Event)


class InvalidEventError(ValueError):
    """A record is not a valid event of its topic; the message lists fields and rules, never content."""


@dataclass(frozen=True, slots=True)
class EncodedEvent:
    """An encoded event: record key, JSON value and CloudEvents headers."""

    key: bytes
    value: bytes
    headers: Headers


def encode(
    event: Event, *, event_id: UUID, source: str, time: datetime, traceparent: str | None = None
) -> EncodedEvent:
    """Encode an event in binary mode; `source` is the service's name."""
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(event_id).encode()),
        ("ce_source", (SOURCE_PREFIX + source).encode()),
        ("ce_type", event.TYPE.encode()),
        ("ce_time", time.isoformat().encode()),
        ("content-type", b"application/json"),
    ]
    if traceparent is not None:
        headers.append(("traceparent", traceparent.encode()))
    return EncodedEvent(
        event.partition_key.encode(), event.model_dump_json(exclude_none=True).encode(), tuple(headers)
    )


def decode(topic: str, value: bytes | None, headers: Iterable[tuple[str, bytes]]) -> Event:
    """Read a record of `topic`; without `ce_type` it is a plain JSON request where the topic allows one."""
    kind = _event_class(topic, dict(headers))
    if value is None:
        msg = f"a record on {topic} needs a JSON value; it is null"
        raise InvalidEventError(msg)
    return read_model(kind, value)


def read_model(kind: type[E], value: bytes) -> E:
    """Read JSON of a foreign producer as an event; raises InvalidEventError for anything invalid."""
    problem = count_problem(value, MAX_REQUEST_VALUES if issubclass(kind, PRODUCER_EVENTS) else MAX_VALUES)
    if problem is not None:
        msg = f"record: {problem}"
        raise InvalidEventError(msg)
    try:
        return kind.model_validate_json(value, context=PUBLISHED)
    except ValidationError as error:
        raise InvalidEventError(describe(error)) from None
    except (ValueError, TypeError, ArithmeticError, RecursionError) as error:
        # A rule that a value breaks before it is checked; its message may quote the value.
        msg = (
            f"the record is no valid JSON of a {kind.__name__}: "
            f"it breaks a rule that has no name ({type(error).__name__})"
        )
        raise InvalidEventError(msg) from None


def _event_class(topic: str, headers: Mapping[str, bytes]) -> type[Event]:
    declared = headers.get("ce_type")
    if declared is None:
        if topic == REQUESTS.name:
            return LlmRequest
        msg = f"a record on {topic} has no ce_type header"
        raise InvalidEventError(msg)
    kind = EVENT_OF.get(declared.decode("utf-8", "replace"))
    known = BY_NAME.get(topic)
    if kind is None or known is None or kind not in known.events:
        accepted = ", ".join(event.TYPE for event in known.events) if known else "nothing"
        msg = f"ce_type is none of those of {topic}; accepted: {accepted}"
        raise InvalidEventError(msg)
    return kind


def describe(error: ValidationError) -> str:
    """Name the fields and the rules they break, without values, which may be personal data."""
    found = error.errors(include_input=False, include_context=False, include_url=False)
    # That a list is too short follows from a fault inside it.
    inner = {problem["loc"][:depth] for problem in found for depth in range(len(problem["loc"]))}
    problems = [problem for problem in found if problem["type"] != "too_short" or problem["loc"] not in inner]
    named = [
        f"{_field_path(problem['loc'])}: {_RULES.get(problem['type'], problem['msg'])}"
        for problem in problems[:NAMED_PROBLEMS]
    ]
    return "; ".join(named) + (
        f"; and {len(problems) - NAMED_PROBLEMS} more" if len(problems) > NAMED_PROBLEMS else ""
    )


def _field_path(location: tuple[int | str, ...]) -> str:
    known = [str(part) for part in location if isinstance(part, int) or part in _FIELD_NAMES]
    return ".".join(known) or "record"


def _field_names(annotation: object, seen: set[object]) -> set[str]:
    """The names of all fields of a model and of the models inside it; these may be shown."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation in seen:
            return set()
        seen.add(annotation)
        inner = [_field_names(field.annotation, seen) for field in annotation.model_fields.values()]
        return set(annotation.model_fields).union(*inner)
    return set[str]().union(*(_field_names(part, seen) for part in get_args(annotation)))


_SEEN: set[object] = set()
_FIELD_NAMES = frozenset(name for kind in EVENT_OF.values() for name in _field_names(kind, _SEEN))
