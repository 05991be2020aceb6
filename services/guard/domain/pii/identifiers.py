"""The names in a request that are not content: personal ones are refused where they name things, and masked where they describe."""

from dataclasses import dataclass

from schemas.requests import LlmRequest
from services.guard.domain.pii.registry import holds_personal_identifier, recognise
from streaming.errors import BadEventError

NAMING = ("tenant", "model", "prompt", "request_id")
DESCRIBING = ("user", "conversation_id", "project", "key")


@dataclass(frozen=True, slots=True)
class PersonalFields:
    """Which describing fields hold personal data, tags as `tags.<key>`."""

    personal: frozenset[str]


def named_chars(request: LlmRequest) -> int:
    """How many characters the names have together; thirty tags are as much as a long text."""
    fields = sum(len(getattr(request, field) or "") for field in (*NAMING, *DESCRIBING))
    return fields + sum(len(key) + len(value) for key, value in request.tags.items())


def refuse_personal_identifiers(request: LlmRequest) -> PersonalFields:
    """Raises BadEventError where a naming field or a tag's key holds an address, an account number or a key."""
    for field in NAMING:
        value = getattr(request, field)
        if value and holds_personal_identifier(value):
            msg = f"{field} holds personal data or a secret, which would be stored in the clear: use an opaque name"
            raise BadEventError("personal_identifier", msg)
    if any(recognise(key) for key in request.tags):
        msg = "a tag's key holds personal data or a secret: use an opaque name"
        raise BadEventError("personal_identifier", msg)
    described = {field: getattr(request, field) for field in DESCRIBING} | {
        f"tags.{key}": value for key, value in request.tags.items()
    }
    return PersonalFields(
        frozenset(field for field, value in described.items() if value and recognise(value))
    )
