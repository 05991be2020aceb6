"""Signs of prompt injection by phrase, in several languages: a first layer with named signs and a score, no verdict by itself."""

from collections.abc import Sequence
from dataclasses import dataclass

import re2

from services.guard.domain.detection import Detection
from services.guard.domain.injection.patterns_en import ENGLISH_PATTERNS, MARKUP_PATTERNS, InjectionPattern
from services.guard.domain.injection.patterns_multilingual import MULTILINGUAL_PATTERNS
from services.guard.domain.text.homoglyphs import without_marks

DETECTOR = "injection-phrases"
KIND = "PROMPT_INJECTION"
SURE, LIKELY, SUSPECT = 0.9, 0.7, 0.4
DEOBFUSCATED_BONUS = 0.4
"""Beside what a text says undisguised: who hides an order means it."""
QUOTED_FACTOR = 0.45
"""What is left of a sign that stands in quotes in a text that speaks about it."""
MOST_PLACES = 8
BEFORE, AFTER = 160, 80
INJECTION_PATTERNS = (*ENGLISH_PATTERNS, *MARKUP_PATTERNS, *MULTILINGUAL_PATTERNS)
_QUOTES = tuple(
    mark.encode() for mark in ('"', "\u201c", "\u201d", "\u201e", "\u00ab", "\u00bb", "\u300c", "`", " '")
)
_ABOUT = re2.compile(
    rb"\b(?:translat|explain|what (?:does|do|is)|mean(?:s|ing)|example|detect|phrase|sentence|quot|article|paper|blog|attack|injection|regex|grep"
    rb"|filter|classif|ubersetz|erklar|bedeut|traduis|traduc|tradui|signifi|how (?:do|can|to)|why|called|titled|string|log"
    rb"|user (?:typed|wrote|said))"
)


def _needed(needed: Sequence[bytes]) -> re2.Set:
    """All needed words as one automaton: a text is read once for all of them, so most signs cost nothing."""
    words = re2.Set.SearchSet()
    for word in needed:
        words.Add(re2.escape(word.decode()))
    words.Compile()
    return words


_WORDS = sorted({word for one in INJECTION_PATTERNS for word in one.required_words})
_PATTERNS_BY_WORD = [
    [number for number, one in enumerate(INJECTION_PATTERNS) if word in one.required_words] for word in _WORDS
]
_NEEDED = _needed(_WORDS)


@dataclass(frozen=True, slots=True)
class PatternScore:
    """How sure the signs make us, and their names."""

    score: float
    patterns: tuple[str, ...]


def score_injection(text: str) -> tuple[float, tuple[str, ...]]:
    """How sure the signs make us that a plain text attacks (independent signs add up as odds of being missed), and their names."""
    key = without_marks(text.lower()).encode("utf-8", "replace")
    weights: dict[str, float] = {}
    for number in sorted({number for word in _NEEDED.Match(key) or () for number in _PATTERNS_BY_WORD[word]}):
        one = INJECTION_PATTERNS[number]
        if weight := _weight(one, key):
            weights[one.name] = max(weights.get(one.name, 0.0), weight)
    missed = 1.0
    for weight in weights.values():
        missed *= 1.0 - weight
    return round(1.0 - missed, 4), tuple(weights)


def score_with_deobfuscated(plain: str, variants: Sequence[str]) -> PatternScore:
    """The worst of all readings of a text; what shows only without a disguise counts for more."""
    score, names = score_injection(plain)
    for variant in variants:
        found, signs = score_injection(variant)
        if found > score:
            score, names = round(1.0 - (1.0 - found) * (1.0 - DEOBFUSCATED_BONUS), 4), (*signs, "disguised")
    return PatternScore(score, names)


def phrase_score(plain: str, variants: Sequence[str]) -> Detection:
    """The score with the operating points that it reaches, as measured on ordinary texts full of the words that attacks use."""
    score = score_with_deobfuscated(plain, variants).score
    reached = ("fpr_5%", "fpr_1%", "fpr_0.1%")[: (score >= SUSPECT) + (score >= LIKELY) + (score >= SURE)]
    return Detection(KIND, DETECTOR, score, is_found=bool(reached), points=reached, tier="rules")


def _weight(one: InjectionPattern, key: bytes) -> float:
    """The sign's weight, or less where it is only spoken about in all places."""
    weight = 0.0
    for number, match in enumerate(one.pattern.finditer(key)):
        if not _is_mentioned(key, match.start(), match.end()):
            return one.weight
        weight = one.weight * QUOTED_FACTOR
        if number >= MOST_PLACES:
            break
    return weight


def _is_mentioned(key: bytes, start: int, end: int) -> bool:
    """Whether the place stands between quotes, and what comes before speaks about what is quoted."""
    before, after = key[max(0, start - BEFORE) : start], key[end : end + AFTER]
    for quote in _QUOTES:
        opened = before.rfind(quote)
        if opened >= 0 and any(mark.strip() in after.partition(b"\n")[0] for mark in _QUOTES):
            return (
                _ABOUT.search(key[max(0, start - BEFORE) : start - len(before) + opened + 1]) is not None
                or _ABOUT.search(before[:opened]) is not None
            )
    return False
