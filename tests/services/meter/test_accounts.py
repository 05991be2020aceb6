"""The accounts are a pure fold: any interleaving of the decision topics, with repeats, gives the same money."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.answers import AttemptResult, ScreenedAnswer
from schemas.documents import BudgetDocument, Candidate, PriceDocument, RouteDocument
from schemas.event import Event
from schemas.outcomes import Adjustment, Completion
from schemas.requests import AdmittedRequest, RequestFacts, Sampling, ScreenedRequest
from schemas.values import Message, SourcePosition
from schemas.verdicts import Verdict
from services.meter.adapters.genai_price_book import GenaiPriceBook
from services.meter.domain.accounts import Accounts
from services.meter.handler import Books, Meter
from streaming.handling import Decision, Incoming
from streaming.records import Record

T0 = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SPACE = UUID("00000000-0000-5000-8000-000000000001")
RECORD = Record("llm.requests.screened", 0, 0, 0, None, None)


class OneDocument:
    """A table that knows one document under every name."""

    def __init__(self, document: object, name: str = "any") -> None:
        self.document = document
        self.name = name

    def get(self, name: str) -> object:
        return self.document if name != "unknown" else None

    def all(self) -> dict[str, object]:
        return {self.name: self.document}

    def names(self) -> tuple[str, ...]:
        return (self.name,)


class TenTokensEach:
    """Estimates without an encoding."""

    def estimate(self, messages: tuple[Message, ...]) -> int:
        return 10 * len(messages)

    def tokens_of(self, prompt: str) -> int:
        return 0


ROUTE = RouteDocument(name="small", candidates=(Candidate(provider="p", model="m", max_attempts=1),), max_output_tokens=90)
PRICE = PriceDocument(
    name="p/m", version=1, valid_from=T0 - timedelta(days=90), input_usd_per_mtok=Decimal(1000), output_usd_per_mtok=Decimal(1000)
)


def meter(monthly: str | None = "1.00", per_minute: int | None = None, burst: int | None = None) -> Meter:
    budget = BudgetDocument(name="acme", monthly_usd=None if monthly is None else Decimal(monthly), requests_per_minute=per_minute, burst=burst)
    books = Books(OneDocument(ROUTE, "small"), OneDocument(budget), GenaiPriceBook(OneDocument(PRICE, "p/m")), TenTokensEach(), TenTokensEach())  # type: ignore[arg-type]
    return Meter(books, timedelta(seconds=10))


def facts(number: int, at: datetime = T0, **fields: object) -> RequestFacts:
    return RequestFacts.model_validate(
        {
            "record_id": uuid5(SPACE, str(number)),
            "tenant": "acme",
            "request_id": f"r{number}",
            "model": "small",
            "source": SourcePosition(topic="llm.requests", partition=0, offset=number, appended_at=at),
            "received_at": at,
            "screened_at": at,
            "deadline": at + timedelta(seconds=60),
            "content_digest": f"d{number}",
            "sampling": Sampling(),
            **fields,
        }
    )


def screened(request: RequestFacts, action: str = "allow") -> ScreenedRequest:
    verdict = Verdict.model_validate({"direction": "input", "action": action, "reason": "x", "policy": "p", "policy_version": 1, "took_ms": 1})
    return ScreenedRequest(request=request, messages=(Message(role="user", content="hi"),), verdict=verdict)


def answer(request: RequestFacts, number: int = 1, output: int = 90, **fields: object) -> ScreenedAnswer:
    result = AttemptResult(
        attempt_id=uuid5(request.record_id, str(number)),
        number=number,
        provider="p",
        model="m",
        state="finished",
        usage={"prompt_tokens": 10, "completion_tokens": output, "total_tokens": 10 + output},
        started_at=request.received_at,
    )
    at = request.received_at
    return ScreenedAnswer.model_validate(
        {"request": request, "status": "answered", "output": "ok", "attempts": (result,), "answered_at": at, "screened_at": at, **fields}
    )


def incoming(event: Event, now: datetime = T0, number: int = 0) -> Incoming:  # type: ignore[type-arg]
    return Incoming(event, uuid5(SPACE, f"e{number}"), RECORD, now)


def decide(state: Accounts, decision: Decision | None) -> Event:
    assert decision is not None
    state.fold(decision.event, decision.event_id)
    return decision.event


def test_an_admitted_request_reserves_its_worst_case_and_captures_what_it_cost() -> None:
    state, m = Accounts(), meter()
    admitted = decide(state, m.admit(state, incoming(screened(facts(1)))))
    assert isinstance(admitted, AdmittedRequest)
    assert admitted.reservation.amount_usd == Decimal("0.1")
    assert state.of("acme").reserved == {"2026-11": Decimal("0.1")}
    settled = decide(state, m.settle(state, incoming(answer(facts(1), output=40))))
    assert isinstance(settled, Completion)
    assert (settled.status, settled.cost_usd) == ("answered", Decimal("0.05"))
    assert state.of("acme").captured == {"2026-11": Decimal("0.05")}
    assert state.of("acme").reserved == {}


def test_a_request_met_again_is_not_decided_again() -> None:
    state, m = Accounts(), meter()
    decide(state, m.admit(state, incoming(screened(facts(1)))))
    assert m.admit(state, incoming(screened(facts(1)))) is None
    decide(state, m.settle(state, incoming(answer(facts(1)))))
    assert m.admit(state, incoming(screened(facts(1)))) is None
    assert m.settle(state, incoming(answer(facts(1)))) is None


def test_a_refusal_for_money_shows_the_arithmetic() -> None:
    state, m = Accounts(), meter("0.15")
    decide(state, m.admit(state, incoming(screened(facts(1)))))
    refused = decide(state, m.admit(state, incoming(screened(facts(2)))))
    assert isinstance(refused, Completion)
    assert refused.error is not None
    assert refused.error.code == "budget_exceeded"
    assert "0.05 USD are left" in refused.error.message
    assert refused.cost_usd == 0


def test_a_rate_limit_says_when_to_come_back() -> None:
    state, m = Accounts(), meter(None, per_minute=60, burst=2)
    for number in (1, 2):
        assert isinstance(decide(state, m.admit(state, incoming(screened(facts(number))))), AdmittedRequest)
    refused = decide(state, m.admit(state, incoming(screened(facts(3)), T0 + timedelta(seconds=0.5))))
    assert isinstance(refused, Completion)
    assert refused.error is not None
    assert (refused.error.code, refused.error.retry_after_s) == ("rate_limit_exceeded", 1.5)
    later = decide(state, m.admit(state, incoming(screened(facts(4)), T0 + timedelta(seconds=2.1))))
    assert isinstance(later, AdmittedRequest)


def test_a_duplicate_names_the_first_and_says_whether_the_body_differs() -> None:
    state, m = Accounts(), meter()
    decide(state, m.admit(state, incoming(screened(facts(1)))))
    same = decide(state, m.admit(state, incoming(screened(facts(2, request_id="r1", content_digest="d1")))))
    other = decide(state, m.admit(state, incoming(screened(facts(3, request_id="r1")))))
    assert isinstance(same, Completion)
    assert isinstance(other, Completion)
    assert same.error is not None
    assert other.error is not None
    assert (same.status, same.duplicate_of, same.error.code) == ("duplicate", facts(1).record_id, "duplicate")
    assert (other.status, other.error.code) == ("duplicate", "duplicate_other_body")


def test_a_rejected_request_may_be_sent_again_under_its_id() -> None:
    state, m = Accounts(), meter(None, per_minute=1)
    decide(state, m.admit(state, incoming(screened(facts(1)))))
    decide(state, m.admit(state, incoming(screened(facts(2)))))
    again = decide(state, m.admit(state, incoming(screened(facts(3, request_id="r2")), T0 + timedelta(seconds=61), 2)))
    assert isinstance(again, Completion)
    assert again.status == "expired"


def test_an_unknown_model_names_the_known_ones() -> None:
    state, m = Accounts(), meter()
    refused = decide(state, m.admit(state, incoming(screened(facts(1, model="unknown")))))
    assert isinstance(refused, Completion)
    assert refused.error is not None
    assert (refused.status, refused.error.code) == ("rejected", "unknown_model")
    assert "small" in refused.error.message


def test_a_blocked_answer_keeps_its_cost_and_loses_its_text() -> None:
    state, m = Accounts(), meter()
    decide(state, m.admit(state, incoming(screened(facts(1)))))
    verdict = Verdict.model_validate({"direction": "output", "action": "block", "policy": "p", "policy_version": 1, "took_ms": 1})
    blocked = decide(state, m.settle(state, incoming(answer(facts(1), verdict=verdict))))
    assert isinstance(blocked, Completion)
    assert (blocked.status, blocked.output, blocked.cost_usd) == ("blocked", None, Decimal("0.1"))


def test_an_answer_after_the_outcome_is_booked_once_as_an_adjustment_and_frees_the_hold() -> None:
    state, m = Accounts(), meter()
    decide(state, m.admit(state, incoming(screened(facts(1)))))
    later = T0 + timedelta(seconds=71)
    (expired,) = m.expire(state, later)
    state.fold(expired.event, expired.event_id)
    assert state.of("acme").held("2026-11") == Decimal("0.1")
    late = decide(state, m.settle(state, incoming(answer(facts(1)), later)))
    assert isinstance(late, Adjustment)
    assert late.cost_usd == Decimal("0.1")
    assert state.of("acme").held("2026-11") == 0
    assert state.of("acme").captured == {"2026-11": Decimal("0.1")}
    assert m.settle(state, incoming(answer(facts(1)), later)) is None


def test_a_call_with_an_unknown_result_leaves_the_cost_unknown_and_the_money_held() -> None:
    state, m = Accounts(), meter()
    decide(state, m.admit(state, incoming(screened(facts(1)))))
    given_answer = answer(facts(1), output=40)
    unknown = given_answer.attempts[0].model_copy(update={"attempt_id": UUID(int=9), "number": 2, "state": "unknown", "usage": None})
    settled = decide(state, m.settle(state, incoming(given_answer.model_copy(update={"attempts": (*given_answer.attempts, unknown)}))))
    assert isinstance(settled, Completion)
    assert settled.cost_usd is None
    assert [line.cost_status for line in settled.attempts] == ["priced", "unknown"]
    assert state.of("acme").held("2026-11") == Decimal("0.05")


def history(seed: int, count: int) -> list[tuple[str, Decision]]:
    """A random run of the meter: decisions by topic in the order they were made."""
    randomness, state, m = random.Random(seed), Accounts(), meter("3.00", per_minute=600)
    now, requests, log = T0, [], []

    def take(decision: Decision | None) -> None:
        if decision is not None:
            state.fold(decision.event, decision.event_id)
            log.append((type(decision.event).__name__, decision))

    for step in range(count):
        now += timedelta(seconds=randomness.random() * 20)
        if not requests or randomness.random() < 0.5:
            requests.append(facts(step, now, request_id=f"r{randomness.randrange(count)}"))
            take(m.admit(state, incoming(screened(requests[-1], randomness.choice(["allow", "allow", "block"])), now, step)))
        else:
            reply = answer(randomness.choice(requests), 1 + randomness.randrange(3), randomness.randrange(90))
            take(m.settle(state, incoming(reply, now, step)))
        for decision in m.expire(state, now):
            take(decision)
    return log


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), order=st.randoms(use_true_random=False))
def test_any_interleaving_of_the_topics_with_repeats_gives_the_same_accounts(seed: int, order: random.Random) -> None:
    log = history(seed, 40)
    straight, shuffled = Accounts(), Accounts()
    for _, decision in log:
        straight.fold(decision.event, decision.event_id)
    queues = {topic: [decision for name, decision in log if name == topic] for topic in {name for name, _ in log}}
    while any(queues.values()):
        topic = order.choice(sorted(topic for topic, queue in queues.items() if queue))
        decision = queues[topic].pop(0)
        for _ in range(order.choice([1, 1, 2])):
            shuffled.fold(decision.event, decision.event_id)
    assert list(shuffled.dump()) == list(straight.dump())


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_dump_is_loaded_without_loss(seed: int) -> None:
    state, loaded = Accounts(), Accounts()
    for _, decision in history(seed, 30):
        state.fold(decision.event, decision.event_id)
    pieces = list(state.dump())
    loaded.load(pieces)
    assert list(loaded.dump()) == pieces


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), limit=st.sampled_from(["0.05", "0.30", "1.00"]))
def test_no_run_passes_its_budget_while_calls_cost_at_most_what_was_reserved(seed: int, limit: str) -> None:
    randomness, state, m = random.Random(seed), Accounts(), meter(limit)
    open_requests: list[RequestFacts] = []
    for step in range(200):
        now = T0 + timedelta(seconds=step)
        if randomness.random() < 0.6 or not open_requests:
            request = facts(step, now)
            if isinstance(decide(state, m.admit(state, incoming(screened(request), now))), AdmittedRequest):
                open_requests.append(request)
        else:
            request = open_requests.pop(randomness.randrange(len(open_requests)))
            decision = m.settle(state, incoming(answer(request, output=randomness.randrange(91)), now, step))
            if decision is not None:
                state.fold(decision.event, decision.event_id)
        account = state.of("acme")
        booked = account.captured.get("2026-11", Decimal(0)) + account.reserved.get("2026-11", Decimal(0)) + account.held("2026-11")
        assert booked <= Decimal(limit)
