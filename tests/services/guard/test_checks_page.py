"""The examples of docs/guard/checks.md: every policy is one that can be published, and its cases hold."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from schemas.checks import GuardrailsCheck
from schemas.policies import PolicyDocument, PolicyTest
from schemas.values import Message
from services.guard.adapters.language_id import LazyLanguageIdentifier
from services.guard.domain.checks.registry import CheckDetector, check_problem
from services.guard.domain.origins import segments_of
from services.guard.domain.output.leaks import PersonalLeakDetector, PromptLeakDetector
from services.guard.domain.rule_detectors import InjectionPhraseDetector, KnownValueDetector, RuleDetector
from services.guard.domain.types import ScreeningContext, TextSegment
from services.guard.screener import DetectorSet, Screener

PAGE = Path(__file__).parents[3] / "docs" / "guard" / "checks.md"
SCREENER = Screener(
    DetectorSet(
        rules=(
            RuleDetector(),
            KnownValueDetector(),
            InjectionPhraseDetector(),
            CheckDetector(LazyLanguageIdentifier()),
            PromptLeakDetector(),
        ),
        privacy=(),
        post_detectors=(PersonalLeakDetector(),),
    )
)


def policies() -> list[PolicyDocument]:
    read: Any = YAML(typ="safe")
    return [
        PolicyDocument.model_validate(read.load(block))
        for block in re.findall(r"```yaml\n(.*?)\n```\n", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    ]


def cases() -> list[Any]:
    return [
        pytest.param(policy, test, id=f"{policy.name}-{test.name}")
        for policy in policies()
        for test in policy.tests
    ]


def test_every_policy_of_the_page_can_be_published() -> None:
    faults = [
        check_problem(check)
        for policy in policies()
        for check in policy.checks
        if not isinstance(check, GuardrailsCheck)
    ]

    assert [policy.problem() for policy in policies()] == [None] * 6
    assert [fault for fault in faults if fault] == []


@pytest.mark.parametrize(("policy", "case"), cases())
def test_a_case_of_the_page_holds(policy: PolicyDocument, case: PolicyTest) -> None:
    text = case.text or ""
    messages = case.messages or (Message(role="user", content=text),)
    segments = [TextSegment(text, "output")] if case.direction == "output" else segments_of(messages, {}, ())

    verdict = asyncio.run(
        SCREENER.screen(segments, ScreeningContext(case.direction, policy, prompt=case.prompt))
    ).verdict

    found = {finding.kind for finding in verdict.findings if finding.count}
    assert (verdict.action, set(case.finds) - found, set(case.finds_not) & found) == (
        case.expect,
        set(),
        set(),
    )
