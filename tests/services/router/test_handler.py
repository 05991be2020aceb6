"""The router as a whole, with time, journal and providers in memory: one answer whatever happens, every call in the journal first."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar, get_args
from uuid import UUID, uuid5

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.answers import Attempt, ModelAnswer
from schemas.documents import Candidate, PromptDocument, PromptVersion, RouteDocument
from schemas.event import Event
from schemas.requests import AdmittedRequest
from schemas.values import Message
from services.router.domain.provider_call import FailureKind, ProviderCall, ProviderError, ProviderReply
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
    """Does what it is told, one act a call and the last one for ever; checks that each call stands in the journal."""

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


@pytest.fixture
def scene() -> Scene:
    return Scene([REPLY])


async def test_an_answer_is_sealed_and_carries_its_call_and_its_way(scene: Scene, arrive: Arrive) -> None:
    incoming = arrive({"prompt": "support@3"}, variables={"tone": "kindly"})

    answer = await scene.router.answer(incoming, scene.journal)

    assert answer.status == "answered"
    assert (
        SEALER.open(
            answer.sealed or "", tenant="acme", purpose="answer", context=str(answer.request.record_id)
        ).decode()
        == REPLY.content
    )
    assert REPLY.content not in answer.model_dump_json()
    assert [message.content for message in answer.messages] == [
        "Answer kindly.",
        "Where is <PERSON_1>'s invoice?",
    ]
    assert scene.first.calls[0].messages == answer.messages
    assert answer.pseudonyms == "sealed-map"
    assert answer.route is not None
    assert (
        answer.route.provider,
        answer.route.model,
        answer.route.candidate,
        answer.route.prompt_version,
    ) == ("first", "a", 0, 3)
    (result,) = answer.attempts
    assert (result.state, result.usage, result.finish_reason, result.response_model) == (
        "finished",
        REPLY.usage,
        "stop",
        "a-2026",
    )
    assert result.attempt_id == scene.journal.written[0].attempt_id


async def test_a_failing_provider_is_retried_and_then_left_for_the_next(arrive: Arrive) -> None:
    scene = Scene([DOWN])

    answer = await scene.router.answer(arrive(), scene.journal)

    assert answer.status == "answered"
    assert [(result.number, result.provider, result.state, result.error) for result in answer.attempts] == [
        (1, "first", "failed", "unavailable"),
        (2, "first", "failed", "unavailable"),
        (3, "second", "finished", None),
    ]
    assert (
        scene.first.calls[0].idempotency_key
        == scene.first.calls[1].idempotency_key
        != scene.second.calls[0].idempotency_key
    )


async def test_calls_of_a_former_process_are_listed_as_unknown_and_come_first(
    scene: Scene, arrive: Arrive
) -> None:
    scene.journal.past = (started(2), started(1), started(2))

    answer = await scene.router.answer(arrive(), scene.journal)

    assert [(result.number, result.state) for result in answer.attempts] == [
        (1, "unknown"),
        (2, "unknown"),
        (3, "finished"),
    ]
    assert answer.attempts[0].ended_at is None


async def test_an_unknown_call_is_not_repeated_where_the_route_forbids_it(
    scene: Scene, arrive: Arrive
) -> None:
    scene.routes.documents["small"] = ROUTE.model_copy(update={"repeat_unknown": False})
    scene.journal.past = (started(1),)

    answer = await scene.router.answer(arrive(), scene.journal)

    assert answer.status == "failed"
    assert answer.error is not None
    assert answer.error.code == "attempt_unknown"
    assert [result.state for result in answer.attempts] == ["unknown"]
    assert scene.first.calls == []


async def test_a_request_that_names_what_does_not_exist_fails_without_a_call(
    scene: Scene, arrive: Arrive
) -> None:
    scene.journal.past = (started(1),)

    answer = await scene.router.answer(arrive({"prompt": "suport"}), scene.journal)

    assert (answer.status, scene.journal.written) == ("failed", [])
    assert answer.error is not None
    assert (answer.error.code, answer.error.message) == (
        "unknown_prompt",
        "there is no prompt 'suport'; there are: support",
    )
    assert [result.state for result in answer.attempts] == ["unknown"]


async def test_a_provider_that_is_not_configured_is_passed_over_without_a_call(
    scene: Scene, arrive: Arrive
) -> None:
    del scene.providers["first"]

    answer = await scene.router.answer(arrive(), scene.journal)

    assert [(result.number, result.provider) for result in answer.attempts] == [(1, "second")]


async def test_after_the_deadline_nobody_is_called(scene: Scene, arrive: Arrive) -> None:
    scene.clock.moment = DEADLINE

    answer = await scene.router.answer(arrive(), scene.journal)

    assert (answer.status, answer.attempts, scene.journal.written) == ("expired", (), [])


async def test_a_journal_that_answers_after_the_deadline_leaves_the_call_unsent(
    scene: Scene, arrive: Arrive
) -> None:
    scene.journal.take_s = 61

    answer = await scene.router.answer(arrive(), scene.journal)

    assert answer.status == "expired"
    assert [(result.state, result.error) for result in answer.attempts] == [("failed", "not_sent")]
    assert scene.first.calls == []


async def test_calls_before_a_broken_journal_stay_in_the_answer_that_comes_later(arrive: Arrive) -> None:
    scene = Scene([DOWN])
    scene.journal.error_at = 1
    with pytest.raises(BrokerDownError):
        await scene.router.answer(arrive(), scene.journal)

    answer = await scene.router.answer(arrive(), scene.journal)

    assert [(result.number, result.state) for result in answer.attempts] == [
        (1, "failed"),
        (2, "failed"),
        (3, "finished"),
    ]


ERRORS = st.builds(
    ProviderError,
    st.sampled_from(sorted(set(get_args(FailureKind)) - {"not_sent"})),
    st.just("the provider answered badly"),
    retry_after_s=st.none() | st.floats(0, 1e6),
    usage=st.none() | st.just({"prompt_tokens": 3}),
)
ACTS = st.lists(st.just(REPLY) | ERRORS, min_size=1, max_size=6)


@dataclass(frozen=True, slots=True)
class Weather:
    """Everything that may go wrong around one request."""

    first: list[ProviderReply | ProviderError]
    second: list[ProviderReply | ProviderError]
    take_s: float
    journal_s: float
    late_s: float
    past: int
    attempts: int

    def scene(self) -> Scene:
        scene = Scene(list(self.first), list(self.second))
        candidates = tuple(
            candidate.model_copy(update={"max_attempts": self.attempts}) for candidate in ROUTE.candidates
        )
        scene.routes.documents["small"] = ROUTE.model_copy(update={"candidates": candidates})
        scene.first.take_s = scene.second.take_s = self.take_s
        scene.journal.take_s = self.journal_s
        scene.clock.moment = NOON + timedelta(seconds=self.late_s)
        scene.journal.past = tuple(started(number) for number in range(1, self.past + 1))
        return scene


WEATHER = st.builds(
    Weather,
    first=ACTS,
    second=ACTS,
    take_s=st.floats(0, 100),
    journal_s=st.floats(0, 30),
    late_s=st.floats(-1, 70),
    past=st.integers(0, 12),
    attempts=st.integers(1, 10),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(weather=WEATHER)
def test_whatever_happens_there_is_one_answer_and_each_call_stands_in_the_journal_and_before_the_deadline(
    arrive: Arrive, weather: Weather
) -> None:
    scene = weather.scene()

    answer = asyncio.run(scene.router.answer(arrive(), scene.journal))

    sent = {call.attempt_id for call in (*scene.first.calls, *scene.second.calls)}
    own = {result.attempt_id for result in answer.attempts if result.state != "unknown"}
    unsent = {result.attempt_id for result in answer.attempts if result.error == "not_sent"}
    assert own == {attempt.attempt_id for attempt in scene.journal.written}
    assert sent == own - unsent
    assert [result.number for result in answer.attempts] == list(range(1, len(answer.attempts) + 1))
    assert (answer.status == "answered") == (answer.sealed is not None) == (answer.error is None)
    assert ModelAnswer.model_validate_json(answer.model_dump_json()) == answer
