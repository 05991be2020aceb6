"""Finds texts in languages in which a detector is not verified, so that its silence is not read as safe."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from schemas.detections import UNVERIFIED_LANGUAGE
from services.guard.domain.detection import CERTAIN_SCORE, Detection
from services.guard.domain.language_table import CAPABILITIES, Capability, LanguageTable, language_table
from services.guard.domain.segments import scored_segments
from services.guard.domain.text.prose import is_plain_english, pieces, prose_of
from services.guard.domain.text.scripts import NOT_LATIN, latin_letters, letters_by_script
from services.guard.domain.types import DetectorInput, ScreeningContext

MIN_SCORE = 0.99
"""How sure it must be that a text is in none of the verified languages; a doubtful text passes."""
ENOUGH_LETTERS = 20
"""So many letters of a script are a foreign passage even in a text of another script."""
FEW_LETTERS = 4
"""So many are enough where they are at least half of all letters."""
ENGLISH = "en"
NO_LANGUAGE = "zxx"
"""Under this code a language identifier reports text that is in no language."""

LanguageShares = Callable[[str], Mapping[str, float]]
"""The probability of each language for a text, which add up to 1."""


@dataclass(frozen=True, slots=True)
class _VerifiedLanguages:
    """The languages in which a capability is verified, and their scripts other than Latin."""

    capability: Capability
    languages: frozenset[str]
    scripts: frozenset[str]


class UnverifiedLanguageDetector:
    """Reports for each capability that a direction needs whether a text is in a language below its bar.

    The detection is in the name of the capability's own detector, and about the text as a whole. The script
    decides where it can, else a language identifier, on a bounded part of the text. What the application
    wrote itself is not looked at.
    """

    def __init__(self, shares_of: LanguageShares, table: LanguageTable | None = None) -> None:
        """Take the language identifier, and the table; by default the shipped one."""
        table = table or language_table()
        self._shares_of = shares_of
        self._verified = tuple(
            _VerifiedLanguages(each, table.verified(each.id), table.verified_scripts(each.id))
            for each in CAPABILITIES
        )
        self._knows_english = all(ENGLISH in each.languages for each in self._verified)

    def detect(self, texts: Sequence[DetectorInput], context: ScreeningContext) -> list[Sequence[Detection]]:
        """At most one detection for each capability in each text."""
        del context
        scored = {index for index in scored_segments(texts) if not texts[index].segment.is_instruction}
        return [self._detections(text) if index in scored else () for index, text in enumerate(texts)]

    def _detections(self, text: DetectorInput) -> tuple[Detection, ...]:
        needed = [each for each in self._verified if text.segment.direction in each.capability.directions]
        scores = dict.fromkeys(needed, 0.0)
        for piece in pieces(text.normalised.text):
            if self._knows_english and is_plain_english(piece):
                continue
            for each, score in self._scores(piece, needed):
                scores[each] = max(score, scores[each])
        return tuple(
            Detection(UNVERIFIED_LANGUAGE, each.capability.detector, score, tier="rules")
            for each, score in scores.items()
            if score >= MIN_SCORE
        )

    def _scores(
        self, piece: str, needed: Sequence[_VerifiedLanguages]
    ) -> list[tuple[_VerifiedLanguages, float]]:
        """How sure it is, for each capability, that a piece of text is in none of its languages."""
        scripts = letters_by_script(piece)
        latin = latin_letters(piece) if scripts else 0
        by_script = {each: _is_foreign(scripts, latin, each.scripts) for each in needed}
        if all(by_script.values()):
            return [(each, CERTAIN_SCORE) for each in needed]
        shares = self._shares(piece, sum(scripts.values()), latin)
        return [
            (each, CERTAIN_SCORE if by_script[each] else _share_of_others(shares, each.languages))
            for each in needed
        ]

    def _shares(self, piece: str, others: int, latin: int) -> Mapping[str, float]:
        """The probabilities of the languages of a piece; none if it has too few words."""
        if others > latin:
            return self._shares_of(piece)
        if is_plain_english(piece):
            return {ENGLISH: CERTAIN_SCORE}
        prose = prose_of(NOT_LATIN.sub(" ", piece) if others else piece)
        return self._shares_of(" ".join(prose.words)) if prose.is_enough else {}


def _is_foreign(scripts: Mapping[str, int], latin: int, verified: frozenset[str]) -> bool:
    """Whether enough of a piece is in scripts in which no verified language is written."""
    letters = sum(count for script, count in scripts.items() if script not in verified)
    rest = latin + sum(scripts.values()) - letters
    return letters >= ENOUGH_LETTERS or (letters >= FEW_LETTERS and letters >= rest)


def _share_of_others(shares: Mapping[str, float], verified: frozenset[str]) -> float:
    """The probability of all other languages; 0 where nothing is known."""
    if not shares:
        return 0.0
    known = sum(shares.get(language, 0.0) for language in verified)
    return max(0.0, CERTAIN_SCORE - known - shares.get(NO_LANGUAGE, 0.0))
