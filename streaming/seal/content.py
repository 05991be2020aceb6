"""The sealed content of events: a request's fields, pseudonyms, answers, and known attacks.

Gateway, client, guard and router all use these functions, so that purpose and context always agree.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from schemas.cloudevents import describe
from schemas.json_size import MAX_REQUEST_VALUES, count_problem
from schemas.requests import LlmRequest
from streaming.errors import BadEventError
from streaming.seal.seal import Sealer, SealError

REQUEST = "request"
PSEUDONYMS = "pseudonyms"
ANSWER = "answer"
ATTACK = "attack"
ALL_TENANTS = "*"
"""Under this name content is sealed that belongs to no tenant; no tenant can have it."""


SEALED_FIELDS = (
    "messages",
    "variables",
    "untrusted_variables",
    "prompt",
    "request_id",
    "conversation_id",
    "user",
    "project",
    "tags",
)
"""Free text that may hold personal data; tenant, model, settings and deadline stay readable."""

_PSEUDONYMS = TypeAdapter(dict[str, str])
_FIELDS = TypeAdapter(dict[str, object])


def sealed_request(sealer: Sealer, request: LlmRequest, at: datetime) -> LlmRequest:
    """The request as it may be published: its free fields are sealed, and open only for its tenant."""
    clear = request.model_dump_json(include=set(SEALED_FIELDS), exclude_none=True).encode()
    sealed = sealer.seal(clear, tenant=request.tenant, purpose=REQUEST, context="", at=at)
    return request.model_copy(update={**dict.fromkeys(SEALED_FIELDS), "tags": {}, "sealed": sealed})


def opened_request(sealer: Sealer, request: LlmRequest) -> LlmRequest:
    """The request in the clear; one without a seal is returned unchanged. Raises BadEventError."""
    if request.sealed is None:
        return request
    clear = _opened(sealer, request.sealed, request.tenant, REQUEST, "")
    too_much = count_problem(clear, MAX_REQUEST_VALUES)
    if too_much is not None:
        raise BadEventError("invalid_event", f"in the seal: {too_much}")
    outside = request.model_dump(exclude={"sealed", *SEALED_FIELDS}, exclude_none=True)
    try:
        return LlmRequest.model_validate({**outside, **_FIELDS.validate_json(clear)})
    except ValidationError as error:
        # Without `from`: pydantic's message would quote the content.
        raise BadEventError("invalid_event", f"in the seal: {describe(error)}") from None


def seal_pseudonyms(
    sealer: Sealer, tenant: str, record_id: UUID, pseudonyms: Mapping[str, str], at: datetime
) -> str:
    """Seal the map of placeholder to clear value of one request."""
    return sealer.seal(
        _PSEUDONYMS.dump_json(dict(pseudonyms)),
        tenant=tenant,
        purpose=PSEUDONYMS,
        context=str(record_id),
        at=at,
    )


def open_pseudonyms(sealer: Sealer, tenant: str, record_id: UUID, sealed: str) -> Mapping[str, str]:
    """The map of placeholder to clear value, for the caller only; raises BadEventError."""
    try:
        return _PSEUDONYMS.validate_json(_opened(sealer, sealed, tenant, PSEUDONYMS, str(record_id)))
    except ValidationError:
        raise _unreadable("pseudonym map") from None


def seal_answer(sealer: Sealer, tenant: str, record_id: UUID, text: str, at: datetime) -> str:
    """Seal the text of a model's answer."""
    return sealer.seal(
        text.encode("utf-8", "replace"), tenant=tenant, purpose=ANSWER, context=str(record_id), at=at
    )


def open_answer(sealer: Sealer, tenant: str, record_id: UUID, sealed: str) -> str:
    """The text of a model's answer; raises BadEventError."""
    try:
        return _opened(sealer, sealed, tenant, ANSWER, str(record_id)).decode()
    except UnicodeDecodeError:
        raise _unreadable("answer") from None


def seal_attack(sealer: Sealer, tenant: str | None, name: str, text: str, at: datetime) -> str:
    """Seal the text of a known attack for one tenant, or for all of them."""
    return sealer.seal(
        text.encode("utf-8", "replace"), tenant=tenant or ALL_TENANTS, purpose=ATTACK, context=name, at=at
    )


def open_attack(sealer: Sealer, tenant: str | None, name: str, sealed: str) -> str:
    """The text of a known attack; raises BadEventError."""
    try:
        return _opened(sealer, sealed, tenant or ALL_TENANTS, ATTACK, name).decode()
    except UnicodeDecodeError:
        raise _unreadable("attack") from None


def attack_name(sealer: Sealer, tenant: str | None, text: str) -> str:
    """The name of an attack: the same for the same text, and without the key it reveals nothing of it."""
    return (
        "attack-"
        + sealer.keyed_hash(text.encode("utf-8", "replace"), tenant=tenant or ALL_TENANTS, purpose=ATTACK)[
            :16
        ]
    )


def _opened(sealer: Sealer, sealed: str, tenant: str, purpose: str, context: str) -> bytes:
    try:
        return sealer.open(sealed, tenant=tenant, purpose=purpose, context=context)
    except SealError as error:
        raise BadEventError("seal_not_open", str(error)) from error


def _unreadable(what: str) -> BadEventError:
    return BadEventError(
        "sealed_content_invalid", f"the sealed {what} opens, but is not what its purpose says"
    )
