"""Runs the checks of a policy, compiled once for each policy, on the texts of their directions."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from schemas.checks import (
    PLUGIN_CHECKS,
    AnyCheck,
    GuardrailsCheck,
    HttpCheck,
    PluginCheck,
    unknown_type_problem,
)
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

MAX_POLICIES = 256
ReportProblem = Callable[[str], None]
"""Gets a message for each check of a policy version that cannot run; it holds no content."""


@cache
def _compilers() -> Mapping[str, Callable[[Any], Runner]]:
    """The function that compiles a check, by check type."""
    return implementations(checks, "RUNNERS")


def compile_check(check: AnyCheck) -> Runner:
    """Compile a check; raises InvalidCheckError if it is invalid, or needs a call to outside code."""
    if check.runs_outside:
        raise InvalidCheckError(
            check_problem(check) or f"a check of type '{check.type}' runs in the guard only"
        )
    return _compilers()[check.type](check)


def check_problem(check: AnyCheck) -> str | None:
    """Why a check cannot run here, and how to fix it; None if it can run."""
    match check:
        case GuardrailsCheck():
            return validator_name_problem(check.validator)
        case PluginCheck():
            return unknown_type_problem(check.type) or _arguments_problem(check)
        case HttpCheck():
            return None
        case _:
            return _compile_problem(check)


def _arguments_problem(check: PluginCheck) -> str | None:
    try:
        return PLUGIN_CHECKS[check.type].problem(copy.deepcopy(check.arguments))
    except Exception as error:  # noqa: BLE001 - foreign code; its message may quote the arguments
        return f"its plug-in cannot judge these arguments ({type(error).__name__})"


def _compile_problem(check: AnyCheck) -> str | None:
    try:
        compile_check(check)
    except InvalidCheckError as error:
        return str(error)
    return None


@dataclass(frozen=True, slots=True)
class CompiledChecks:
    """The compiled checks of a policy but Guardrails validators; an invalid check has no runner."""

    policy: PolicyDocument
    checks: tuple[tuple[AnyCheck, Runner | None], ...]


def _ignore(fault: str) -> None:
    del fault


class CheckDetector:
    """Runs the checks that need no outside call, on all texts but the application's instructions."""

    def __init__(
        self, language_of: LanguageOf, report: ReportProblem = _ignore, max_policies: int = MAX_POLICIES
    ) -> None:
        """Take the language identifier, the receiver of problems, and the size of the cache."""
        self._language_of = language_of
        self._report = report
        self._max_policies = max_policies
        self._compiled: dict[int, CompiledChecks] = {}

    @property
    def cached_policies(self) -> int:
        """How many compiled policies are cached."""
        return len(self._compiled)

    def detect(self, texts: Sequence[DetectorInput], context: ScreeningContext) -> list[Sequence[Detection]]:
        """The detections of the checks in each text."""
        if not context.policy.checks:
            return [() for _ in texts]
        compiled = self._checks_of(context.policy)
        checked = [
            CheckedText(text, context, self._language_of, message_text_of(texts, text)) for text in texts
        ]
        scored = {index for index in scored_segments(texts) if not texts[index].segment.is_instruction}
        return [_run_checks(each, compiled) if index in scored else () for index, each in enumerate(checked)]

    def _checks_of(self, policy: PolicyDocument) -> CompiledChecks:
        """The compiled checks, cached by the policy's identity, since documents never change."""
        known = self._compiled.get(id(policy))
        if known is None or known.policy is not policy:
            known = CompiledChecks(
                policy,
                tuple(
                    (check, self._runner(check, policy)) for check in policy.checks if not check.runs_outside
                ),
            )
        # Single dict operations, since threads for short and long texts run this at the same time.
        self._compiled.pop(id(policy), None)
        self._compiled[id(policy)] = known
        for oldest in list(self._compiled)[: -self._max_policies]:
            self._compiled.pop(oldest, None)
        return known

    def _runner(self, check: AnyCheck, policy: PolicyDocument) -> Runner | None:
        try:
            return compile_check(check)
        except InvalidCheckError as error:
            self._report(
                f"check '{check.name}' of policy {policy.name} (version {policy.version}) cannot run, "
                f"so texts go unscanned: {error}"
            )
            return None


def message_text_of(texts: Sequence[DetectorInput], text: DetectorInput) -> str:
    """The text, or the whole message if the text is the caller's part of a message with documents."""
    within = text.segment.parent
    return (
        text.segment.text
        if within is None or text.segment.direction == "indirect"
        else texts[within.index].segment.text
    )


def _run_checks(checked: CheckedText, compiled: CompiledChecks) -> list[Detection]:
    return [
        detection
        for check, run in compiled.checks
        if applies_to(check, checked.text.segment.direction)
        for detection in _run_check(checked, check, run)
    ]


def _run_check(checked: CheckedText, check: AnyCheck, run: Runner | None) -> list[Detection]:
    if run is None:
        return unscanned_detections(check)
    try:
        return check_detections(check, check.type, run(checked))
    except NotCheckedError:
        return unscanned_detections(check)
