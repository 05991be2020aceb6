"""A policy's own checks: compiled once for each policy, run on the texts of the directions that they are about."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from schemas.policies import (
    AnyCheck,
    DisclaimerCheck,
    GuardrailsCheck,
    JsonSchemaCheck,
    LanguageCheck,
    LengthCheck,
    PolicyDocument,
    RegexCheck,
)
from services.guard.domain.checks.guardrails import validator_name_problem
from services.guard.domain.checks.json_schema import JsonSchemaValidator
from services.guard.domain.checks.language import language
from services.guard.domain.checks.regex import disclaimer, regex, topics
from services.guard.domain.checks.types import (
    CheckedText,
    CheckResult,
    InvalidCheckError,
    LanguageOf,
    NotCheckedError,
    Runner,
    applies_to,
    check_detections,
    unscanned_detections,
)
from services.guard.domain.detection import Detection
from services.guard.domain.segments import scored_segments
from services.guard.domain.types import DetectorInput, ScreeningContext

WORD = re.compile(r"\S+")
MAX_POLICIES = 256
ReportProblem = Callable[[str], None]
"""Is told once for each version of a policy; what it is told holds nothing of any text."""


@dataclass(frozen=True, slots=True)
class LengthCheckRunner:
    """How many characters or words a text may have."""

    check: LengthCheck

    def __call__(self, looked: CheckedText) -> CheckResult:
        """Fail outside of the bounds."""
        count = (
            len(looked.message_text)
            if self.check.unit == "characters"
            else sum(1 for _ in WORD.finditer(looked.message_text))
        )
        return CheckResult(
            is_failed=count < self.check.at_least
            or (self.check.at_most is not None and count > self.check.at_most)
        )


def _length(check: LengthCheck) -> LengthCheckRunner:
    if check.at_most is None and not check.at_least:
        raise InvalidCheckError("it lets every text pass: give 'at_least' or 'at_most'")
    if check.at_most is not None and check.at_most < check.at_least:
        raise InvalidCheckError(
            f"no text has at least {check.at_least} and at most {check.at_most} {check.unit}: exchange them"
        )
    return LengthCheckRunner(check)


def compile_check(check: AnyCheck) -> Runner:
    """What runs a check; raises CheckFaultError where it cannot. Guardrails validators are run by their adapter."""
    match check:
        case RegexCheck():
            return regex(check)
        case LengthCheck():
            return _length(check)
        case DisclaimerCheck():
            return disclaimer(check)
        case JsonSchemaCheck():
            return JsonSchemaValidator(check)
        case LanguageCheck():
            return language(check)
        case GuardrailsCheck():
            raise InvalidCheckError(
                validator_name_problem(check.validator)
                or "a Guardrails validator runs in the guard's adapter only"
            )
        case _:
            return topics(check)


def check_problem(check: AnyCheck) -> str | None:
    """Why a check cannot run here, with the way out; None where it can."""
    if isinstance(check, GuardrailsCheck):
        return validator_name_problem(check.validator)
    try:
        compile_check(check)
    except InvalidCheckError as error:
        return str(error)
    return None


@dataclass(frozen=True, slots=True)
class CompiledChecks:
    """A policy's checks that rules can run; `run` is None for one that cannot."""

    policy: PolicyDocument
    checks: tuple[tuple[AnyCheck, Runner | None], ...]


def _ignore(fault: str) -> None:
    del fault


class CheckDetector:
    """Runs every check but Guardrails validators; what the application itself wrote is not checked."""

    def __init__(
        self, language_of: LanguageOf, tell: ReportProblem = _ignore, most_policies: int = MAX_POLICIES
    ) -> None:
        """Take what names languages, who is told of checks that cannot run, and for how many policies what was compiled is kept."""
        self._language_of = language_of
        self._tell = tell
        self._most = most_policies
        self._prepared: dict[int, CompiledChecks] = {}

    @property
    def cached_policies(self) -> int:
        """For how many policies what was compiled is at hand."""
        return len(self._prepared)

    def detect(self, texts: Sequence[DetectorInput], context: ScreeningContext) -> list[Sequence[Detection]]:
        """One reading for each text."""
        if not context.policy.checks:
            return [() for _ in texts]
        prepared = self._checks_of(context.policy)
        looked = [
            CheckedText(text, context, self._language_of, message_text_of(texts, text)) for text in texts
        ]
        wanted = {place for place in scored_segments(texts) if not texts[place].segment.is_instruction}
        return [_run_checks(one, prepared) if place in wanted else () for place, one in enumerate(looked)]

    def _checks_of(self, policy: PolicyDocument) -> CompiledChecks:
        """By identity: documents never change, and the table hands out the same one until the next is published."""
        known = self._prepared.get(id(policy))
        if known is None or known.policy is not policy:
            known = CompiledChecks(
                policy,
                tuple(
                    (check, self._runner(check, policy))
                    for check in policy.checks
                    if not isinstance(check, GuardrailsCheck)
                ),
            )
        # Step by step as any thread may do beside another: long texts are read in threads of their own.
        self._prepared.pop(id(policy), None)
        self._prepared[id(policy)] = known
        for oldest in list(self._prepared)[: -self._most]:
            self._prepared.pop(oldest, None)
        return known

    def _runner(self, check: AnyCheck, policy: PolicyDocument) -> Runner | None:
        try:
            return compile_check(check)
        except InvalidCheckError as error:
            self._tell(
                f"check '{check.name}' of policy {policy.name} (version {policy.version}) cannot run, so texts go unscanned: {error}"
            )
            return None


def message_text_of(texts: Sequence[DetectorInput], text: DetectorInput) -> str:
    """The text, or the message that it is the writer's own part of."""
    within = text.segment.parent
    return (
        text.segment.text
        if within is None or text.segment.direction == "indirect"
        else texts[within.index].segment.text
    )


def _run_checks(looked: CheckedText, prepared: CompiledChecks) -> list[Detection]:
    return [
        detection
        for check, run in prepared.checks
        if applies_to(check, looked.text.segment.direction)
        for detection in _run_check(looked, check, run)
    ]


def _run_check(looked: CheckedText, check: AnyCheck, run: Runner | None) -> list[Detection]:
    if run is None:
        return unscanned_detections(check)
    try:
        return check_detections(check, check.type, run(looked))
    except NotCheckedError:
        return unscanned_detections(check)
