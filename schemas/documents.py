"""Configuration as events: each record on a compacted topic is a whole document, a tombstone deletes it."""

from collections.abc import Mapping
from typing import ClassVar, Self

from pydantic import Field
from typing_extensions import override

from schemas.bounds import MAX_CANDIDATES, MAX_EVENT_MESSAGES, MAX_LINES, Version
from schemas.event import Event
from schemas.values import Label, Message, Name, Value

NAMED = 20


class Document(Event):
    """A named, versioned document on a compacted topic; the record's key is its name."""

    name: Name

    @property
    def partition_key(self) -> str:
        """The document's name."""
        return self.name

    def problem(self) -> str | None:
        """Why a document that its schema accepts cannot be published; None if it can."""
        return None

    def after(self, published: "Document | None") -> Self:
        """The document to publish in place of `published`; some kinds keep the history of the former one."""
        del published
        return self


class PromptVersion(Value):
    """One version of a prompt; each `{{ variable }}` is filled from the request's variables."""

    version: Version
    messages: tuple[Message, ...] = Field(min_length=1, max_length=MAX_EVENT_MESSAGES)


class PromptDocument(Document):
    """All versions of a prompt, and which version each label (`production`, `staging`...) points at."""

    TYPE: ClassVar[str] = "weir.config.prompt.v1"

    versions: tuple[PromptVersion, ...] = Field(min_length=1, max_length=MAX_LINES)
    labels: Mapping[Label, Version] = Field(default_factory=dict[str, int], max_length=MAX_LINES)

    @override
    def problem(self) -> str | None:
        """Report labels that point at a missing version, and version numbers that are used twice."""
        numbers = [version.version for version in self.versions]
        lost = [
            f"labels.{label}: there is no version {number}"
            for label, number in self.labels.items()
            if number not in numbers
        ]
        duplicates = [
            f"versions: two are numbered {number}"
            for number in sorted(set(numbers))
            if numbers.count(number) > 1
        ]
        problems = [*lost[:NAMED], *duplicates[:NAMED]]
        known = ", ".join(str(number) for number in sorted(set(numbers))[-NAMED:])
        return f"prompt {self.name}: {'; '.join(problems)}; its versions: {known}" if problems else None


class Candidate(Value):
    """A model at a provider, tried in the order of the route."""

    provider: Name
    model: Name
    timeout_s: float = Field(default=60.0, gt=0, le=600, allow_inf_nan=False)
    max_attempts: int = Field(default=2, ge=1, le=10)


class RouteDocument(Document):
    """What a `model` name in a request means: candidates by preference, and the longest answer."""

    TYPE: ClassVar[str] = "weir.config.route.v1"

    candidates: tuple[Candidate, ...] = Field(min_length=1, max_length=MAX_CANDIDATES)
    max_output_tokens: int = Field(default=512, ge=1, le=1_000_000)
    repeat_unknown: bool = Field(
        default=True, description="call again when a crash left a call's result unknown"
    )
