"""Fakes for a router that calls over real HTTP: a journal, one route and no prompts, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from schemas.answers import Attempt
from schemas.documents import Candidate, PromptDocument, RouteDocument
from schemas.event import Event


@dataclass(slots=True)
class ListJournal:
    """A journal in memory."""

    past: Sequence[Event] = ()
    owner: str = "router-1"
    written: list[Attempt] = field(default_factory=list[Attempt])

    async def write(self, attempt: Event) -> None:
        assert isinstance(attempt, Attempt)
        self.written.append(attempt)


@dataclass(slots=True)
class OneRoute:
    """One route, `small`."""

    candidates: tuple[Candidate, ...]

    def get(self, name: str) -> RouteDocument | None:
        return RouteDocument(name=name, candidates=self.candidates) if name == "small" else None

    def names(self) -> Sequence[str]:
        return ["small"]


class NoPrompts:
    """No prompts at all."""

    def get(self, name: str) -> PromptDocument | None:
        del name

    def names(self) -> Sequence[str]:
        return []
