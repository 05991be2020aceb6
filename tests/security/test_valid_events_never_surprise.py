"""Whatever a valid event holds, no handler ends with an error that nobody expects, and what it writes can be read by the next one."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.answers import Attempt, ModelAnswer, ScreenedAnswer
from schemas.budgets import BudgetDocument
from schemas.cloudevents import decode, encode
from schemas.documents import Document, PromptDocument, RouteDocument
from schemas.event import Event
from schemas.outcomes import Adjustment, Completion, Correction
from schemas.policies import PolicyDocument
from schemas.prices import PriceDocument
from schemas.quality import Feedback
from schemas.requests import AdmittedRequest, LlmRequest, ScreenedRequest
from schemas.topics import EVENT_OF, TOPIC_OF
from services.evaluator.adapters.langid_detector import LangidDetector
from services.evaluator.domain.recall import RecentCompletions
from services.evaluator.handler import Evaluator
from services.gateway.domain.replies import OutcomeReply
from services.gateway.http.replies import answer_reply, events_reply, json_reply, outcome_body, problem_reply
from services.gateway.outcomes.problem import completion_problem
from services.guard.adapters.guardrails_validator import GuardrailsChecks
from services.guard.adapters.language_id import LazyLanguageIdentifier
from services.guard.domain.checks.registry import CheckDetector
from services.guard.domain.output.canary import CanaryDetector
from services.guard.domain.output.leaks import PersonalLeakDetector, PromptLeakDetector
from services.guard.domain.rule_detectors import InjectionPhraseDetector, KnownValueDetector, RuleDetector
from services.guard.handler import Guard, RequestLimits
from services.guard.screener import DetectorSet, Screener
from services.meter.adapters.bpe_tokens import BpeTokenCounter
from services.meter.adapters.genai_price_list import GenaiPriceList
from services.meter.adapters.own_prices import OverridingPriceBook
from services.meter.adapters.prompt_sizes import PromptTableTokens
from services.meter.domain.accounts.accounts import Accounts
from services.meter.handler import Meter, MeterLookups
from services.router.domain.provider_call import ProviderError, ProviderReply
from services.router.handler import Router
from streaming.brokers.records import Record
from streaming.errors import BadEventError
from streaming.handling import Incoming, LedgerDecision
from streaming.seal.content import seal_answer, seal_pseudonyms, sealed_request
from streaming.seal.seal import Sealer, new_key
from tests.fuzzing import often
from tests.security.drawing import Drawn, foreign_json
from tests.security.stand_ins import Clock, DrawnProvider, MemoryJournal, NothingStored, One, Providers
from weir.stack.publish import record_of

pytestmark = [pytest.mark.fuzz, pytest.mark.slow]
SEALER = Sealer.from_text(new_key())
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
EVENT_ID = UUID(int=41)
TEXTS = st.sampled_from(
    ("", "hello", "\x00", "Anna Schmidt, +44 20 7946 0958", "{" * 50, "é" * 400)
) | st.text(max_size=40)


def drawn(kind: type[Event], **fixed: Any) -> Any:
    return Drawn(kind).events(**fixed)


REQUESTS = drawn(LlmRequest, messages=Drawn(LlmRequest).field("messages", at_least=1), sealed=st.none())
BUDGETS = drawn(BudgetDocument)
ROUTES = drawn(RouteDocument)
PROMPTS = drawn(PromptDocument)
PRICES = drawn(PriceDocument, periods=Drawn(PriceDocument).field("periods", at_least=1))
POLICIES = drawn(PolicyDocument)


def incoming(event: Event, at: datetime = NOW) -> Incoming[Any]:
    record = Record(TOPIC_OF[type(event)].name, 65_535, 2**63 - 1, int(at.timestamp() * 1000), b"acme", b"{}")
    return Incoming(event, EVENT_ID, record, at)


def assert_readable(events: Iterable[Event]) -> None:
    """What a handler writes is within every bound, or the next hop would make a dead letter of it."""
    for event in events:
        written = encode(event, event_id=EVENT_ID, source="test", time=NOW)
        decode(TOPIC_OF[type(event)].name, written.value, written.headers)


def guard_of(policy: PolicyDocument | None) -> Guard:
    rules = (
        RuleDetector(),
        KnownValueDetector(),
        InjectionPhraseDetector(),
        CanaryDetector(),
        CheckDetector(LazyLanguageIdentifier(), lambda _: None),
        PromptLeakDetector(),
    )
    detectors = DetectorSet(
        rules=rules, privacy=(), validators=(GuardrailsChecks(1.0),), post_detectors=(PersonalLeakDetector(),)
    )
    return Guard(screening=Screener(detectors), policies=One(policy), sealer=SEALER, limits=RequestLimits())


@often(80)
@given(request=REQUESTS, policy=st.none() | POLICIES, is_sealed=st.booleans())
def test_the_guard_screens_every_valid_request(
    request: LlmRequest, policy: PolicyDocument | None, is_sealed: bool
) -> None:
    event = sealed_request(SEALER, request, NOW) if is_sealed else request
    try:
        events = asyncio.run(guard_of(policy).screen(incoming(event)))
    except BadEventError:
        return
    assert_readable(events)


@often(80)
@given(
    answer=drawn(ModelAnswer),
    text=TEXTS,
    pseudonyms=st.dictionaries(TEXTS, TEXTS, max_size=3),
    policy=st.none() | POLICIES,
)
def test_the_guard_checks_every_valid_answer(
    answer: ModelAnswer, text: str, pseudonyms: Mapping[str, str], policy: PolicyDocument | None
) -> None:
    tenant, record_id = answer.request.tenant, answer.request.record_id
    seals = {
        "sealed": seal_answer(SEALER, tenant, record_id, text, NOW),
        "pseudonyms": seal_pseudonyms(SEALER, tenant, record_id, pseudonyms, NOW),
    }
    try:
        events = asyncio.run(guard_of(policy).check(incoming(answer.model_copy(update=seals))))
    except BadEventError:
        return
    assert_readable(events)


def meter_of(
    route: RouteDocument,
    budget: BudgetDocument | None,
    prompt: PromptDocument | None,
    price: PriceDocument | None,
) -> Meter:
    counter = BpeTokenCounter()
    prices = OverridingPriceBook(One(price), GenaiPriceList())
    return Meter(
        MeterLookups(One(route), One(budget), prices, counter, PromptTableTokens(One(prompt), counter)),
        timedelta(seconds=10),
    )


DOCUMENTS = st.tuples(ROUTES, st.none() | BUDGETS, st.none() | PROMPTS, st.none() | PRICES)
CLOCKS = st.sampled_from(
    (NOW, datetime(1970, 1, 2, tzinfo=UTC), datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC))
)


def assert_kept(state: Accounts, decision: LedgerDecision | None, now: datetime) -> None:
    """A decision folds, its accounts are swept and expire, and a dump gives them back."""
    if decision is not None:
        assert_readable([decision.event])
        state.fold(decision.event, decision.event_id)
    dumped = list(state.dump())
    read_back = Accounts()
    read_back.load(dumped)
    assert list(read_back.dump()) == dumped
    state.expired(now)
    state.drop_expired()


@often(80)
@given(event=drawn(ScreenedRequest), answer=drawn(ScreenedAnswer), documents=DOCUMENTS, now=CLOCKS)
def test_the_meter_decides_on_every_valid_request_and_answer(
    event: ScreenedRequest, answer: ScreenedAnswer, documents: Any, now: datetime
) -> None:
    meter, state = meter_of(*documents), Accounts()
    request = event.request.model_copy(update={"deadline": now + timedelta(seconds=5)})
    for admitted in (
        event,
        event.model_copy(
            update={"request": request, "verdict": event.verdict.model_copy(update={"action": "allow"})}
        ),
    ):
        assert_kept(state, meter.admit(state, incoming(admitted, now)), now)
    for answered in (answer, answer.model_copy(update={"request": request})):
        assert_kept(state, meter.settle(state, incoming(answered, now)), now)
    for decision in meter.expire(state, now + timedelta(days=800) if now.year < 2090 else now):
        assert_kept(state, decision, now)


@often(80)
@given(wish=drawn(Correction), is_now=st.booleans())
def test_the_meter_takes_or_refuses_every_valid_correction(wish: Correction, is_now: bool) -> None:
    state, now = Accounts(), NOW
    meter = meter_of(RouteDocument.model_construct(), None, None, None)
    if is_now:
        first, last = (
            wish.attempts[0],
            wish.attempts[-1].model_copy(update={"result": wish.attempts[0].result}),
        )
        lines = (
            first.model_copy(update={"entry": "reversal"}),
            last.model_copy(update={"entry": "rebooking"}),
        )
        wish = wish.model_copy(
            update={"reason": "price_correction", "period": "2026-11", "asked_at": now, "attempts": lines}
        )
    try:
        decision = meter.correct(state, incoming(wish, now))
    except BadEventError:
        return
    assert_kept(state, decision, now)


@often(80)
@given(
    events=st.lists(drawn(AdmittedRequest) | drawn(Completion) | drawn(Adjustment), min_size=1, max_size=4),
    now=CLOCKS,
    documents=DOCUMENTS,
)
def test_the_meter_s_state_takes_every_valid_decision(
    events: Sequence[Event], now: datetime, documents: Any
) -> None:
    meter, state = meter_of(*documents), Accounts()
    for number, event in enumerate(events):
        state.fold(event, UUID(int=number))
        assert_kept(state, None, now)
    for decision in meter.expire(state, now):
        assert_kept(state, decision, now)


REPORTS = (
    st.none()
    | st.dictionaries(st.text(max_size=12), foreign_json(), max_size=4)
    | st.just({"prompt_tokens": 10**40, "x": float("inf")})
)
REPLIES = st.builds(
    ProviderReply,
    TEXTS,
    TEXTS,
    REPORTS,
    st.none() | TEXTS,
    st.integers(200, 299),
    st.dictionaries(TEXTS, TEXTS, max_size=3),
)
FAILURES = st.builds(
    ProviderError,
    st.sampled_from(("timeout", "rate_limited", "bad_reply", "invalid_request")),
    TEXTS,
    retry_after_s=st.none() | st.floats(0, 86_400),
    usage=REPORTS,
)


@often(80)
@given(
    admitted=drawn(AdmittedRequest),
    route=ROUTES,
    prompt=st.none() | PROMPTS,
    act=REPLIES | FAILURES,
    past=st.lists(drawn(Attempt), max_size=2),
    is_due=st.booleans(),
)
def test_the_router_answers_every_valid_request(
    admitted: AdmittedRequest,
    route: RouteDocument,
    prompt: PromptDocument | None,
    act: Any,
    past: Sequence[Attempt],
    is_due: bool,
) -> None:
    deadline = admitted.request.deadline if is_due else NOW + timedelta(seconds=60)
    event = admitted.model_copy(
        update={"request": admitted.request.model_copy(update={"deadline": deadline})}
    )
    journal = MemoryJournal(past)
    router = Router(
        prompts=One(prompt),
        routes=One(route),
        providers=Providers(DrawnProvider(act)),
        sealer=SEALER,
        clock=Clock(NOW),
    )
    assert_readable([asyncio.run(router.answer(incoming(event), journal)), *journal.written])


LANGUAGE_OF = LangidDetector()


@often(80)
@given(completion=drawn(Completion), feedback=drawn(Feedback), output=TEXTS)
def test_the_evaluator_measures_every_valid_outcome_and_joins_every_feedback(
    completion: Completion, feedback: Feedback, output: str
) -> None:
    evaluator = Evaluator(
        recall=RecentCompletions(10),
        lookup=NothingStored(),
        language_of=LANGUAGE_OF,
        waits_s=(),
        sleep=asyncio.sleep,
    )
    answered = completion.model_copy(update={"status": "answered", "output": output})
    named = feedback.model_copy(
        update={"tenant": completion.request.tenant, "request_id": completion.request.request_id}
    )
    for event in (completion, answered):
        assert_readable(asyncio.run(evaluator.evaluate(incoming(event))))
    assert_readable(asyncio.run(evaluator.join(incoming(named))))


@often(80)
@given(completion=drawn(Completion), output=TEXTS, include_usage=st.booleans())
def test_the_gateway_replies_to_every_valid_outcome(
    completion: Completion, output: str, include_usage: bool
) -> None:
    problem = completion_problem(completion)
    if problem is not None:
        orjson.loads(problem_reply(problem).body)
        return
    answer = OutcomeReply(completion, output)
    for reply in (
        answer_reply(answer),
        events_reply(answer, include_usage=include_usage),
        json_reply(outcome_body(answer)),
    ):
        assert reply.status_code == 200
    assert Decimal(completion.cost_usd or 0).is_finite()


@often(80)
@given(
    documents=st.one_of(
        *(st.lists(one, min_size=2, max_size=2) for one in (BUDGETS, ROUTES, PROMPTS, PRICES, POLICIES))
    )
)
def test_every_valid_document_says_what_is_wrong_with_it_and_follows_another_or_is_refused(
    documents: Sequence[Document],
) -> None:
    published, document = documents
    problem = document.problem()
    assert problem is None or document.name in problem
    following = document.after(published)
    try:
        written = record_of(following)
    except BadEventError:
        return
    assert decode(written.topic, written.value, written.headers) == following


def test_each_event_has_a_property_test_or_holds_nothing_to_count_with() -> None:
    tested = {
        LlmRequest,
        ModelAnswer,
        ScreenedRequest,
        ScreenedAnswer,
        Correction,
        AdmittedRequest,
        Completion,
        Adjustment,
        Attempt,
        Feedback,
    }
    documents = {BudgetDocument, RouteDocument, PromptDocument, PriceDocument, PolicyDocument}
    names = {kind.__name__ for kind in EVENT_OF.values()} - {kind.__name__ for kind in tested | documents}
    assert names == {
        "KnownAttack",
        "Evaluation",
        "ReviewTask",
        "Review",
        "RouteChange",
        "Alert",
        "LetterRedriven",
        "OffsetsSkipped",
        "SnapshotChunk",
        "SnapshotHead",
    }
