"""Tests of policies run through the real detectors, and their results never show a text."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from schemas.policies import PolicyDocument, PolicyTest
from schemas.verdicts import Finding, Verdict, VerdictAction
from services.guard.app import offline_screener
from services.guard.domain.types import ScreeningContext, ScreeningResult, TextSegment
from services.guard.settings import GuardSettings
from weir.policies.files import template, template_names
from weir.policies.policy_tests import PolicyTestResult, run_policy_tests


@pytest.mark.slow
async def test_a_template_without_its_rules_fails_its_own_tests() -> None:
    for name in template_names():
        bare = template(name)[1].model_copy(update={"rules": (), "checks": (), "shadow": True})
        results = await run_policy_tests(offline_screener(GuardSettings.offline()), [bare])
        assert sum(not result.passes for result in results) >= 5


SEEN = Finding(detector="rules", kind="EMAIL_ADDRESS", count=1, score=1.0, action="pseudonymise")
UNSEEN = SEEN.model_copy(update={"kind": "PERSON", "count": 0})


def case_of(**fields: Any) -> PolicyTest:
    return PolicyTest.model_validate(
        {"name": "mails", "text": "jane@example.org", "expect": "modify", **fields}
    )


@pytest.mark.parametrize(
    ("fields", "got", "passes", "said"),
    [
        ({}, "modify", True, ""),
        ({"finds": ["EMAIL_ADDRESS"], "finds_not": ["PERSON"]}, "modify", True, ""),
        ({}, "block", False, "expected modify, got block; findings"),
        ({"finds": ["PERSON"]}, "modify", False, "not found: PERSON"),
        ({"finds_not": ["EMAIL_ADDRESS"]}, "modify", False, "must not be found: EMAIL_ADDRESS"),
    ],
)
def test_a_test_passes_by_its_verdict_and_its_kinds_and_never_shows_its_text(
    fields: dict[str, Any], got: VerdictAction, passes: bool, said: str
) -> None:
    result = PolicyTestResult("acme", case_of(**fields), got, (SEEN, UNSEEN))

    assert result.passes is passes
    assert said in result.line()
    assert result.line().endswith("findings: EMAIL_ADDRESS by rules 1.00 pseudonymise")
    assert "jane" not in result.line()


class RecordingScreener:
    """Replaces every text, and keeps what it was given."""

    def __init__(self) -> None:
        self.screened: list[tuple[str, list[str]]] = []
        self.prompts: list[str] = []

    async def screen(self, segments: Sequence[TextSegment], context: ScreeningContext) -> ScreeningResult:
        self.screened.append((context.direction, [segment.text for segment in segments]))
        self.prompts += [message.content for message in context.prompt or ()]
        verdict = Verdict(
            direction=context.direction, action="allow", policy="acme", policy_version=1, took_ms=Decimal(1)
        )
        return ScreeningResult(tuple(f"<{segment.text}>" for segment in segments), verdict, {})


@pytest.mark.parametrize(
    ("fields", "screened", "prompts"),
    [
        ({"text": "hi"}, [("input", ["hi"])], []),
        ({"text": "page", "direction": "indirect"}, [("input", ["page"])], []),
        ({"text": "fine", "direction": "output"}, [("input", []), ("output", ["fine"])], []),
        (
            {
                "text": None,
                "direction": "output",
                "messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "fine"}],
            },
            [("input", ["hi"]), ("output", ["fine"])],
            ["<hi>"],
        ),
    ],
)
async def test_an_answer_is_screened_after_its_request_as_in_the_stream(
    fields: dict[str, Any], screened: Sequence[tuple[str, list[str]]], prompts: Sequence[str]
) -> None:
    screener = RecordingScreener()
    policy = PolicyDocument(name="acme", tests=(case_of(expect="allow", **fields),))

    (result,) = await run_policy_tests(screener, [policy])

    assert result.passes
    assert (screener.screened, screener.prompts) == (screened, prompts)
