"""The checks by pattern and phrase; RE2 runs them, so that each costs linear time."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType
from typing import Any

import re2

from schemas.checks import DisclaimerCheck, RegexCheck, TopicsCheck
from services.guard.domain.checks.types import (
    FAILED,
    PASSED,
    CheckedText,
    CheckResult,
    InvalidCheckError,
    Runner,
)
from services.guard.domain.detection import Span
from services.guard.domain.text.normalization import NormalisedText, normalise

MAX_SPANS = 200
"""A text with more spans is masked as a whole, since each span takes a search of its own."""
MEMORY_BYTES = 16 << 20
PHRASES_MEMORY_BYTES = 64 << 20
SYNTAX = "https://github.com/google/re2/wiki/Syntax"
LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
WITHOUT_SPACES = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
)
"""Letters of scripts without spaces between words, whose phrases match anywhere."""
BETWEEN_WORDS = r"[\s_-]+"
"""Normalised texts hold no other spaces."""
EDGE = r"[^\p{L}\p{N}\p{M}_]"
ENDING = r"(?:['\x{2019}]?s|['\x{2019}])?"
ANY_CHARACTER = "\ue000"

RE2_ALTERNATIVES = (
    (
        "(?=",
        (
            "RE2 has no look-ahead: match what must be there, "
            "and use a second check (or 'must_match') for what must not"
        ),
    ),
    (
        "(?!",
        (
            "RE2 has no look-ahead: match what must not be there, "
            "and use a second check with 'must_match' for what must"
        ),
    ),
    ("(?<", "RE2 has no look-behind: put what stands before into the pattern"),
    ("(?>", "RE2 needs no atomic groups, it never goes back: write (?:...)"),
    ("(?(", "RE2 has no conditions: write both cases as alternatives"),
    ("invalid escape sequence: \\Z", "the end of the text is \\z in RE2"),
    ("invalid repetition size", "RE2 repeats at most 1000 times: use * or +, or a length check"),
    ("bad repetition operator", "RE2 needs no possessive repeats, it never goes back: write one repeat"),
    ("too large", "shorten it, or repeat less"),
)


class Re2Pattern:
    """A pattern that RE2 compiled; offsets are characters."""

    __slots__ = ("_pattern",)

    def __init__(self, source: str, memory_bytes: int = MEMORY_BYTES) -> None:
        """Raise InvalidCheckError, whose message explains the fix, for a pattern that RE2 rejects."""
        options = re2.Options()
        options.log_errors = False
        options.max_mem = memory_bytes
        try:
            self._pattern = re2.compile(LONE_SURROGATE.sub("\ufffd", source), options)
        except re2.error as error:
            raise InvalidCheckError(_explanation(error.args)) from error

    def matches(self, text: str) -> bool:
        """Whether it matches anywhere in the text."""
        return self._pattern.search(_encodable(text)) is not None

    def spans(self, text: str, group: int = 0) -> Iterator[Span]:
        """The non-empty spans of a group; each search starts at the end of the last group."""
        known, position = _encodable(text), 0
        while (match := self._pattern.search(known, position)) is not None:
            start, end = match.span(group)
            if end > start:
                yield Span(start, end)
            position = max(end, position + 1)
            if position > len(known):
                return


@dataclass(frozen=True, slots=True)
class RegexCheckRunner:
    """Searches a pattern in the original and in the normalised text."""

    pattern: Re2Pattern
    must_match: bool
    reports_spans: bool

    def __call__(self, checked: CheckedText) -> CheckResult:
        """Fail where the pattern matches, or where it must match and does not."""
        text = checked.text
        forms = (
            [text.normalised]
            if text.normalised.text == text.segment.text
            else [text.normalised, identity_normalisation(text.segment.text)]
        )
        is_found = any(self.pattern.matches(form.text) for form in forms)
        if is_found == self.must_match:
            return PASSED
        return CheckResult(
            is_failed=True,
            spans=_limited(_original_spans(self.pattern, forms)) if self.reports_spans and is_found else (),
        )


def identity_normalisation(text: str) -> NormalisedText:
    """Wrap the text in a NormalisedText without changing it."""
    return NormalisedText(text, range(len(text)), range(1, len(text) + 1))


def regex(check: RegexCheck) -> RegexCheckRunner:
    """Compile a regex check."""
    pattern = Re2Pattern(check.pattern)
    if pattern.matches(ANY_CHARACTER) and not any(pattern.spans(ANY_CHARACTER)):
        raise InvalidCheckError(
            "the pattern matches nothing at all in every text: "
            "say what it must find (write + where you wrote *)"
        )
    return RegexCheckRunner(pattern, check.must_match, reports_spans=check.action == "mask")


@dataclass(frozen=True, slots=True)
class PhraseMatcher:
    """Matches phrases as whole words, in any case, also with a plural or possessive s."""

    patterns: tuple[Re2Pattern, ...]
    """Group 1 of each is the phrase."""

    def finds(self, text: str) -> bool:
        """Whether a normalised text holds one of them."""
        return any(pattern.matches(text) for pattern in self.patterns)

    def spans(self, text: NormalisedText) -> Iterator[Span]:
        """Their spans in the original."""
        return chain.from_iterable(_original_spans(pattern, [text], group=1) for pattern in self.patterns)


@dataclass(frozen=True, slots=True)
class TopicsCheckRunner:
    """Phrases that a text must not contain."""

    phrases: PhraseMatcher
    reports_spans: bool

    def __call__(self, checked: CheckedText) -> CheckResult:
        """Fail where the text holds one; a phrase only in the deobfuscated text fails the text as a whole."""
        if not self.phrases.finds(checked.text.normalised.text):
            return (
                FAILED
                if any(self.phrases.finds(variant) for variant in checked.text.deobfuscated)
                else PASSED
            )
        return CheckResult(
            is_failed=True,
            spans=_limited(self.phrases.spans(checked.text.normalised)) if self.reports_spans else (),
        )


def topics(check: TopicsCheck) -> TopicsCheckRunner:
    """Compile a topics check."""
    return TopicsCheckRunner(phrases_of(check.phrases), reports_spans=check.action == "mask")


@dataclass(frozen=True, slots=True)
class DisclaimerCheckRunner:
    """Sentences of which a text must contain one; case and line breaks are ignored."""

    any_of: tuple[str, ...]
    when: PhraseMatcher | None

    def __call__(self, checked: CheckedText) -> CheckResult:
        """Fail if no sentence of `any_of` is in the text, and `when` is None or one of its phrases is."""
        text = checked.text.normalised.text
        if self.when is not None and not self.when.finds(text):
            return PASSED
        flat = casefolded_single_spaced(text)
        return PASSED if any(phrase in flat for phrase in self.any_of) else FAILED


def disclaimer(check: DisclaimerCheck) -> DisclaimerCheckRunner:
    """Compile a disclaimer check."""
    phrases = tuple(casefolded_single_spaced(normalise(phrase).text) for phrase in check.any_of)
    if not all(phrases):
        raise InvalidCheckError(
            "a phrase of 'any_of' holds no character that can be seen, "
            "so every text has it: write the sentence"
        )
    return DisclaimerCheckRunner(phrases, phrases_of(check.when) if check.when else None)


def casefolded_single_spaced(text: str) -> str:
    """The text casefolded and with single spaces."""
    return " ".join(text.casefold().split())


def phrases_of(phrases: Iterable[str]) -> PhraseMatcher:
    """Compile one pattern for phrases with spaces between words and one for others, longer phrases first."""
    known = sorted(
        {" ".join(normalise(phrase).text.split()) for phrase in phrases},
        key=lambda phrase: (-len(phrase), phrase),
    )
    if not all(any(character.isalnum() for character in phrase) for phrase in known):
        raise InvalidCheckError("a phrase holds no letter and no digit: write a word, or use a regex check")
    spaced = [_as_pattern(phrase) + ENDING for phrase in known if not WITHOUT_SPACES.search(phrase)]
    unspaced = [_as_pattern(phrase) for phrase in known if WITHOUT_SPACES.search(phrase)]
    sources = [f"(?i)(?:^|{EDGE})({'|'.join(spaced)})(?:$|{EDGE})"] if spaced else []
    sources += [f"(?i)({'|'.join(unspaced)})"] if unspaced else []
    return PhraseMatcher(tuple(Re2Pattern(source, PHRASES_MEMORY_BYTES) for source in sources))


def _as_pattern(phrase: str) -> str:
    return BETWEEN_WORDS.join(re2.escape(word) for word in LONE_SURROGATE.sub("\ufffd", phrase).split())


def _original_spans(pattern: Re2Pattern, forms: Iterable[NormalisedText], group: int = 0) -> Iterator[Span]:
    return (
        Span(*form.original_span(start, end))
        for form in forms
        for start, end in pattern.spans(form.text, group)
    )


def _limited(spans: Iterator[Span]) -> tuple[Span, ...]:
    """The distinct spans in order, or none where there are more than MAX_SPANS."""
    limited: list[Span] = []
    for span in spans:
        limited.append(span)
        if len(limited) > MAX_SPANS:
            return ()
    return tuple(sorted(set(limited)))


def _encodable(text: str) -> str:
    """The text with lone surrogates, which UTF-8 cannot encode, replaced by one character each."""
    return text if text.isascii() else LONE_SURROGATE.sub("\ufffd", text)


def _explanation(arguments: tuple[object, ...]) -> str:
    raw = arguments[0] if arguments else ""
    message = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
    if re.search(r"invalid escape sequence: \\[1-9]", message):
        return f"the pattern cannot run: {message}; RE2 has no back-references: write out what may repeat"
    remedy = next((way for sign, way in RE2_ALTERNATIVES if sign in message), f"RE2's syntax: {SYNTAX}")
    return f"the pattern cannot run: {message}; {remedy}"


RUNNERS: Mapping[str, Callable[[Any], Runner]] = MappingProxyType(
    {"regex": regex, "topics": topics, "disclaimer": disclaimer}
)
