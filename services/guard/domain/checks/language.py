"""Whether a text is in the language that it should be in; what is too short, or no prose, is not judged."""

import re
from dataclasses import dataclass

from schemas.policies import LanguageCheck
from services.guard.domain.checks.types import PASSED, CheckedText, CheckResult, InvalidCheckError

MIN_LETTERS = 20
NOT_PROSE = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]{1,200}`|https?://\S{1,2000}|<[A-Z_]{1,40}_\d{1,9}>|\[[A-Z_]{1,40}\]", re.DOTALL
)
MAX_CHARS = 4_000
"""More text makes nothing surer."""


@dataclass(frozen=True, slots=True)
class LanguageCheckRunner:
    """One of these languages, or that of the last user message."""

    expected: frozenset[str]

    def __call__(self, looked: CheckedText) -> CheckResult:
        """Fail where a text is in another language for sure."""
        expected = self.expected or _user_languages(looked)
        if not expected:
            return PASSED
        found = language_of(looked.text.normalised.text, looked)
        return CheckResult(is_failed=found is not None and found not in expected)


def language(check: LanguageCheck) -> LanguageCheckRunner:
    """Compile a language check."""
    if not check.expected and "output" not in check.on:
        raise InvalidCheckError(
            "only an answer has a user message to be compared with: give 'expected', or look at the output"
        )
    return LanguageCheckRunner(frozenset(check.expected))


def language_of(text: str, looked: CheckedText) -> str | None:
    """The language of the prose in a text, or None where there is too little of it."""
    prose = NOT_PROSE.sub(" ", text)[:MAX_CHARS]
    return (
        looked.language_of(prose) if sum(character.isalpha() for character in prose) >= MIN_LETTERS else None
    )


def _user_languages(looked: CheckedText) -> frozenset[str]:
    last = next(
        (message.content for message in reversed(looked.context.prompt) if message.role == "user"), ""
    )
    found = language_of(last, looked)
    return frozenset({found}) if found else frozenset()
