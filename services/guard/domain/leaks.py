"""What an answer gives away: personal data that its request did not hold, and the application's own instructions."""

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schemas.detections import PERSONAL_KINDS
from services.guard.domain.origins import INSTRUCTIONS, blanked, blocks
from services.guard.domain.plain import plain
from services.guard.domain.pseudonyms import DETECTOR as KNOWN
from services.guard.domain.screened import Case, Reading, SeenText, Signal
from services.guard.domain.spans import CERTAIN, Span

DETECTOR = "leak"
NOT_A_PERSON = frozenset({"LOCATION"})
"""Every second answer names a place; alone it says nothing of anybody."""
WORD = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]|[^\W_]+")
"""Letters of scripts without spaces are words of their own."""
PLACEHOLDER = re.compile(r"<[A-Z_]{1,40}_\d{1,9}>|\[[A-Z_]{1,40}\]")
SHORTEST_NUMBER = 6

SHINGLE = 4
LONG_RUN = 12
"""As many words in a row are no accident, unless the user wrote them too."""
SHARE = 0.6
FEWEST_WORDS = 8
"""Shorter instructions are what many answers say by themselves: `You are a helpful assistant`."""
FEWEST_RUN_LETTERS = 40
MOST_CHARS = 200_000
SPELT = re.compile(r"\b\w(?:\W{1,6}\w\b){19,}")
LETTERS_IN_A_ROW = 40
STRIDE = 10


class PersonalLeaks:
    """Personal data in an answer that neither the request nor the guard's own placeholders hold: the model knew it, or made it up."""

    def reread(self, texts: Sequence[SeenText], readings: Sequence[Reading], case: Case) -> list[Reading]:
        """A place for each value; only where a request is known to compare with."""
        if case.direction != "output" or not case.prompt:
            return [Reading() for _ in texts]
        held = _Held([*(message.content for message in case.prompt), *case.known.values()])
        return [Reading(spans=tuple(_leaks(text, reading, held))) for text, reading in zip(texts, readings, strict=True)]


class PromptLeaks:
    """The application's instructions in an answer, whatever case, punctuation and markup they come back in."""

    def read(self, texts: Sequence[SeenText], case: Case) -> list[Reading]:
        """One signal for each text, with 1.0 from where it is a leak and less the less of the instructions is there."""
        instructions = [words_of(_without_documents(message.content)) for message in case.prompt if message.role in INSTRUCTIONS]
        others = [words_of(message.content) for message in case.prompt if message.role not in INSTRUCTIONS]
        if case.direction != "output" or not any(len(words) >= FEWEST_WORDS for words in instructions):
            return [Reading() for _ in texts]
        own = Instructions.of(instructions, others)
        return [Reading(signals=(_signal(own, text),)) for text in texts]


def _signal(own: "Instructions", text: SeenText) -> Signal:
    score = max(own.leak_in(words_of(form)) for form in forms_of(text))
    if score < CERTAIN and own.is_spelt_in(text.plain.text[:MOST_CHARS]):
        score = CERTAIN
    return Signal(DETECTOR, "PROMPT_LEAK", round(score, 4), is_found=score >= CERTAIN)


def _without_documents(text: str) -> str:
    """What an application hands over to be quoted is no secret of its instructions."""
    return blanked(text, blocks(text))


def words_of(text: str) -> list[str]:
    """The words of a text in one case, without marks, markup and placeholders."""
    return WORD.findall(PLACEHOLDER.sub(" ", plain(text).text).casefold())


def forms_of(text: SeenText) -> Iterator[str]:
    """The text as it stands and undisguised, and as it reads where it was reversed or shifted by 13 letters, in any language."""
    seen = text.plain.text[:MOST_CHARS]
    yield seen
    yield from text.variants
    yield seen[::-1]
    yield codecs.encode(seen, "rot13")


@dataclass(frozen=True, slots=True)
class Instructions:
    """The shingles of an application's instructions that nobody else in the conversation wrote, by instruction."""

    each: tuple[frozenset[tuple[str, ...]], ...]
    letters: tuple[str, ...]
    """Each instruction without what stands between its letters."""

    @classmethod
    def of(cls, instructions: Sequence[Sequence[str]], others: Sequence[Sequence[str]]) -> "Instructions":
        """Take the words of the instructions and of what the others wrote."""
        known = {shingle for words in others for shingle in shingles(words)}
        long = [words for words in instructions if len(words) >= FEWEST_WORDS]
        return cls(tuple(frozenset(shingles(words)) - known for words in long), tuple("".join(words) for words in long))

    def is_spelt_in(self, text: str) -> bool:
        """Whether a long piece of them stands there letter by letter."""
        for run in SPELT.finditer(text):
            spelt = "".join(words_of(run.group()))
            pieces = (spelt[start : start + LETTERS_IN_A_ROW] for start in range(0, len(spelt) - LETTERS_IN_A_ROW + 1, STRIDE))
            if any(piece in own for piece in pieces for own in self.letters):
                return True
        return False

    def leak_in(self, words: Sequence[str]) -> float:
        """How near it is to a leak: by the longest run of their words, or by the share of an instruction that is there."""
        given = list(shingles(words))
        whole = frozenset[tuple[str, ...]]().union(*self.each)
        nearest = min(1.0, _longest_run(given, whole) / LONG_RUN)
        seen = set(given) & whole
        for own in self.each:
            if len(own) > FEWEST_WORDS - SHINGLE and seen:
                nearest = max(nearest, min(1.0, len(seen & own) / len(own) / SHARE))
        return nearest


def shingles(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Every few words in a row."""
    return zip(*(words[offset:] for offset in range(SHINGLE)), strict=False)


def _longest_run(given: Sequence[tuple[str, ...]], own: frozenset[tuple[str, ...]]) -> int:
    """Words in the longest row of shingles that the instructions hold; a few letters often are no sentence."""
    longest = start = 0
    for index, shingle in enumerate(given):
        if shingle not in own:
            start = index + 1
        elif index - start + SHINGLE > longest and _letters(given[start : index + 1]) >= FEWEST_RUN_LETTERS * (index - start + SHINGLE) / LONG_RUN:
            longest = index - start + SHINGLE
    return longest


def _letters(run: Sequence[tuple[str, ...]]) -> int:
    return sum(len(shingle[0]) for shingle in run)


class _Held:
    """All words that a request holds, for finding a value in them whatever its spacing and case."""

    def __init__(self, texts: Sequence[str]) -> None:
        known = [words_of(text) for text in texts]
        self._words = "\n".join(f" {' '.join(words)} " for words in known)
        self._joined = "\n".join("".join(words) for words in known)

    def holds(self, value: str) -> bool:
        words = words_of(value)
        if f" {' '.join(words)} " in self._words:
            return True
        joined = "".join(words)
        return len(joined) >= SHORTEST_NUMBER and any(character.isdigit() for character in joined) and joined in self._joined


def _leaks(text: SeenText, reading: Reading, held: _Held) -> Iterator[Span]:
    for span in reading.spans:
        is_personal = span.kind in PERSONAL_KINDS and span.kind not in NOT_A_PERSON and span.detector not in (KNOWN, DETECTOR)
        if is_personal and not held.holds(text.subject.text[span.start : span.end]):
            yield Span(span.start, span.end, "PII_LEAK", span.score, DETECTOR)
