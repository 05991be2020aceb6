"""Personal data in the fields of a request other than its content: refused in ids, masked in descriptions."""

from dataclasses import dataclass

from schemas.requests import LlmRequest
from services.guard.domain.pii.registry import holds_personal_identifier, recognise
from streaming.errors import BadEventError

ID_FIELDS = ("tenant", "model", "prompt", "request_id")
DESCRIPTIVE_FIELDS = ("user", "conversation_id", "project", "key")


@dataclass(frozen=True, slots=True)
class PersonalFields:
    """The descriptive fields that hold personal data, with tags as `tags.<key>`."""

    personal: frozenset[str]


def metadata_chars(request: LlmRequest) -> int:
    """The number of characters in the checked fields, since thirty tags can be as long as a long text."""
    fields = sum(len(getattr(request, field) or "") for field in (*ID_FIELDS, *DESCRIPTIVE_FIELDS))
    return fields + sum(len(key) + len(value) for key, value in request.tags.items())


def refuse_personal_identifiers(request: LlmRequest) -> PersonalFields:
    """Find personal data in descriptive fields; raise BadEventError if an id or a tag's key holds some."""
    for field in ID_FIELDS:
        value = getattr(request, field)
        if value and holds_personal_identifier(value):
            msg = (
                f"{field} holds personal data or a secret, "
                "which would be stored in the clear: use an opaque name"
            )
            raise BadEventError("personal_identifier", msg)
    if any(recognise(key) for key in request.tags):
        msg = "a tag's key holds personal data or a secret: use an opaque name"
        raise BadEventError("personal_identifier", msg)
    descriptions = {field: getattr(request, field) for field in DESCRIPTIVE_FIELDS} | {
        f"tags.{key}": value for key, value in request.tags.items()
    }
    return PersonalFields(
        frozenset(field for field, value in descriptions.items() if value and recognise(value))
    )
