"""What travels sealed, by purpose: a request's content, the pseudonyms of a request, an answer's text.

The gateway, the producers' client, the guard and the router share this one place, so that purpose and context always agree.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from pydantic import Field, TypeAdapter, ValidationError

from schemas.values import Message, Value
from streaming.errors import BadEventError
from streaming.seal import Sealer, SealError

REQUEST = "request"
PSEUDONYMS = "pseudonyms"
ANSWER = "answer"


class _Content(Value):
    messages: tuple[Message, ...] = ()
    variables: Mapping[str, str] = Field(default_factory=dict[str, str])


_PSEUDONYMS = TypeAdapter(dict[str, str])


def seal_content(sealer: Sealer, tenant: str, request_id: str, messages: Sequence[Message], variables: Mapping[str, str], at: datetime) -> str:
    """Seal a request's content for `LlmRequest.sealed`; it opens only under this tenant and request id."""
    clear = _Content(messages=tuple(messages), variables=dict(variables)).model_dump_json(exclude_none=True).encode()
    return sealer.seal(clear, tenant=tenant, purpose=REQUEST, context=request_id, at=at)


def open_content(sealer: Sealer, tenant: str, request_id: str, sealed: str) -> tuple[tuple[Message, ...], Mapping[str, str]]:
    """The messages and variables of a sealed request; raises BadEventError."""
    try:
        content = _Content.model_validate_json(_opened(sealer, sealed, tenant, REQUEST, request_id))
    except ValidationError:
        # Without `from`: pydantic's message would quote the content.
        raise _unreadable("request content") from None
    return content.messages, content.variables


def seal_pseudonyms(sealer: Sealer, tenant: str, record_id: UUID, pseudonyms: Mapping[str, str], at: datetime) -> str:
    """Seal the map of placeholder to clear value of one request."""
    return sealer.seal(_PSEUDONYMS.dump_json(dict(pseudonyms)), tenant=tenant, purpose=PSEUDONYMS, context=str(record_id), at=at)


def open_pseudonyms(sealer: Sealer, tenant: str, record_id: UUID, sealed: str) -> Mapping[str, str]:
    """The map of placeholder to clear value, for the caller only; raises BadEventError."""
    try:
        return _PSEUDONYMS.validate_json(_opened(sealer, sealed, tenant, PSEUDONYMS, str(record_id)))
    except ValidationError:
        raise _unreadable("pseudonym map") from None


def seal_answer(sealer: Sealer, tenant: str, record_id: UUID, text: str, at: datetime) -> str:
    """Seal the raw text that a model gave."""
    return sealer.seal(text.encode("utf-8", "replace"), tenant=tenant, purpose=ANSWER, context=str(record_id), at=at)


def open_answer(sealer: Sealer, tenant: str, record_id: UUID, sealed: str) -> str:
    """The raw text of an answer; raises BadEventError."""
    try:
        return _opened(sealer, sealed, tenant, ANSWER, str(record_id)).decode()
    except UnicodeDecodeError:
        raise _unreadable("answer") from None


def _opened(sealer: Sealer, sealed: str, tenant: str, purpose: str, context: str) -> bytes:
    try:
        return sealer.open(sealed, tenant=tenant, purpose=purpose, context=context)
    except SealError as error:
        raise BadEventError("seal_not_open", str(error)) from error


def _unreadable(what: str) -> BadEventError:
    return BadEventError("sealed_content_invalid", f"the sealed {what} opens, but is not what its purpose says")
