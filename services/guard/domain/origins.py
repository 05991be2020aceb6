"""Who wrote what in a request: the application, the caller, or somebody else whose text the caller passes on."""

from collections.abc import Collection, Mapping, Sequence

from schemas.values import Message
from services.guard.domain.screened import Subject

INSTRUCTIONS = frozenset({"system", "developer"})


def subjects_of(messages: Sequence[Message], variables: Mapping[str, str], untrusted: Collection[str]) -> list[Subject]:
    """Every message and variable as a text to screen."""
    values = [Subject(value, "indirect" if name in untrusted else "input") for name, value in variables.items()]
    return [_subject(message) for message in messages] + values


def _subject(message: Message) -> Subject:
    """Tool results are what somebody else wrote, not the caller."""
    return Subject(message.content, "indirect" if message.role == "tool" else "input", message.role in INSTRUCTIONS)
