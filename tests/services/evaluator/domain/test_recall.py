"""The facts of a completion are found by tenant and request id, while they are among the newest."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from schemas.answers import RouteDecision
from schemas.outcomes import Completion, CompletionStatus, StageTimes
from schemas.requests import RequestFacts
from schemas.values import SourcePosition
from services.evaluator.domain.recall import CompletionFacts, RecentCompletions, facts_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FACTS = CompletionFacts(
    record_id=UUID(int=1),
    tenant="acme",
    request_id="r-1",
    route="small",
    provider="stub",
    model="a",
    prompt="support",
    prompt_version=3,
    completed_at=NOON,
)
ROUTE = RouteDecision(
    route="small", provider="stub", model="a", candidate=0, prompt="support", prompt_version=3
)


def completion(
    status: CompletionStatus = "answered", record_id: int = 1, route: RouteDecision | None = ROUTE
) -> Completion:
    request = RequestFacts(
        record_id=UUID(int=record_id),
        tenant="acme",
        request_id="r-1",
        model="small",
        source=SourcePosition(topic="llm.requests", partition=0, offset=record_id, appended_at=NOON),
        received_at=NOON,
        screened_at=NOON,
        deadline=NOON,
        content_digest="00",
    )
    times = StageTimes(received_at=NOON)
    return Completion(request=request, status=status, route=route, times=times, completed_at=NOON)


def test_the_facts_name_the_request_and_its_route() -> None:
    assert facts_of(completion()) == FACTS


def test_a_completion_without_a_route_has_facts_too() -> None:
    facts = facts_of(completion("blocked", route=None))

    assert (facts.record_id, facts.route, facts.provider, facts.model, facts.prompt_version) == (
        UUID(int=1),
        None,
        None,
        None,
        None,
    )


def test_a_duplicate_does_not_replace_the_first_completion() -> None:
    recent = RecentCompletions(10)

    recent.note(completion())
    recent.note(completion("duplicate", record_id=2))

    assert recent.find("acme", "r-1") == FACTS


def test_another_tenant_does_not_find_the_request() -> None:
    recent = RecentCompletions(10)
    recent.add(FACTS)

    assert (recent.find("acme", "r-1"), recent.find("rival", "r-1")) == (FACTS, None)


@given(st.lists(st.integers(0, 9), max_size=40), st.integers(1, 6))
def test_the_newest_are_kept_and_no_more_than_the_limit(numbers: list[int], limit: int) -> None:
    recent = RecentCompletions(limit)

    for number in numbers:
        recent.add(replace(FACTS, request_id=f"r-{number}"))

    newest = list(dict.fromkeys(reversed(numbers)))[:limit]
    kept = {number for number in range(10) if recent.find("acme", f"r-{number}") is not None}
    assert kept == set(newest)
