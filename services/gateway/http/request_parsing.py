"""Reads the body and the headers of a call; error messages name the field and never quote a value."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar, cast
from uuid import uuid4

import orjson
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import Request

from schemas.bounds import MAX_WAIT_SECONDS
from schemas.cloudevents import describe
from schemas.json_size import MAX_REQUEST_VALUES, exceeds_count
from schemas.values import RequestId
from services.gateway.domain.problems import Problem, ProblemError, invalid, not_found

B = TypeVar("B", bound=BaseModel)


class CallOptions(Protocol):
    """The fields of a body that headers can replace."""

    @property
    def request_id(self) -> str | None:
        """The caller's id of the request."""
        ...

    @property
    def deadline(self) -> datetime | None:
        """The time by which the caller needs an answer."""
        ...


# A client that is still sending cannot read the reply: an oversized body is read on up to this many limits.
MAX_DRAIN_LIMITS = 8
IDEMPOTENCY = "idempotency-key"
TRACKING = "x-request-id"
TIMEOUT = "x-request-timeout"
MAX_SHOWN_NAME_CHARS = 40
_REQUEST_ID = TypeAdapter[str](RequestId)


@dataclass(frozen=True, slots=True)
class DeadlineLimits:
    """How long a call waits: by default, and at most."""

    default: timedelta
    longest: timedelta


async def read_fields(request: Request, limit: int) -> Mapping[str, object]:
    """The JSON object of a body; raises ProblemError with 400, 413 or 415."""
    if request.headers.get("content-encoding", "identity") != "identity":
        msg = "compressed bodies are not accepted: send the JSON as it is"
        raise ProblemError(
            Problem(415, "invalid_request_error", "unsupported_encoding", msg, param="content-encoding")
        )
    body = await _read_body(request, limit)
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise invalid(
            f"the body is not valid UTF-8 JSON (line {error.lineno}, column {error.colno})",
            code="invalid_json",
        ) from None
    if not isinstance(fields, dict):
        raise invalid("the body is not a JSON object: send {...}", code="invalid_json")
    if exceeds_count(cast("object", fields), MAX_REQUEST_VALUES):
        raise invalid(
            f"the body holds more than {MAX_REQUEST_VALUES} values: send less, or split the request"
        )
    return cast("Mapping[str, object]", fields)


def parse(kind: type[B], fields: Mapping[str, object]) -> B:
    """Validate fields as a body; raises ProblemError with 400."""
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        raise _invalid_fields(kind, error) from None


def request_id_of(request: Request, body: CallOptions) -> str:
    """The request id from the body, Idempotency-Key or X-Request-ID, or a new one.

    Raises ProblemError if the body and Idempotency-Key differ.
    """
    key = request.headers.get(IDEMPOTENCY)
    if key is not None and body.request_id is not None and key != body.request_id:
        raise invalid(
            "'request_id' and the header Idempotency-Key differ: send one of them", param="request_id"
        )
    if body.request_id is not None:
        return body.request_id
    for header in (IDEMPOTENCY, TRACKING):
        given = request.headers.get(header)
        if given is not None:
            return _checked_id(given, header)
    return f"req_{uuid4().hex}"


def deadline_of(request: Request, body: CallOptions, deadlines: DeadlineLimits) -> datetime:
    """The body's deadline, else X-Request-Timeout in seconds, else the default; at most the longest one."""
    now = datetime.now(UTC)
    deadline = body.deadline or now + _timeout(request, deadlines.default)
    if deadline <= now:
        raise invalid("the deadline has passed: send a later one, or none", param="deadline")
    return min(deadline, now + deadlines.longest)


def known_request_id(text: str) -> str:
    """Validate a request id from a path; raises ProblemError with 404, since no request has such an id."""
    try:
        return _REQUEST_ID.validate_python(text)
    except ValidationError:
        raise not_found(
            "there is no such request: a request id is 1 to 128 printable ASCII characters without spaces"
        ) from None


def _timeout(request: Request, default: timedelta) -> timedelta:
    given = request.headers.get(TIMEOUT)
    if given is None:
        return default
    try:
        seconds = float(given)
    except ValueError:
        seconds = -1.0
    # Written so that NaN, which compares false with everything, is refused.
    if not 0 < seconds <= MAX_WAIT_SECONDS:
        limit = f"{MAX_WAIT_SECONDS:.0f}"
        message = f"the header X-Request-Timeout is not a number of seconds above 0 and up to {limit}"
        raise invalid(message, param=TIMEOUT)
    return timedelta(seconds=seconds)


def _checked_id(given: str, header: str) -> str:
    try:
        return _REQUEST_ID.validate_python(given)
    except ValidationError:
        raise invalid(
            f"the header {header} is no request id: 1 to 128 printable ASCII characters without spaces",
            param=header,
        ) from None


async def _read_body(request: Request, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size <= limit:
            parts.append(part)
        elif size > MAX_DRAIN_LIMITS * limit:
            break
    if size > limit:
        msg = f"the body is larger than {limit} bytes: shorten the messages, or split the request"
        raise ProblemError(Problem(413, "invalid_request_error", "body_too_large", msg))
    return b"".join(parts)


def _invalid_fields(kind: type[BaseModel], error: ValidationError) -> ProblemError:
    locations = [
        (problem["type"], problem["loc"])
        for problem in error.errors(include_input=False, include_context=False, include_url=False)
    ]
    known = kind.model_fields
    unknown = [str(loc[0]) for reason, loc in locations if reason == "extra_forbidden" and len(loc) == 1]
    if unknown:
        # The name itself comes from the caller and may be any text.
        is_printable = unknown[0].isidentifier() and len(unknown[0]) <= MAX_SHOWN_NAME_CHARS
        shown = unknown[0] if is_printable else "a field"
        return invalid(
            f"unknown parameter '{shown}'; accepted: {', '.join(known)}",
            param=shown,
            code="unknown_parameter",
        )
    _, first = locations[0]
    return invalid(describe(error), param=str(first[0]) if first and first[0] in known else None)
