"""The check that a text is in an expected language; short texts and texts without prose pass."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from schemas.checks import LanguageCheck
from schemas.placeholders import without_placeholders
from services.guard.domain.checks.types import PASSED, CheckedText, CheckResult, InvalidCheckError, Runner

MIN_LETTERS = 20
NOT_PROSE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]{1,200}`|https?://\S{1,2000}", re.DOTALL)
MAX_CHARS = 4_000
"""The rest of a longer text is ignored."""


@dataclass(frozen=True, slots=True)
class LanguageCheckRunner:
    """Expects one of these languages, or, if the list is empty, that of the last user message."""

    expected: frozenset[str]

    def __call__(self, checked: CheckedText) -> CheckResult:
        """Fail where the text is certainly in another language."""
        expected = self.expected or _user_languages(checked)
        if not expected:
            return PASSED
        language = language_of(checked.text.normalised.text, checked)
        return CheckResult(is_failed=language is not None and language not in expected)


def language(check: LanguageCheck) -> LanguageCheckRunner:
    """Compile a language check."""
    if not check.expected and "output" not in check.on:
        raise InvalidCheckError(
            "only an answer has a user message to be compared with: give 'expected', or look at the output"
        )
    return LanguageCheckRunner(frozenset(check.expected))


def language_of(text: str, checked: CheckedText) -> str | None:
    """The language of the prose in a text; None if there is too little of it or it is not certain."""
    prose = without_placeholders(NOT_PROSE.sub(" ", text))[:MAX_CHARS]
    return (
        checked.language_of(prose) if sum(character.isalpha() for character in prose) >= MIN_LETTERS else None
    )


def _user_languages(checked: CheckedText) -> frozenset[str]:
    last = next(
        (message.content for message in reversed(checked.context.prompt) if message.role == "user"), ""
    )
    language = language_of(last, checked)
    return frozenset({language}) if language else frozenset()


RUNNERS: Mapping[str, Callable[[Any], Runner]] = MappingProxyType({"language": language})
