"""What is done with a finding: the policy's last fitting rule, else the default policy's, else it is only flagged."""

from collections.abc import Iterable

from schemas.documents import PolicyDocument, Rule
from schemas.verdicts import Action, Direction

PERSONAL = (
    "PERSON",
    "ADDRESS",
    "EMAIL_ADDRESS",
    "PHONE_NUMBER",
    "CREDIT_CARD",
    "IBAN_CODE",
    "IP_ADDRESS",
    "US_SSN",
    "TAX_ID",
    "BANK_ACCOUNT",
    "GOVERNMENT_ID",
    "PASSPORT",
    "DRIVERS_LICENSE",
)
NAMED_IN_ANSWERS = frozenset({"PERSON", "ADDRESS", "IP_ADDRESS"})
BLOCK_INJECTION_FROM = 0.9

DEFAULT = PolicyDocument(
    name="default",
    version=1,
    rules=(
        *(Rule(kind=kind, direction="input", action="pseudonymise") for kind in PERSONAL),
        *(Rule(kind=kind, direction="output", action="flag" if kind in NAMED_IN_ANSWERS else "mask") for kind in PERSONAL),
        Rule(kind="LOCATION", direction="input", action="flag"),
        Rule(kind="LOCATION", direction="output", action="flag"),
        Rule(kind="SECRET", direction="input", action="mask"),
        Rule(kind="SECRET", direction="output", action="mask"),
        Rule(kind="PROMPT_INJECTION", direction="input", action="block", at_least=BLOCK_INJECTION_FROM),
    ),
)


def rule_for(policy: PolicyDocument, kind: str, direction: Direction, score: float) -> Rule:
    """The rule that decides about a finding."""
    for document in (policy, DEFAULT):
        fitting = [rule for rule in document.rules if rule.kind == kind and rule.direction == direction]
        passed = [rule for rule in fitting if score >= rule.at_least]
        if passed:
            return passed[-1]
        if fitting:
            break
    return Rule(kind=kind, direction=direction, action="flag")


STRENGTH: tuple[Action, ...] = ("allow", "flag", "mask", "pseudonymise", "block")


def strongest(actions: Iterable[Action]) -> Action:
    """The action that wins where several findings meet."""
    found = set(actions)
    for action in reversed(STRENGTH):
        if action in found:
            return action
    return "allow"
