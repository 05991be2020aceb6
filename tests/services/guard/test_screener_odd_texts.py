"""No text is an error: odd characters, lone surrogates and floods of marks get a verdict like any other."""

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

import pytest

from schemas.answers import ModelAnswer, ScreenedAnswer
from schemas.policies import PolicyDocument
from schemas.requests import LlmRequest, ScreenedRequest
from services.guard.adapters.batched_model import ModelThreadPool
from services.guard.adapters.language_id import LazyLanguageIdentifier
from services.guard.adapters.model_files import open_folder
from services.guard.adapters.ner_detector import NerDetector
from services.guard.adapters.onnx_ner import OnnxNer
from services.guard.adapters.rule_threads import RuleThreadPool
from services.guard.domain.checks.registry import CheckDetector
from services.guard.domain.output.canary import CanaryDetector
from services.guard.domain.output.leaks import PersonalLeakDetector, PromptLeakDetector
from services.guard.domain.rule_detectors import InjectionPhraseDetector, KnownValueDetector, RuleDetector
from services.guard.handler import Guard, RequestLimits
from services.guard.library import Guardian
from services.guard.screener import DetectorSet, Screener
from services.guard.settings import MODELS
from streaming.brokers.records import Record
from streaming.handling import Incoming
from streaming.seal.content import seal_answer
from streaming.seal.seal import Sealer, new_key
from tests.services.guard.odd_texts import HALVES, odd_texts

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
SEALER = Sealer.from_text(new_key())
RULES = (
    RuleDetector(),
    KnownValueDetector(),
    InjectionPhraseDetector(),
    CanaryDetector(),
    CheckDetector(LazyLanguageIdentifier()),
    PromptLeakDetector(),
)


class OddPolicy:
    """One policy with a check of each kind for all."""

    def __init__(self) -> None:
        schema = {
            "properties": {"a": {"pattern": "^(a+)+$"}, "b": {"uniqueItems": True}},
            "additionalProperties": {"$ref": "#"},
        }
        both = {"on": ["input", "output"]}
        checks: list[Mapping[str, object]] = [
            {"type": "regex", "name": "regex", "pattern": r"\p{L}+x.", "action": "mask", **both},
            {"type": "length", "name": "length", "at_least": 1, "unit": "words", "action": "flag", **both},
            {
                "type": "disclaimer",
                "name": "disclaimer",
                "any_of": ["not advice"],
                "when": ["the doctor"],
                **both,
            },
            {"type": "json_schema", "name": "json", "json_schema": schema, "action": "flag", **both},
            {"type": "language", "name": "language", "expected": ["en"], "action": "flag", **both},
            {
                "type": "topics",
                "name": "topics",
                "phrases": ["weapons", "\u6bd2\u54c1"],
                "action": "mask",
                **both,
            },
        ]
        allow: list[Mapping[str, object]] = [{"value": "anna@example.com"}, {"pattern": ".+@.+"}]
        self._policy = PolicyDocument.model_validate(
            {"name": "odd", "version": 1, "allow": allow, "checks": checks}
        )

    def get(self, name: str) -> PolicyDocument | None:
        return self._policy if name == "default" else None


@pytest.fixture(scope="module")
def guard() -> Guard:
    names = NerDetector(OnnxNer(open_folder(MODELS / "rampart"), 60, ModelThreadPool(2)), "rampart@2")
    screener = Screener(
        DetectorSet(RULES, privacy=(names,), post_detectors=(PersonalLeakDetector(),)), RuleThreadPool()
    )
    return Guard(screening=screener, policies=OddPolicy(), sealer=SEALER, limits=RequestLimits())


@pytest.mark.slow
async def test_every_odd_request_and_answer_gets_a_verdict(guard: Guard) -> None:
    record = Record("llm.requests", 2, 41, int(NOW.timestamp() * 1000), None, b"")
    texts = [
        text
        for text in odd_texts(1, 220)
        if text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)
    ]
    for text, other in zip(texts, reversed(texts), strict=True):
        variables = {"context": other, "x": text}
        asked = {
            "tenant": "acme",
            "model": "small",
            "messages": [{"role": "user", "content": text}],
            "variables": variables,
            "tags": {"a": "b"},
        }
        (screened,) = await guard.screen(
            Incoming(LlmRequest.model_validate(asked), UUID(int=41), record, NOW)
        )
        assert isinstance(screened, ScreenedRequest)
        answer = ModelAnswer.model_validate(
            {
                "request": screened.request,
                "status": "answered",
                "messages": screened.messages,
                "pseudonyms": screened.pseudonyms,
                "sealed": seal_answer(SEALER, "acme", screened.request.record_id, other, NOW),
                "finish_reason": "stop",
                "attempts": (),
                "answered_at": NOW,
            }
        )
        (checked,) = await guard.check(Incoming(answer, UUID(int=42), record, NOW))
        assert isinstance(checked, ScreenedAnswer)
        assert checked.verdict is not None


@pytest.mark.parametrize("direction", ["input", "output", "indirect"])
def test_the_library_scans_odd_texts_with_halves_of_characters(direction: str) -> None:
    policy = OddPolicy().get("default")
    assert policy is not None
    drawn = random.Random(2)
    texts = [f"{text}{drawn.choice(HALVES)}{text[:5]}" for text in odd_texts(2, 150)]
    with Guardian(
        Screener(DetectorSet(RULES, privacy=(), post_detectors=(PersonalLeakDetector(),)), RuleThreadPool()),
        policy,
    ) as guardian:
        assert len([one.action for one in guardian.scan_many(texts, direction)]) == len(texts)  # pyright: ignore[reportArgumentType] - one of three
