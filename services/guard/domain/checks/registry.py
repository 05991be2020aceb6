"""A policy's own checks: compiled once for each policy, run on the texts of the directions that they are about."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from schemas.checks import PLUGIN_CHECKS, AnyCheck, GuardrailsCheck, HttpCheck, PluginCheck
from schemas.policies import PolicyDocument
from schemas.registry import implementations
from services.guard.domain import checks
from services.guard.domain.checks.guardrails import validator_name_problem
from services.guard.domain.checks.types import (
    CheckedText,
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

MOST_POLICIES = 256
Tell = Callable[[str], None]
"""Is told once for each version of a policy; what it is told holds nothing of any text."""


@cache
def _compilers() -> Mapping[str, Callable[[Any], Runner]]:
    """What compiles a check, by its type."""
    return implementations(checks, "RUNNERS")


def compile_check(check: AnyCheck) -> Runner:
    """Compile a check; raises InvalidCheckError where it is invalid, or runs outside of the rules."""
    if check.runs_outside:
        raise InvalidCheckError(
            check_problem(check) or f"a check of type '{check.type}' runs in the guard only"
        )
    return _compilers()[check.type](check)


def check_problem(check: AnyCheck) -> str | None:
    """Why a check cannot run here, with the way out; None where it can."""
    match check:
        case GuardrailsCheck():
            return validator_name_problem(check.validator)
        case PluginCheck():
            return PLUGIN_CHECKS[check.type].problem(check.arguments)
        case HttpCheck():
            return None
        case _:
            return _compile_problem(check)


def _compile_problem(check: AnyCheck) -> str | None:
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


def _nobody(fault: str) -> None:
    del fault


class CheckDetector:
    """Runs the checks that need no outside call, on all texts but the application's instructions."""

    def __init__(
        self, language_of: LanguageOf, tell: Tell = _nobody, most_policies: int = MOST_POLICIES
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
        wanted = {place for place in scored_segments(texts) if not texts[place].subject.is_instruction}
        return [_run(one, prepared) if place in wanted else () for place, one in enumerate(looked)]

    def _checks_of(self, policy: PolicyDocument) -> CompiledChecks:
        """By identity: documents never change, and the table hands out the same one until the next is published."""
        known = self._prepared.get(id(policy))
        if known is None or known.policy is not policy:
            known = CompiledChecks(
                policy,
                tuple(
                    (check, self._runner(check, policy)) for check in policy.checks if not check.runs_outside
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
    within = text.subject.parent
    return (
        text.subject.text
        if within is None or text.subject.direction == "indirect"
        else texts[within.subject].subject.text
    )


def _run(looked: CheckedText, prepared: CompiledChecks) -> list[Detection]:
    return [
        detection
        for check, run in prepared.checks
        if applies_to(check, looked.text.subject.direction)
        for detection in _detections(looked, check, run)
    ]


def _detections(looked: CheckedText, check: AnyCheck, run: Runner | None) -> list[Detection]:
    if run is None:
        return unscanned_detections(check)
    try:
        return check_detections(check, check.type, run(looked))
    except NotCheckedError:
        return unscanned_detections(check)
