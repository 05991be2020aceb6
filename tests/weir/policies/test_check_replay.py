"""Checks run again on stored texts; without a text, a check that would act gives unknown."""

from collections.abc import Sequence
from typing import Any

import pytest

from schemas.checks import TopicsCheck
from schemas.policies import PolicyDocument
from services.guard.domain.detection import Detection
from services.guard.domain.types import DetectorInput, ScreeningContext
from weir.policies.check_replay import CheckReplay
from weir.policies.stored import StoredCompletion, StoredText

BOTH = StoredCompletion("1", "acme", "r1", "small", "allow", "allow", "", "", ())
BLOCKED = BOTH._replace(input_action="block", output_action="")


class PhraseDetector:
    """Runs topics by plain search, and keeps the prompts that it was given beside an answer."""

    def __init__(self) -> None:
        self.prompts: list[str] = []

    def detect(self, texts: Sequence[DetectorInput], context: ScreeningContext) -> list[list[Detection]]:
        self.prompts += [message.content for message in context.prompt or ()]
        return [
            [
                Detection(check.name, "topics", 1.0, is_found=check.phrases[0] in text.segment.text)
                for check in context.policy.checks
                if isinstance(check, TopicsCheck) and text.segment.direction in check.on
            ]
            for text in texts
        ]


def policy(**fields: Any) -> PolicyDocument:
    check = {"name": "rivals", "type": "topics", "phrases": ["Initech"], "on": ["input", "output"], **fields}
    return PolicyDocument.model_validate({"name": "acme", "checks": [check]})


def stored(question: str, answer: str | None) -> StoredText:
    return StoredText([{"role": "user", "content": question}], answer)


def effects(checking: PolicyDocument, completed: StoredCompletion, text: StoredText | None) -> list[str]:
    return [decision.effect for decision in CheckReplay(checking, PhraseDetector())(completed, text)]


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        ("Is Initech better?", "no", ["block", "allow"]),
        ("hello", "Buy from Initech", ["allow", "block"]),
        ("hello", "hello", ["allow", "allow"]),
    ],
)
def test_each_direction_is_decided_by_its_text(question: str, answer: str, expected: Sequence[str]) -> None:
    assert effects(policy(), BOTH, stored(question, answer)) == expected


def test_the_reason_names_the_check_and_its_direction() -> None:
    first, second = CheckReplay(policy(), PhraseDetector())(BOTH, stored("Initech", "hello"))

    assert first.because == "input check 'rivals' by topics, run again"
    assert second.because == "output check 'rivals' by topics, run again"


def test_an_answer_is_checked_beside_its_prompt() -> None:
    detector = PhraseDetector()

    CheckReplay(policy(), detector)(BOTH, stored("hello", "fine"))

    assert "hello" in detector.prompts


def test_a_request_that_was_blocked_has_no_answer_to_check() -> None:
    assert effects(policy(), BLOCKED, stored("Initech", None)) == ["block"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ["unknown", "unknown"]),
        ({"on": ["output"]}, ["unknown"]),
        ({"action": "flag"}, []),
        ({"shadow": True}, []),
    ],
)
def test_without_its_text_a_check_that_would_act_is_unknown(
    fields: dict[str, Any], expected: Sequence[str]
) -> None:
    assert effects(policy(**fields), BOTH, None) == expected
