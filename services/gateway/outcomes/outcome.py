"""The outcome of a published request, and the keys by which it is looked up."""

from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from schemas.outcomes import Completion

OTHER_BODY = "duplicate_other_body"

RequestKey = tuple[str, str]
"""Tenant and request id: never one without the other, so that no tenant is given another tenant's outcome."""


class RequestPosition(NamedTuple):
    """The partition and offset of a record on `llm.requests`."""

    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A request that could not be handled; `message` holds no content."""

    position: RequestPosition
    reason: str
    message: str


Outcome = Completion | DeadLetter


@dataclass(frozen=True, slots=True)
class RequestOutcome:
    """An outcome for a call; `is_duplicate` if the call repeats a request id and gets its first outcome."""

    outcome: Outcome
    is_duplicate: bool = False


class Pending:
    """The request was published and has no outcome yet."""


def request_key(completion: Completion) -> RequestKey:
    """The tenant and request id that an outcome belongs to."""
    return completion.request.tenant, completion.request.request_id


def first_record_id(outcome: Outcome) -> UUID | None:
    """The record id of the first request with this id and body; None if the outcome is no such duplicate.

    Another body under a used request id is an error of its own, and does not repeat the first outcome.
    """
    if not isinstance(outcome, Completion) or outcome.status != "duplicate":
        return None
    has_other_body = outcome.error is not None and outcome.error.code == OTHER_BODY
    return None if has_other_body else outcome.duplicate_of
