"""The policy's last fitting rule decides, then the default's, and what nobody names is flagged."""

import pytest

from schemas.policies import PolicyDocument, Rule
from schemas.verdicts import Action, Direction
from services.guard.domain.detection import Detection
from services.guard.domain.policy import DEFAULT, decide, strictest_action

NAMES = PolicyDocument(
    name="acme",
    version=3,
    rules=(
        Rule(kind="PERSON", direction="input", action="flag"),
        Rule(kind="PERSON", direction="input", action="block", at_least=0.9),
        Rule(kind="SECRET", direction="input", action="block", at_least=0.8),
    ),
)


@pytest.mark.parametrize(
    ("kind", "direction", "score", "expected"),
    [
        ("PERSON", "input", 0.5, "flag"),
        ("PERSON", "input", 0.9, "block"),
        ("PERSON", "output", 0.9, "flag"),
        ("EMAIL_ADDRESS", "input", 1.0, "pseudonymise"),
        ("EMAIL_ADDRESS", "output", 1.0, "mask"),
        ("SECRET", "input", 1.0, "block"),
        ("SECRET", "input", 0.5, "flag"),
        ("PROMPT_INJECTION", "input", 0.6, "flag"),
        ("SOMETHING_NEW", "output", 1.0, "flag"),
    ],
)
def test_the_rule_that_decides(kind: str, direction: Direction, score: float, expected: Action) -> None:
    assert decide(NAMES, Detection(kind, "any", score, is_found=True), direction).action == expected


def test_the_default_policy_leaves_no_account_number_and_no_secret_in_either_direction() -> None:
    for kind in ("EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE", "US_SSN", "SECRET", "PASSPORT"):
        assert decide(DEFAULT, Detection(kind, "any", 0.6, is_found=True), "input").action in (
            "pseudonymise",
            "mask",
        )
        assert decide(DEFAULT, Detection(kind, "any", 0.6, is_found=True), "output").action == "mask"


def test_the_strongest_action_wins() -> None:
    assert strictest_action(["flag", "block", "mask"]) == "block"
    assert strictest_action([]) == "allow"
