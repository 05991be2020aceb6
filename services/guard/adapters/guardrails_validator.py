"""Runs Guardrails AI validators as checks of a policy, each call in a thread of its own with a time limit."""

import asyncio
import importlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from schemas.checks import GuardrailsCheck
from services.guard.domain.checks.guardrails import INSTALL, NAME, validator_name_problem
from services.guard.domain.checks.types import (
    CheckResult,
    InvalidCheckError,
    NotCheckedError,
    applies_to,
    check_detections,
    unscanned_detections,
)
from services.guard.domain.detection import Detection
from services.guard.domain.types import DetectorInput, ScreeningContext
from streaming.outside_calls import OutsideCalls

log = logging.getLogger(__name__)

MAX_THREADS = 10_000
"""In effect a thread for each call: a validator that hangs must not hold up the others."""
LOADING_S = 60.0
"""How long a text waits for the import of library and validator, which takes seconds."""
MAX_VALIDATORS = 64


class GuardrailsValidator:
    """One validator with its arguments; runs one call at a time, since it may not be thread-safe."""

    def __init__(self, check: GuardrailsCheck) -> None:
        """Import and create the validator; raises InvalidCheckError with a message on how to fix it."""
        fault = validator_name_problem(check.validator)
        if fault is not None:
            raise InvalidCheckError(fault)
        self._validator = _create_validator(check)
        self._lock = threading.Lock()

    def run(self, text: str, wait_s: float) -> CheckResult:
        """Validate a text; raises NotCheckedError if the validator fails or stays busy for `wait_s`."""
        if not self._lock.acquire(timeout=wait_s):
            raise NotCheckedError
        try:
            result: Any = self._validator.validate(text, {})
            outcome, fix = result.outcome, getattr(result, "fix_value", None)
        except Exception as error:  # noqa: BLE001 - foreign code, whose errors may quote the text
            raise NotCheckedError(type(error).__name__) from None
        finally:
            self._lock.release()
        is_failed = str(getattr(outcome, "value", outcome)) != "pass"
        return CheckResult(
            is_failed=is_failed, replacement=fix if is_failed and isinstance(fix, str) else None
        )


class GuardrailsChecks:
    """Runs the Guardrails validators of a policy; texts of missing, failing and slow ones are unscanned."""

    def __init__(self, timeout_s: float) -> None:
        """Take the longest time of one call, which includes waiting for the validator."""
        self._calls = OutsideCalls("guardrails", MAX_THREADS)
        self._timeout_s = timeout_s
        self._validators: OrderedDict[str, GuardrailsValidator | InvalidCheckError] = OrderedDict()
        self._lock = threading.Lock()

    async def detect(
        self, texts: Sequence[DetectorInput], context: ScreeningContext
    ) -> list[Sequence[Detection]]:
        """The detections in each text; the validators of one text run concurrently."""
        checks = [check for check in context.policy.checks if isinstance(check, GuardrailsCheck)]
        if not checks:
            return [() for _ in texts]
        return [
            [
                detection
                for result in await asyncio.gather(
                    *(self._check(text, check) for check in _applicable_checks(text, checks))
                )
                for detection in result
            ]
            for text in texts
        ]

    def problem_of(self, check: GuardrailsCheck) -> str | None:
        """Why a validator cannot run here, found by importing and creating it; None where it can."""
        try:
            self._validator(check)
        except InvalidCheckError as error:
            return str(error)
        return None

    async def _check(self, text: DetectorInput, check: GuardrailsCheck) -> list[Detection]:
        try:
            validator = await self._calls.run(lambda: self._validator(check), LOADING_S)
            outcome = await self._calls.run(
                lambda: validator.run(text.segment.text, self._timeout_s), self._timeout_s
            )
        except Exception:  # noqa: BLE001 - foreign code; whatever it raises leaves the text unscanned
            return unscanned_detections(check)
        return check_detections(check, check.type, outcome)

    def _validator(self, check: GuardrailsCheck) -> GuardrailsValidator:
        """The validator of a class and arguments; creation is tried once in the life of the process."""
        key = check.model_dump_json(include={"validator", "arguments"})
        if not self._lock.acquire(timeout=LOADING_S):
            raise NotCheckedError
        try:
            made = self._validators[key] if key in self._validators else _create_or_error(check)
            self._validators[key] = made
            self._validators.move_to_end(key)
            if len(self._validators) > MAX_VALIDATORS:
                self._validators.popitem(last=False)
        finally:
            self._lock.release()
        if isinstance(made, InvalidCheckError):
            raise made
        return made


def _create_or_error(check: GuardrailsCheck) -> GuardrailsValidator | InvalidCheckError:
    try:
        return GuardrailsValidator(check)
    except InvalidCheckError as error:
        log.warning("check '%s' cannot run, so texts go unscanned: %s", check.name, error)
        return error


def _applicable_checks(text: DetectorInput, checks: Sequence[GuardrailsCheck]) -> list[GuardrailsCheck]:
    return (
        []
        if text.segment.is_instruction
        else [check for check in checks if applies_to(check, text.segment.direction)]
    )


def _create_validator(check: GuardrailsCheck) -> Any:  # noqa: ANN401 - an object of an untyped library
    named = NAME.fullmatch(check.validator)
    module, name = (named["module"], named["name"]) if named else (None, check.validator)
    try:
        _disable_telemetry()
        validator_class: Any = (
            getattr(importlib.import_module(module), name, None) if module else _find_by_name(name)
        )
    except Exception as error:
        raise InvalidCheckError(
            f"'{check.validator}' cannot be imported: {type(error).__name__}: {error}"
        ) from error
    if validator_class is None:
        raise InvalidCheckError(_not_found_message(module, name))
    needed = list(getattr(validator_class, "required_metadata_keys", ()))
    if needed:
        raise InvalidCheckError(
            f"'{name}' needs metadata with every call ({', '.join(needed)}), which a policy cannot give: "
            "take another validator"
        )
    try:
        return validator_class(on_fail="noop", **check.arguments)
    except Exception as error:
        raise InvalidCheckError(
            f"'{name}' does not take these arguments: {type(error).__name__}: {error}"
        ) from error


def _disable_telemetry() -> None:
    """Switch off the library's usage metrics, traces and remote inference."""
    settings: Any = importlib.import_module("guardrails.settings").settings
    settings.rc.enable_metrics = False
    settings.rc.use_remote_inferencing = False
    settings.disable_tracing = True


def _find_by_name(name: str) -> Any:  # noqa: ANN401 - a class of an untyped library
    """The class of this name that is registered in this process, else the one that the hub installed."""
    registry: Any = importlib.import_module("guardrails.validator_base").validators_registry
    registered = next(
        (known for known in registry.values() if getattr(known, "__name__", None) == name), None
    )
    return registered or getattr(importlib.import_module("guardrails.hub"), name, None)


def _not_found_message(module: str | None, name: str) -> str:
    if module is not None:
        return f"module '{module}' holds no '{name}': write the name of a class that is in it"
    return (
        f"no validator '{name}' is registered or installed: install its package beside {INSTALL!r} "
        "(guardrails-ai-... on the package index), or name it as 'package.module:ClassName'"
    )
