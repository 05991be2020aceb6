"""A policy's checks, through the screener: what passes, what fails, and what if a check cannot run."""

import asyncio
from collections.abc import Sequence
from itertools import count

import pytest

from schemas.checks import (
    AnyCheck,
    DisclaimerCheck,
    GuardrailsCheck,
    JsonSchemaCheck,
    LanguageCheck,
    LengthCheck,
    RegexCheck,
    TopicsCheck,
)
from schemas.policies import PolicyDocument
from schemas.values import Message
from schemas.verdicts import Direction
from services.guard.adapters.language_id import LazyLanguageIdentifier
from services.guard.domain.checks.registry import CheckDetector, check_problem
from services.guard.domain.rule_detectors import RuleDetector
from services.guard.domain.types import ScreeningContext, ScreeningResult, TextSegment
from services.guard.screener import DetectorSet, Screener

SCREENER = Screener(DetectorSet(rules=(RuleDetector(), CheckDetector(LazyLanguageIdentifier())), privacy=()))
VERSIONS = count(1)


def policy(*checks: AnyCheck, **fields: object) -> PolicyDocument:
    return PolicyDocument.model_validate(
        {"name": "acme", "version": next(VERSIONS), "checks": checks, **fields}
    )


def screened(
    text: str,
    *checks: AnyCheck,
    direction: Direction = "output",
    prompt: Sequence[Message] = (),
    **fields: object,
) -> ScreeningResult:
    case = ScreeningContext(direction, policy(*checks, **fields), prompt=prompt)
    return asyncio.run(SCREENER.screen([TextSegment(text, direction)], case))


def is_stopped(text: str, check: AnyCheck, prompt: Sequence[Message] = ()) -> bool:
    return screened(text, check, prompt=prompt).verdict.action == "block"


def schema(**fields: object) -> JsonSchemaCheck:
    return JsonSchemaCheck.model_validate({"name": "form", "json_schema": fields})


async def test_a_word_that_is_masked_for_the_caller_stays_in_the_application_s_instructions() -> None:
    check = TopicsCheck(name="rivals", phrases=("Globex",), on=("input",), action="mask")
    segments = [TextSegment("Never name Globex.", is_instruction=True), TextSegment("And Globex?")]
    result = await SCREENER.screen(segments, ScreeningContext("input", policy(check)))
    assert result.redacted_texts == ("Never name Globex.", "And [rivals]?")


@pytest.mark.parametrize(
    ("check", "way_out"),
    [
        (LengthCheck(name="l"), "'at_least' or 'at_most'"),
        (LanguageCheck(name="l", on=("input",)), "give 'expected'"),
        (LengthCheck(name="l", at_least=9, at_most=3), "exchange them"),
        (TopicsCheck(name="t", phrases=("--",)), "write a word"),
        (DisclaimerCheck(name="d", any_of=("\u200b\u200b",)), "write the sentence"),
        (schema(type="what"), "no JSON schema"),
        (schema(**{"$ref": "https://example.com/order.json"}), "never fetched"),
        (schema(items={"pattern": "(?=a)"}), "look-ahead"),
        (schema(patternProperties={"(?=a)": True}), "look-ahead"),
        (schema(patternProperties={"a": True}, unevaluatedProperties=False), "additionalProperties"),
        (GuardrailsCheck(name="g", validator="two words"), "ClassName"),
    ],
)
def test_a_check_that_can_never_work_says_why(check: AnyCheck, way_out: str) -> None:
    assert way_out in (check_problem(check) or "")


@pytest.mark.parametrize(
    "check",
    [
        RegexCheck(name="p", pattern="^$"),
        schema(properties={"pattern": {"type": "string"}}),
        schema(const={"pattern": "(?=a)"}),
        schema(**{"$id": "https://acme.example/a", "$defs": {"b": {"$id": "b"}}, "items": {"$ref": "b"}}),
        LanguageCheck(name="l"),
        DisclaimerCheck(name="d", any_of=("no advice",)),
    ],
)
def test_a_check_that_works_has_no_fault(check: AnyCheck) -> None:
    assert check_problem(check) is None


def test_a_check_published_past_the_push_follows_when_unscanned_and_a_shadow_one_stops_nobody() -> None:
    broken = RegexCheck(name="p", pattern="(")
    assert screened("hello", broken).verdict.action == "block"
    assert screened("hello", broken, when_unscanned="allow").verdict.action == "allow"
    assert screened("hello", broken.model_copy(update={"shadow": True})).verdict.findings == ()


def test_whoever_runs_the_guard_is_told_once_which_check_cannot_run() -> None:
    told: list[str] = []
    screener = Screener(
        DetectorSet(rules=(CheckDetector(LazyLanguageIdentifier(), told.append),), privacy=())
    )
    broken = policy(RegexCheck(name="orders", pattern="(?=a)"))
    for _ in range(3):
        asyncio.run(
            screener.screen([TextSegment("secret words", "output")], ScreeningContext("output", broken))
        )
    (only,) = told
    assert "check 'orders' of policy acme" in only
    assert "secret" not in only


def test_a_check_in_shadow_scores_and_does_nothing() -> None:
    result = screened("Globex", TopicsCheck(name="rivals", phrases=("Globex",), shadow=True))
    assert result.verdict.action == "allow"
    assert [(one.kind, one.score, one.shadow) for one in result.verdict.findings] == [("rivals", 1.0, True)]


def test_a_check_looks_at_the_directions_that_it_names_and_never_at_the_application_s_own_words() -> None:
    check = TopicsCheck(name="rivals", phrases=("Globex",), on=("input", "indirect"))
    assert screened("Globex", check).verdict.findings == ()
    assert screened("Globex", check, direction="indirect").verdict.action == "block"
    instructions = asyncio.run(
        SCREENER.screen(
            [TextSegment("Globex", is_instruction=True)], ScreeningContext("input", policy(check))
        )
    )
    assert instructions.verdict.findings == ()


def test_a_new_version_of_a_policy_is_compiled_anew_and_few_are_kept() -> None:
    detector = CheckDetector(LazyLanguageIdentifier(), max_policies=2)
    screener = Screener(DetectorSet(rules=(detector,), privacy=()))
    policies = [policy(TopicsCheck(name="rivals", phrases=(phrase,))) for phrase in ("aa", "bb", "cc", "aa")]
    found = [
        asyncio.run(
            screener.screen([TextSegment("bb", "output")], ScreeningContext("output", one))
        ).verdict.action
        for one in policies
    ]
    assert found == ["allow", "block", "allow", "allow"]
    assert detector.cached_policies == 2
