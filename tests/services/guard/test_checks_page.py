"""The examples of docs/guard/checks.md: every policy is one that can be published, and its cases hold."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from schemas.policies import GuardrailsCheck, PolicyDocument, PolicyTest
from schemas.values import Message
from services.guard.adapters.language_id import LanguageId
from services.guard.domain.checks.registry import CheckDetector, fault_in
from services.guard.domain.origins import subjects_of
from services.guard.domain.output.leaks import PersonalLeaks, PromptLeaks
from services.guard.domain.rule_detectors import KnownValueDetector, PhraseDetector, RuleDetector
from services.guard.domain.types import Case, Subject
from services.guard.screener import Detectors, Screener

PAGE = Path(__file__).parents[3] / "docs" / "guard" / "checks.md"
SCREENER = Screener(
    Detectors(
        rules=(RuleDetector(), KnownValueDetector(), PhraseDetector(), CheckDetector(LanguageId()), PromptLeaks()),
        privacy=(),
        after=(PersonalLeaks(),),
    )
)


def policies() -> list[PolicyDocument]:
    read: Any = YAML(typ="safe")
    return [
        PolicyDocument.model_validate(read.load(block)) for block in re.findall(r"```yaml\n(.*?)\n```\n", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    ]


def cases() -> list[Any]:
    return [pytest.param(policy, test, id=f"{policy.name}-{test.name}") for policy in policies() for test in policy.tests]


def test_every_policy_of_the_page_can_be_published() -> None:
    faults = [fault_in(check) for policy in policies() for check in policy.checks if not isinstance(check, GuardrailsCheck)]

    assert [policy.problem() for policy in policies()] == [None] * 5
    assert [fault for fault in faults if fault] == []


@pytest.mark.parametrize(("policy", "case"), cases())
def test_a_case_of_the_page_holds(policy: PolicyDocument, case: PolicyTest) -> None:
    text = case.text or ""
    messages = case.messages or (Message(role="user", content=text),)
    subjects = [Subject(text, "output")] if case.direction == "output" else subjects_of(messages, {}, ())

    verdict = asyncio.run(SCREENER.screen(subjects, Case(case.direction, policy, prompt=case.prompt))).verdict

    found = {finding.kind for finding in verdict.findings if finding.count}
    assert (verdict.action, set(case.finds) - found, set(case.finds_not) & found) == (case.expect, set(), set())
