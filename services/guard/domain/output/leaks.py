"""What an answer gives away: personal data that its request did not hold, and the application's own instructions."""

import codecs
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from schemas.detections import PERSONAL_KINDS
from services.guard.domain.detection import CERTAIN_SCORE, Detection
from services.guard.domain.origins import INSTRUCTION_ROLES, blank_documents, document_ranges
from services.guard.domain.redaction import DETECTOR as KNOWN_VALUES
from services.guard.domain.text.normalization import normalise
from services.guard.domain.text.occurrences import values_in_text
from services.guard.domain.types import DetectorInput, ScreeningContext

DETECTOR = "leak"
EXCLUDED_KINDS = frozenset({"LOCATION"})
"""Every second answer names a place; alone it says nothing of anybody."""
Shingle = tuple[str, ...]
WORD = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]|[^\W_]+")
"""Letters of scripts without spaces are words of their own."""
PLACEHOLDER = re.compile(r"<[A-Z_]{1,40}_\d{1,9}>|\[[A-Z_]{1,40}\]")
MIN_NUMBER_CHARS = 6

SHINGLE_WORDS = 4
LONG_RUN_WORDS = 12
"""As many words in a row are no accident, unless the user wrote them too."""
LEAK_SHARE = 0.6
MIN_INSTRUCTION_WORDS = 8
"""Shorter instructions are what many answers say by themselves: `You are a helpful assistant`."""
LONG_RUN_LETTERS = 40
LOW_SCORE = 0.1
BEGINNING_WORDS = 60
"""Attacks get the beginning of instructions, answers quote facts from their midst."""
NEAR_LEAK_SCORE = 0.9
MAX_INSTRUCTIONS = 8
MAX_CHARS = 200_000
SPELT = re.compile(r"\b\w(?:\W{1,6}\w\b){19,}")
SPELT_LETTERS = 40
STRIDE_LETTERS = 10


class PersonalLeakDetector:
    """Personal data in an answer that neither the request nor the guard's own placeholders hold: the model knew it, or made it up."""

    def detect(
        self,
        texts: Sequence[DetectorInput],
        earlier: Sequence[Sequence[Detection]],
        context: ScreeningContext,
    ) -> list[Sequence[Detection]]:
        """A place for each value; only where a request is known to compare with."""
        if context.direction != "output" or not context.prompt:
            return [() for _ in texts]
        held = _RequestWords([*(message.content for message in context.prompt), *context.pseudonyms.values()])
        return [list(_leaks(text, of_text, held)) for text, of_text in zip(texts, earlier, strict=True)]


class PromptLeakDetector:
    """The application's instructions in an answer, whatever case, punctuation and markup they come back in."""

    def detect(self, texts: Sequence[DetectorInput], context: ScreeningContext) -> list[Sequence[Detection]]:
        """One signal for each text, with 1.0 from where it is a leak and less the less of the instructions is there."""
        instructions = [
            words_of(_without_documents(message.content))
            for message in context.prompt
            if message.role in INSTRUCTION_ROLES
        ]
        others = [
            words_of(message.content) for message in context.prompt if message.role not in INSTRUCTION_ROLES
        ]
        if context.direction != "output" or not any(
            len(words) >= MIN_INSTRUCTION_WORDS for words in instructions
        ):
            return [() for _ in texts]
        own = ConversationInstructions.of(instructions, others)
        return [(_prompt_leak(own, text),) for text in texts]


def _prompt_leak(own: "ConversationInstructions", text: DetectorInput) -> Detection:
    score = max(own.leak_in(words_of(form)) for form in leak_forms(text))
    if score < CERTAIN_SCORE and own.is_spelled_out_in(text.normalised.text[:MAX_CHARS]):
        score = CERTAIN_SCORE
    return Detection("PROMPT_LEAK", DETECTOR, round(score, 4), is_found=score >= CERTAIN_SCORE, tier="rules")


def _without_documents(text: str) -> str:
    """What an application hands over to be quoted is no secret of its instructions."""
    return blank_documents(text, document_ranges(text))


def words_of(text: str) -> list[str]:
    """The words of a text in one case, without marks, markup and placeholders."""
    return WORD.findall(PLACEHOLDER.sub(" ", normalise(text).text).casefold())


def leak_forms(text: DetectorInput) -> Iterator[str]:
    """The text as it stands and undisguised, and as it reads where it was reversed or shifted by 13 letters, in any language."""
    seen = text.normalised.text[:MAX_CHARS]
    yield seen
    yield from text.deobfuscated
    yield seen[::-1]
    yield codecs.encode(seen, "rot13")


@dataclass(frozen=True, slots=True)
class InstructionShingles:
    """One instruction's shingles that nobody else in the conversation wrote, those of its beginning, and all its letters in a row."""

    own: frozenset[Shingle]
    first: frozenset[Shingle]
    letters: str

    def leak_in(self, given: Sequence[Shingle], seen: frozenset[Shingle]) -> float:
        """How near it is to a leak: by the share of it that is there, or by the longest run of its words.

        A run from its midst that is little of it may be a fact that it holds to be told: near, and no leak.
        """
        if not self.own or self.own.isdisjoint(seen):
            return 0.0
        share = len(self.own & seen) / len(self.own)
        by_share = (
            min(1.0, share / LEAK_SHARE) if len(self.own) > MIN_INSTRUCTION_WORDS - SHINGLE_WORDS else 0.0
        )
        by_run = _nearness_of_run(given, self.own)
        if (
            by_run == CERTAIN_SCORE
            and share < LOW_SCORE
            and _nearness_of_run(given, self.first) < CERTAIN_SCORE
        ):
            by_run = NEAR_LEAK_SCORE
        return max(by_share, by_run)


@dataclass(frozen=True, slots=True)
class ConversationInstructions:
    """The application's instructions in one conversation."""

    each: tuple[InstructionShingles, ...]

    @classmethod
    def of(
        cls, instructions: Sequence[Sequence[str]], others: Sequence[Sequence[str]]
    ) -> "ConversationInstructions":
        """Take the words of the instructions and of what the others wrote; beyond a few, instructions count as one."""
        known = {shingle for words in others for shingle in shingles(words)}
        rest = [word for words in instructions[MAX_INSTRUCTIONS:] for word in words]
        long = [
            words for words in (*instructions[:MAX_INSTRUCTIONS], rest) if len(words) >= MIN_INSTRUCTION_WORDS
        ]
        return cls(
            tuple(
                InstructionShingles(
                    frozenset(shingles(words)) - known,
                    frozenset(shingles(words[:BEGINNING_WORDS])) - known,
                    "".join(words),
                )
                for words in long
            )
        )

    def leak_in(self, words: Sequence[str]) -> float:
        """How near the words are to a leak of the instruction that they are nearest to."""
        given = list(shingles(words))
        seen = frozenset(given)
        return max((one.leak_in(given, seen) for one in self.each), default=0.0)

    def is_spelled_out_in(self, text: str) -> bool:
        """Whether a long piece of them stands there letter by letter."""
        spelt = ("".join(words_of(run.group())) for run in SPELT.finditer(text))
        pieces = {
            run[start : start + SPELT_LETTERS]
            for run in spelt
            for start in range(0, len(run) - SPELT_LETTERS + 1, STRIDE_LETTERS)
        }
        return bool(pieces) and any(
            one.letters[start : start + SPELT_LETTERS] in pieces
            for one in self.each
            for start in range(len(one.letters) - SPELT_LETTERS + 1)
        )


def shingles(words: Sequence[str]) -> Iterator[Shingle]:
    """Every few words in a row."""
    return zip(*(words[offset:] for offset in range(SHINGLE_WORDS)), strict=False)


def _nearness_of_run(given: Sequence[Shingle], own: frozenset[Shingle]) -> float:
    """By the words and letters in the longest row of shingles that are all there; many words of few letters are no sentence."""
    nearest = 0.0
    words = letters = 0
    for shingle in given:
        if shingle not in own:
            words = letters = 0
            continue
        words, letters = (
            (words + 1, letters + len(shingle[-1])) if words else (SHINGLE_WORDS, sum(map(len, shingle)))
        )
        nearest = max(nearest, min(words / LONG_RUN_WORDS, letters / LONG_RUN_LETTERS))
        if nearest >= CERTAIN_SCORE:
            return CERTAIN_SCORE
    return nearest


class _RequestWords:
    """All words that a request holds, for finding a value in them whatever its spacing and case."""

    def __init__(self, texts: Sequence[str]) -> None:
        known = [words_of(text) for text in texts]
        self._words = "\n".join(f" {' '.join(words)} " for words in known)
        self._joined = "\n".join("".join(words) for words in known)

    def values_held(self, values: Collection[str]) -> set[str]:
        """Which of the values it holds."""
        words = {value: words_of(value) for value in values}
        written = {value: f" {' '.join(each)} " for value, each in words.items()}
        joined = {value: run for value, each in words.items() if _is_number(run := "".join(each))}
        standing = values_in_text(self._words, set(written.values()))
        standing_joined = values_in_text(self._joined, set(joined.values()))
        return {
            value for value in words if written[value] in standing or joined.get(value) in standing_joined
        }


def _is_number(run: str) -> bool:
    """Whether it may be written with other spaces and still be the same."""
    return len(run) >= MIN_NUMBER_CHARS and any(character.isdigit() for character in run)


def _leaks(text: DetectorInput, earlier: Sequence[Detection], held: _RequestWords) -> Iterator[Detection]:
    """The earlier detections of personal data whose values the request does not hold, as leaks."""
    personal = [(each, text.segment.text[each.start : each.end]) for each in earlier if _is_personal(each)]
    known = held.values_held({value for _, value in personal})
    yield from (
        Detection("PII_LEAK", DETECTOR, each.score, each.span)
        for each, value in personal
        if value not in known
    )


def _is_personal(detection: Detection) -> bool:
    return (
        detection.span is not None
        and detection.kind in PERSONAL_KINDS
        and detection.kind not in EXCLUDED_KINDS
        and detection.detector not in (KNOWN_VALUES, DETECTOR)
    )
