"""The length that a text must have, in characters or words."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from schemas.checks import LengthCheck
from services.guard.domain.checks.types import CheckedText, CheckResult, InvalidCheckError, Runner

WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class LengthCheckRunner:
    """Bounds the characters or words of a text."""

    check: LengthCheck

    def __call__(self, checked: CheckedText) -> CheckResult:
        """Fail where the length is outside of the bounds."""
        count = (
            len(checked.message_text)
            if self.check.unit == "characters"
            else sum(1 for _ in WORD.finditer(checked.message_text))
        )
        return CheckResult(
            is_failed=count < self.check.at_least
            or (self.check.at_most is not None and count > self.check.at_most)
        )


def length(check: LengthCheck) -> LengthCheckRunner:
    """Compile a length check; raises InvalidCheckError for bounds that every text or no text meets."""
    if check.at_most is None and not check.at_least:
        raise InvalidCheckError("it lets every text pass: give 'at_least' or 'at_most'")
    if check.at_most is not None and check.at_most < check.at_least:
        raise InvalidCheckError(
            f"no text has at least {check.at_least} and at most {check.at_most} {check.unit}: exchange them"
        )
    return LengthCheckRunner(check)


RUNNERS: Mapping[str, Callable[[Any], Runner]] = MappingProxyType({"length": length})
