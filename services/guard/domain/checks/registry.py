"""A policy's own checks: compiled once for each policy, run on the texts of the directions that they are about."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from schemas.policies import AnyCheck, DisclaimerCheck, GuardrailsCheck, JsonSchemaCheck, LanguageCheck, LengthCheck, PolicyDocument, RegexCheck
from services.guard.domain.checks.guardrails import fault_in_name
from services.guard.domain.checks.json_schema import JsonSchema
from services.guard.domain.checks.language import language
from services.guard.domain.checks.regex import disclaimer, regex, topics
from services.guard.domain.checks.types import (
    CheckFaultError,
    LanguageOf,
    Looked,
    NotCheckedError,
    Outcome,
    Runner,
    looks_at,
    not_checked,
    reading,
    together,
)
from services.guard.domain.segments import texts_with_meaning
from services.guard.domain.types import Case, Reading, SeenText

WORD = re.compile(r"\S+")
MOST_POLICIES = 256
Tell = Callable[[str], None]
"""Is told once for each version of a policy; what it is told holds nothing of any text."""


@dataclass(frozen=True, slots=True)
class Length:
    """How many characters or words a text may have."""

    check: LengthCheck

    def __call__(self, looked: Looked) -> Outcome:
        """Fail outside of the bounds."""
        count = len(looked.whole) if self.check.unit == "characters" else sum(1 for _ in WORD.finditer(looked.whole))
        return Outcome(is_failed=count < self.check.at_least or (self.check.at_most is not None and count > self.check.at_most))


def _length(check: LengthCheck) -> Length:
    if check.at_most is None and not check.at_least:
        raise CheckFaultError("it lets every text pass: give 'at_least' or 'at_most'")
    if check.at_most is not None and check.at_most < check.at_least:
        raise CheckFaultError(f"no text has at least {check.at_least} and at most {check.at_most} {check.unit}: exchange them")
    return Length(check)


def compiled(check: AnyCheck) -> Runner:
    """What runs a check; raises CheckFaultError where it cannot. Guardrails validators are run by their adapter."""
    match check:
        case RegexCheck():
            return regex(check)
        case LengthCheck():
            return _length(check)
        case DisclaimerCheck():
            return disclaimer(check)
        case JsonSchemaCheck():
            return JsonSchema(check)
        case LanguageCheck():
            return language(check)
        case GuardrailsCheck():
            raise CheckFaultError(fault_in_name(check.validator) or "a Guardrails validator runs in the guard's adapter only")
        case _:
            return topics(check)


def fault_in(check: AnyCheck) -> str | None:
    """Why a check cannot run here, with the way out; None where it can."""
    if isinstance(check, GuardrailsCheck):
        return fault_in_name(check.validator)
    try:
        compiled(check)
    except CheckFaultError as error:
        return str(error)
    return None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A policy's checks that rules can run; `run` is None for one that cannot."""

    policy: PolicyDocument
    checks: tuple[tuple[AnyCheck, Runner | None], ...]


def _nobody(fault: str) -> None:
    del fault


class CheckDetector:
    """Runs every check but Guardrails validators; what the application itself wrote is not checked."""

    def __init__(self, language_of: LanguageOf, tell: Tell = _nobody, most_policies: int = MOST_POLICIES) -> None:
        """Take what names languages, who is told of checks that cannot run, and for how many policies what was compiled is kept."""
        self._language_of = language_of
        self._tell = tell
        self._most = most_policies
        self._prepared: dict[int, Prepared] = {}

    @property
    def kept(self) -> int:
        """For how many policies what was compiled is at hand."""
        return len(self._prepared)

    def read(self, texts: Sequence[SeenText], case: Case) -> list[Reading]:
        """One reading for each text."""
        if not case.policy.checks:
            return [Reading() for _ in texts]
        prepared = self._checks_of(case.policy)
        looked = [Looked(text, case, self._language_of, whole_of(texts, text)) for text in texts]
        wanted = {place for place in texts_with_meaning(texts) if not texts[place].subject.is_instruction}
        return [together(_run(one, prepared)) if place in wanted else Reading() for place, one in enumerate(looked)]

    def _checks_of(self, policy: PolicyDocument) -> Prepared:
        """By identity: documents never change, and the table hands out the same one until the next is published."""
        known = self._prepared.get(id(policy))
        if known is None or known.policy is not policy:
            known = Prepared(policy, tuple((check, self._runner(check, policy)) for check in policy.checks if not isinstance(check, GuardrailsCheck)))
        # Step by step as any thread may do beside another: long texts are read in threads of their own.
        self._prepared.pop(id(policy), None)
        self._prepared[id(policy)] = known
        for oldest in list(self._prepared)[: -self._most]:
            self._prepared.pop(oldest, None)
        return known

    def _runner(self, check: AnyCheck, policy: PolicyDocument) -> Runner | None:
        try:
            return compiled(check)
        except CheckFaultError as error:
            self._tell(f"check '{check.name}' of policy {policy.name} (version {policy.version}) cannot run, so texts go unscanned: {error}")
            return None


def whole_of(texts: Sequence[SeenText], text: SeenText) -> str:
    """The text, or the message that it is the writer's own part of."""
    within = text.subject.within
    return text.subject.text if within is None or text.subject.direction == "indirect" else texts[within.subject].subject.text


def _run(looked: Looked, prepared: Prepared) -> list[Reading]:
    return [_reading(looked, check, run) for check, run in prepared.checks if looks_at(check, looked.text.subject.direction)]


def _reading(looked: Looked, check: AnyCheck, run: Runner | None) -> Reading:
    if run is None:
        return not_checked(check)
    try:
        return reading(check, check.type, run(looked))
    except NotCheckedError:
        return not_checked(check)
