"""A router between fakes of its ports: time, journal, providers and documents in memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID, uuid5

from schemas.answers import Attempt
from schemas.documents import Candidate, PromptDocument, PromptVersion, RouteDocument
from schemas.event import Event
from schemas.requests import AdmittedRequest
from schemas.values import Message
from services.router.domain.provider_call import ProviderCall, ProviderError, ProviderReply
from services.router.handler import Router
from streaming.errors import BrokerDownError
from streaming.handling import Incoming
from streaming.seal.seal import Sealer, new_key

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


DEADLINE = NOON + timedelta(seconds=60)


SEALER = Sealer.from_text(new_key())


REPLY = ProviderReply(
    "It is in <PERSON_1>'s portal.", "stop", {"prompt_tokens": 9, "completion_tokens": 7}, "a-2026", 200
)


DOWN = ProviderError("unavailable", "the provider answered 503", status_code=503)


ROUTE = RouteDocument(
    name="small",
    candidates=(
        Candidate(provider="first", model="a", timeout_s=20),
        Candidate(provider="second", model="b", timeout_s=30),
    ),
    max_output_tokens=64,
)


PROMPT = PromptDocument(
    name="support",
    versions=(PromptVersion(version=3, messages=(Message(role="system", content="Answer {{ tone }}."),)),),
)


D = TypeVar("D", PromptDocument, RouteDocument)


Arrive = Callable[..., Incoming[AdmittedRequest]]


@dataclass(slots=True)
class ManualClock:
    """Time that passes only when somebody sleeps or works."""

    moment: datetime = NOON

    def now(self) -> datetime:
        return self.moment

    async def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass(slots=True)
class ListJournal:
    """A journal in memory; `take_s` is how long the log needs to acknowledge."""

    clock: ManualClock
    past: Sequence[Event] = ()
    owner: str = "router-2"
    take_s: float = 0.0
    error_at: int | None = None
    written: list[Attempt] = field(default_factory=list[Attempt])

    async def write(self, attempt: Event) -> None:
        await self.clock.sleep(self.take_s)
        if self.error_at == len(self.written):
            self.error_at = None
            raise BrokerDownError("nothing answers at 127.0.0.1:9092")
        assert isinstance(attempt, Attempt)
        self.written.append(attempt)


@dataclass(slots=True)
class ScriptedProvider:
    """One act for each call, the last one for ever; checks that each call is in the journal."""

    clock: ManualClock
    journal: ListJournal
    acts: list[ProviderReply | ProviderError]
    kind: str = "openai"
    take_s: float = 0.1
    calls: list[ProviderCall] = field(default_factory=list[ProviderCall])

    async def complete(self, call: ProviderCall) -> ProviderReply:
        assert call.attempt_id == self.journal.written[-1].attempt_id, "a call outside the journal"
        assert self.clock.now() < DEADLINE, "a call after the deadline"
        assert call.attempt_id not in {earlier.attempt_id for earlier in self.calls}, "two calls under one id"
        self.calls.append(call)
        await self.clock.sleep(min(self.take_s, call.timeout_s))
        act = self.acts.pop(0) if len(self.acts) > 1 else self.acts[0]
        if isinstance(act, ProviderError):
            raise act
        return act


@dataclass(slots=True)
class Named(Generic[D]):
    """Documents by name."""

    documents: dict[str, D]

    def get(self, name: str) -> D | None:
        return self.documents.get(name)

    def names(self) -> Sequence[str]:
        return list(self.documents)


class Scene:
    """A router between its fakes."""

    def __init__(
        self,
        first: list[ProviderReply | ProviderError],
        second: list[ProviderReply | ProviderError] | None = None,
    ) -> None:
        self.clock = ManualClock()
        self.journal = ListJournal(self.clock)
        self.first = ScriptedProvider(self.clock, self.journal, first)
        self.second = ScriptedProvider(self.clock, self.journal, second or [REPLY])
        self.providers = {"first": self.first, "second": self.second}
        self.routes = Named({"small": ROUTE})
        self.router = Router(
            prompts=Named({"support": PROMPT}),
            routes=self.routes,
            providers=self.providers,
            sealer=SEALER,
            clock=self.clock,
        )


def started(number: int) -> Attempt:
    record_id = UUID("0190f1de-0000-7000-8000-000000000001")
    ids = {
        "attempt_id": uuid5(record_id, f"router-1/{number}"),
        "record_id": record_id,
        "tenant": "acme",
        "owner": "router-1",
    }
    return Attempt.model_validate(
        {**ids, "number": number, "provider": "first", "model": "a", "started_at": NOON, "deadline": DEADLINE}
    )
