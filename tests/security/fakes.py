"""Fakes of a handler's tables, provider, clock, journal and store for the property tests."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from schemas.documents import Document
from schemas.event import Event
from services.evaluator.domain.recall import CompletionFacts
from services.router.domain.provider_call import ProviderCall, ProviderError, ProviderReply

D = TypeVar("D", bound=Document)


@dataclass(slots=True)
class SingleDocumentTable(Generic[D]):
    """A table that has the same document under every name."""

    document: D | None

    def get(self, name: str) -> D | None:
        return self.document

    def names(self) -> Sequence[str]:
        return [self.document.name] if self.document is not None else []


@dataclass(slots=True)
class DrawnProvider:
    """Returns the reply, or raises the error, that a property test drew."""

    outcome: ProviderReply | ProviderError
    kind: str = "openai"

    async def complete(self, call: ProviderCall) -> ProviderReply:
        if isinstance(self.outcome, ProviderError):
            raise self.outcome
        return self.outcome


@dataclass(slots=True)
class SingleProvider(Mapping[str, DrawnProvider]):
    """The same provider under every name."""

    provider: DrawnProvider

    def __getitem__(self, name: str) -> DrawnProvider:
        return self.provider

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


@dataclass(slots=True)
class FakeClock:
    """A clock that advances only by `sleep`."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment

    async def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass(slots=True)
class MemoryJournal:
    """A journal that acknowledges at once and keeps its entries."""

    past: Sequence[Event] = ()
    owner: str = "router-1"
    written: list[Event] = field(default_factory=list[Event])

    async def write(self, attempt: Event) -> None:
        self.written.append(attempt)


class EmptyCompletionStore:
    """A store without completions."""

    async def find(self, tenant: str, request_id: str) -> CompletionFacts | None:
        return None
