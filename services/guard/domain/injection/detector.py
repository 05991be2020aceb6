"""Scores texts by injection patterns in several languages; the cheapest of the injection detectors."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import re2

from services.guard.domain.detection import PROMPT_INJECTION, Detection
from services.guard.domain.injection.ownership import (
    OWNED_PATTERNS,
    is_concept_question,
    ownership_factor,
)
from services.guard.domain.injection.pattern import InjectionPattern, PatternMatch
from services.guard.domain.injection.patterns_closed import CLOSED_PATTERNS
from services.guard.domain.injection.patterns_en import ENGLISH_PATTERNS, MARKUP_PATTERNS
from services.guard.domain.injection.patterns_machine import MACHINE_PATTERNS
from services.guard.domain.injection.patterns_multilingual import MULTILINGUAL_PATTERNS
from services.guard.domain.injection.patterns_orders import ORDER_PATTERNS
from services.guard.domain.text.homoglyphs import without_marks

DETECTOR = "injection-phrases"
SURE, LIKELY, SUSPECT = 0.9, 0.7, 0.4
DEOBFUSCATED_BONUS = 0.4
"""For a score that only a deobfuscated variant reaches, since a disguise is intentional."""
QUOTED_FACTOR = 0.4
"""Multiplies the weight of a pattern that matches only in quotes, in a text about the quote."""
HARMLESS_SCORE = 0.1
"""Of a question about prompts in general; a score above 0 and below SUSPECT speaks against an attack."""
MAX_WEAK_MATCHES = 32
"""Matches of one pattern that are quoted or about others, after which no further one is looked at."""
WINDOW_BYTES = 200
"""Before and after the strongest phrase that the classifier reads apart from a long text around it."""
MIN_LONG_CHARS = 3 * WINDOW_BYTES
"""From which on a phrase is read apart."""
MAX_BEFORE_BYTES, MAX_AFTER_BYTES = 160, 80
"""Around a match, in which quotes are searched."""
INJECTION_PATTERNS = (
    *ENGLISH_PATTERNS,
    *MARKUP_PATTERNS,
    *MULTILINGUAL_PATTERNS,
    *MACHINE_PATTERNS,
    *ORDER_PATTERNS,
    *CLOSED_PATTERNS,
)
_QUOTES = tuple(
    mark.encode()
    for mark in ('"', "('", "='", "\u201c", "\u201d", "\u201e", "\u00ab", "\u00bb", "\u300c", "`", " '")
)
_MENTION = re2.compile(
    rb"\b(?:translat|explain|what (?:does|do|is)|mean(?:s|ing)|example|detect|phrase|sentence|quot|article"
    rb"|paper|blog|attack|injection|regex|grep"
    rb"|filter|classif|ubersetz|erklar|bedeut|traduis|traduc|tradui|signifi|how (?:do|can|to)|why|called"
    rb"|titled|string|log|assert|expect|scanner|is_\w{0,12}attack|markers?"
    rb"|user (?:typed|wrote|said))"
)


def _substring_automaton(substrings: Sequence[bytes]) -> re2.Set:
    """One automaton for all substrings, so that one pass over a text shows which patterns can match."""
    automaton = re2.Set.SearchSet()
    for substring in substrings:
        automaton.Add(re2.escape(substring.decode()))
    automaton.Compile()
    return automaton


_REQUIRED_WORDS = sorted({word for pattern in INJECTION_PATTERNS for word in pattern.required_words})
_PATTERNS_BY_WORD = [
    [index for index, pattern in enumerate(INJECTION_PATTERNS) if word in pattern.required_words]
    for word in _REQUIRED_WORDS
]
_AUTOMATON = _substring_automaton(_REQUIRED_WORDS)


@dataclass(frozen=True, slots=True)
class PatternScore:
    """The combined score of the matched patterns, and their names."""

    score: float
    patterns: tuple[str, ...]


def score_injection(text: str) -> tuple[float, tuple[str, ...]]:
    """The score of a normalised text and the names of the patterns that match.

    The score is 1 minus the product of (1 - weight) over the names: each match is independent evidence.
    """
    key = _key(text)
    weights: dict[str, float] = {}
    for pattern in _candidates(key):
        weight, _ = _strongest_match(pattern, key)
        if weight:
            weights[pattern.name] = max(weights.get(pattern.name, 0.0), weight)
    remainder = 1.0
    for weight in weights.values():
        remainder *= 1.0 - weight
    return round(1.0 - remainder, 4), tuple(weights)


def score_with_deobfuscated(normalised: str, variants: Sequence[str]) -> PatternScore:
    """The highest score of a text and its variants; variants that score higher get a bonus."""
    score, names = score_injection(normalised)
    for variant in variants:
        variant_score, variant_names = score_injection(variant)
        if variant_score > score:
            score = round(1.0 - (1.0 - variant_score) * (1.0 - DEOBFUSCATED_BONUS), 4)
            names = (*variant_names, "disguised")
    return PatternScore(score, names)


def phrase_score(normalised: str, variants: Sequence[str]) -> Detection:
    """The score with the operating points that it reaches, measured on ordinary texts with attack words."""
    score = score_with_deobfuscated(normalised, variants).score
    if not score and is_concept_question(normalised):
        score = HARMLESS_SCORE
    points = [
        point
        for point, threshold in (("fpr_5%", SUSPECT), ("fpr_1%", LIKELY), ("fpr_0.1%", SURE))
        if score >= threshold
    ]
    return Detection(
        PROMPT_INJECTION, DETECTOR, score, is_found=bool(points), points=tuple(points), tier="rules"
    )


def phrase_window(normalised: str) -> str:
    """The sentences around the strongest phrase of a long text; empty where the text is short or has none.

    A classifier that reads an attack between ordinary paragraphs takes all of it for ordinary.
    """
    if len(normalised) < MIN_LONG_CHARS:
        return ""
    key = _key(normalised)
    strongest, place = SUSPECT, None
    for pattern in _candidates(key):
        weight, match = _strongest_match(pattern, key)
        if weight >= strongest:
            strongest, place = weight, match
    if place is None:
        return ""
    window = key[max(0, place.start() - WINDOW_BYTES) : place.end() + WINDOW_BYTES]
    return window.decode("utf-8", "ignore")


def _key(text: str) -> bytes:
    """The text as patterns read it: in lower case, without accents."""
    return without_marks(text.lower()).encode("utf-8", "replace")


def _candidates(key: bytes) -> Iterator[InjectionPattern]:
    """The patterns of which a required word occurs, in their order."""
    indexes = {index for word in _AUTOMATON.Match(key) or () for index in _PATTERNS_BY_WORD[word]}
    return (INJECTION_PATTERNS[index] for index in sorted(indexes))


def _strongest_match(pattern: InjectionPattern, key: bytes) -> tuple[float, PatternMatch | None]:
    """The match of the highest weight, and the weight: less for one that is quoted or about others."""
    strongest, place, is_owned = 0.0, None, pattern.name in OWNED_PATTERNS and not pattern.names_owner
    for index, match in enumerate(pattern.pattern.finditer(key)):
        factor = ownership_factor(key, match.start(), match.end()) if is_owned else 1.0
        if _is_mentioned(key, match.start(), match.end()):
            factor = min(factor, QUOTED_FACTOR)
        if pattern.weight * factor > strongest:
            strongest, place = pattern.weight * factor, match
        if strongest == pattern.weight or index >= MAX_WEAK_MATCHES:
            break
    return strongest, place


def _is_mentioned(key: bytes, start: int, end: int) -> bool:
    """Whether the match is inside quotes and the text before it talks about what is quoted."""
    before_start = max(0, start - MAX_BEFORE_BYTES)
    before, after = key[before_start:start], key[end : end + MAX_AFTER_BYTES]
    rest_of_line = after.partition(b"\n")[0]
    for quote in _QUOTES:
        opening = before.rfind(quote)
        if opening >= 0 and any(mark.strip() in rest_of_line for mark in _QUOTES):
            return _MENTION.search(before[: opening + 1]) is not None
    return False
