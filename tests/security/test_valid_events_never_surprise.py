"""No valid event ends a handler with an unexpected error, and what the handler writes can be read."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.answers import Attempt, ModelAnswer, ScreenedAnswer
from schemas.budgets import BudgetDocument
from schemas.cloudevents import decode
from schemas.documents import Document, PromptDocument, RouteDocument
from schemas.outcomes import Adjustment, Completion, Correction
from schemas.policies import PolicyDocument
from schemas.prices import PriceDocument
from schemas.quality import Feedback
from schemas.requests import AdmittedRequest, LlmRequest, ScreenedRequest
from schemas.topics import EVENT_OF
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
from services.router.domain.provider_call import ProviderError, ProviderReply
from services.router.handler import Router
from streaming.errors import BadEventError
from streaming.seal.content import seal_answer, seal_pseudonyms, sealed_request
from streaming.seal.seal import Sealer, new_key
from tests.fuzzing import often
from tests.security.drawing import Drawn
from tests.security.fakes import (
    DrawnProvider,
    EmptyCompletionStore,
    FakeClock,
    MemoryJournal,
    SingleDocumentTable,
    SingleProvider,
)
from tests.security.leaf_values import foreign_json
from tests.security.valid_events import (
    BUDGETS,
    NOW,
    PRICES,
    PROMPTS,
    ROUTES,
    assert_readable,
    drawn,
    incoming,
)
from weir.stack.publish import record_of

pytestmark = [pytest.mark.fuzz, pytest.mark.slow]
SEALER = Sealer.from_text(new_key())
TEXTS = st.sampled_from(
    ("", "hello", "\x00", "Anna Schmidt, +44 20 7946 0958", "{" * 50, "é" * 400)
) | st.text(max_size=40)


REQUESTS = drawn(LlmRequest, messages=Drawn(LlmRequest).field("messages", at_least=1), sealed=st.none())
POLICIES = drawn(PolicyDocument)


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
    return Guard(
        screening=Screener(detectors),
        policies=SingleDocumentTable(policy),
        sealer=SEALER,
        limits=RequestLimits(),
    )


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
    outcome=REPLIES | FAILURES,
    past=st.lists(drawn(Attempt), max_size=2),
    is_due=st.booleans(),
)
def test_the_router_answers_every_valid_request(
    admitted: AdmittedRequest,
    route: RouteDocument,
    prompt: PromptDocument | None,
    outcome: Any,
    past: Sequence[Attempt],
    is_due: bool,
) -> None:
    deadline = admitted.request.deadline if is_due else NOW + timedelta(seconds=60)
    event = admitted.model_copy(
        update={"request": admitted.request.model_copy(update={"deadline": deadline})}
    )
    journal = MemoryJournal(past)
    router = Router(
        prompts=SingleDocumentTable(prompt),
        routes=SingleDocumentTable(route),
        providers=SingleProvider(DrawnProvider(outcome)),
        sealer=SEALER,
        clock=FakeClock(NOW),
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
        lookup=EmptyCompletionStore(),
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
        *(st.lists(kind, min_size=2, max_size=2) for kind in (BUDGETS, ROUTES, PROMPTS, PRICES, POLICIES))
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
