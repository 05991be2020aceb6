"""The evaluator: one evaluation for each answer, feedback joined to what it is about."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from schemas.answers import RouteDecision
from schemas.event import Event
from schemas.outcomes import Completion, CompletionStatus, StageTimes
from schemas.quality import Evaluation, Feedback
from schemas.requests import RequestFacts
from schemas.values import Message, SourcePosition
from services.evaluator.domain.recall import CompletionFacts, RecentCompletions, facts_of
from services.evaluator.handler import Evaluator
from streaming.brokers.records import Record
from streaming.errors import BadEventError
from streaming.handling import Incoming

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(seconds=9)


def record() -> Record:
    return Record("llm.completions", 0, 1, 0, b"k", b"{}")


def completed(
    record_id: int = 1,
    status: CompletionStatus = "answered",
    request_id: str = "r-1",
    tenant: str = "acme",
) -> Incoming[Completion]:
    request = RequestFacts(
        record_id=UUID(int=record_id),
        tenant=tenant,
        request_id=request_id,
        model="small",
        source=SourcePosition(topic="llm.requests", partition=0, offset=record_id, appended_at=NOON),
        received_at=NOON,
        screened_at=NOON,
        deadline=LATER,
        content_digest="00",
    )
    is_answered = status == "answered"
    completion = Completion(
        request=request,
        status=status,
        messages=(Message(role="user", content="Where is my invoice?"),),
        output="It is in the portal." if is_answered else None,
        finish_reason="stop" if is_answered else None,
        route=RouteDecision(
            route="small", provider="stub", model="a", candidate=0, prompt="support", prompt_version=3
        )
        if is_answered
        else None,
        times=StageTimes(received_at=NOON),
        completed_at=NOON,
    )
    return Incoming(completion, UUID(int=77), record(), LATER)


def opinion(
    request_id: str = "r-1", tenant: str = "acme", score: float = 1.0, labels: tuple[str, ...] = ()
) -> Incoming[Feedback]:
    feedback = Feedback(
        feedback_id=UUID(int=5),
        tenant=tenant,
        request_id=request_id,
        score=score,
        labels=labels,
        given_at=NOON,
    )
    return Incoming(feedback, UUID(int=78), record(), LATER)


@dataclass(slots=True)
class Shelf:
    """A lookup in memory that finds something from call number `from_call` on."""

    facts: dict[tuple[str, str], CompletionFacts] = field(
        default_factory=dict[tuple[str, str], CompletionFacts]
    )
    from_call: int = 1
    calls: int = 0

    async def find(self, tenant: str, request_id: str) -> CompletionFacts | None:
        self.calls += 1
        return self.facts.get((tenant, request_id)) if self.calls >= self.from_call else None


@dataclass(slots=True)
class Naps:
    """Sleeps without waiting, and notes how long."""

    taken: list[float] = field(default_factory=list[float])

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


def evaluator(shelf: Shelf | None = None, naps: Naps | None = None, limit: int = 100) -> Evaluator:
    return Evaluator(
        recall=RecentCompletions(limit),
        lookup=shelf or Shelf(),
        language_of=lambda _: None,
        waits_s=(0.5, 2.0),
        sleep=naps or Naps(),
    )


def only(events: Sequence[Event]) -> Evaluation:
    (event,) = events
    assert isinstance(event, Evaluation)
    return event


async def test_an_answer_gets_one_evaluation_that_names_its_way() -> None:
    evaluation = only(await evaluator().evaluate(completed()))

    assert (evaluation.evaluator, evaluation.record_id, evaluation.request_id) == (
        "metrics",
        UUID(int=1),
        "r-1",
    )
    assert (
        evaluation.route,
        evaluation.provider,
        evaluation.model,
        evaluation.prompt,
        evaluation.prompt_version,
    ) == (
        "small",
        "stub",
        "a",
        "support",
        3,
    )
    assert (evaluation.completed_at, evaluation.evaluated_at) == (NOON, LATER)
    assert {metric.name: metric.value for metric in evaluation.metrics}["output_words"] == 5.0


@pytest.mark.parametrize("status", ["blocked", "rejected", "failed", "expired", "duplicate"])
async def test_what_was_not_answered_is_not_measured(status: CompletionStatus) -> None:
    assert await evaluator().evaluate(completed(status=status)) == ()


async def test_feedback_is_joined_to_the_record_it_is_about() -> None:
    one = evaluator()
    await one.evaluate(completed())

    evaluation = only(await one.join(opinion(score=-1.0, labels=("wrong", "rude"))))

    assert (evaluation.evaluator, evaluation.record_id, evaluation.prompt_version) == (
        "feedback",
        UUID(int=1),
        3,
    )
    assert [(metric.name, metric.value, metric.label) for metric in evaluation.metrics] == [
        ("score", -1.0, None),
        ("label", 1.0, "wrong"),
        ("label", 1.0, "rude"),
    ]


async def test_a_blocked_request_can_get_feedback_too() -> None:
    one = evaluator()
    await one.evaluate(completed(status="blocked"))

    assert only(await one.join(opinion())).record_id == UUID(int=1)


async def test_a_duplicate_never_hides_the_first_outcome() -> None:
    one = evaluator()
    await one.evaluate(completed())
    await one.evaluate(completed(record_id=2, status="duplicate"))

    assert only(await one.join(opinion())).record_id == UUID(int=1)


async def test_feedback_of_another_tenant_finds_nothing_even_with_the_right_id() -> None:
    one = evaluator()
    await one.evaluate(completed(tenant="acme"))

    with pytest.raises(BadEventError) as caught:
        await one.join(opinion(tenant="rival"))

    assert caught.value.reason == "unknown_request"


async def test_what_has_left_the_memory_is_looked_up_once() -> None:
    shelf = Shelf({("acme", "r-1"): facts_of(completed().event)})
    one = evaluator(shelf)

    first, second = only(await one.join(opinion())), only(await one.join(opinion()))

    assert first.record_id == second.record_id == UUID(int=1)
    assert shelf.calls == 1


async def test_feedback_that_overtakes_its_completion_waits_for_it() -> None:
    shelf, naps = Shelf({("acme", "r-1"): facts_of(completed().event)}, from_call=2), Naps()

    evaluation = only(await evaluator(shelf, naps).join(opinion()))

    assert evaluation.record_id == UUID(int=1)
    assert naps.taken == [0.5]


async def test_feedback_on_nothing_is_a_bad_event_after_a_bounded_wait() -> None:
    naps = Naps()

    with pytest.raises(BadEventError) as caught:
        await evaluator(naps=naps).join(opinion("r-unknown"))

    assert naps.taken == [0.5, 2.0]
    assert "r-unknown" not in str(caught.value)


async def test_the_memory_is_bounded_and_forgets_the_oldest_first() -> None:
    one = evaluator(limit=2)
    for number in (1, 2, 3):
        await one.evaluate(completed(record_id=number, request_id=f"r-{number}"))

    assert only(await one.join(opinion("r-3"))).record_id == UUID(int=3)
    with pytest.raises(BadEventError):
        await one.join(opinion("r-1"))
