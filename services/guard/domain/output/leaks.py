"""Detects leaks in answers: personal data that the request did not hold, and instructions."""

import codecs
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from schemas.detections import PERSONAL_KINDS
from schemas.placeholders import without_placeholders
from services.guard.domain.detection import CERTAIN_SCORE, Detection
from services.guard.domain.origins import INSTRUCTION_ROLES, blank_documents, document_ranges
from services.guard.domain.redaction import DETECTOR as KNOWN_VALUES
from services.guard.domain.text.normalization import normalise
from services.guard.domain.text.occurrences import values_in_text
from services.guard.domain.types import DetectorInput, ScreeningContext

DETECTOR = "leak"
EXCLUDED_KINDS = frozenset({"LOCATION"})
"""Personal kinds that are no leak: many answers name places."""
Shingle = tuple[str, ...]
WORD = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]|[^\W_]+")
"""Words; in scripts without spaces each letter is one."""
MIN_NUMBER_CHARS = 6

SHINGLE_WORDS = 4
LONG_RUN_WORDS = 12
"""So many words in a row are a leak, unless the user wrote them too."""
LEAK_SHARE = 0.6
MIN_INSTRUCTION_WORDS = 8
"""Shorter instructions, such as `You are a helpful assistant`, occur in answers by chance."""
LONG_RUN_LETTERS = 40
LOW_SCORE = 0.1
BEGINNING_WORDS = 60
"""Words at the start of instructions, which attacks get; answers quote facts from later ones."""
NEAR_LEAK_SCORE = 0.9
MAX_INSTRUCTIONS = 8
MAX_CHARS = 200_000
SPELT = re.compile(r"\b\w(?:\W{1,6}\w\b){19,}")
SPELT_LETTERS = 40
STRIDE_LETTERS = 10


class PersonalLeakDetector:
    """Detects personal data in an answer that neither the request nor its pseudonyms hold."""

    def detect(
        self,
        texts: Sequence[DetectorInput],
        earlier: Sequence[Sequence[Detection]],
        context: ScreeningContext,
    ) -> list[Sequence[Detection]]:
        """A span for each value; none where the request is not known."""
        if context.direction != "output" or not context.prompt:
            return [() for _ in texts]
        held = _RequestWords([*(message.content for message in context.prompt), *context.pseudonyms.values()])
        return [list(_leaks(text, of_text, held)) for text, of_text in zip(texts, earlier, strict=True)]


class PromptLeakDetector:
    """Detects the application's instructions in an answer; case, punctuation and markup are ignored."""

    def detect(self, texts: Sequence[DetectorInput], context: ScreeningContext) -> list[Sequence[Detection]]:
        """One score for each text: 1.0 for a leak, lower the less of the instructions it holds."""
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
    """Instructions without the documents in them, which answers may quote."""
    return blank_documents(text, document_ranges(text))


def words_of(text: str) -> list[str]:
    """The casefolded words of a text, without punctuation, markup, placeholders and masks."""
    return WORD.findall(without_placeholders(normalise(text).text).casefold())


def leak_forms(text: DetectorInput) -> Iterator[str]:
    """The normalised and deobfuscated text, and the text reversed and in ROT13."""
    normalised = text.normalised.text[:MAX_CHARS]
    yield normalised
    yield from text.deobfuscated
    yield normalised[::-1]
    yield codecs.encode(normalised, "rot13")


@dataclass(frozen=True, slots=True)
class InstructionShingles:
    """The shingles of an instruction that no other message holds, of its beginning, and its letters."""

    own: frozenset[Shingle]
    first: frozenset[Shingle]
    letters: str

    def leak_in(self, answer: Sequence[Shingle], distinct: frozenset[Shingle]) -> float:
        """The score of a leak, by the share of its shingles in the answer or by the longest run of its words.

        A long run that is a small share and not from the beginning may be a quoted fact: it scores lower.
        """
        if not self.own or self.own.isdisjoint(distinct):
            return 0.0
        share = len(self.own & distinct) / len(self.own)
        by_share = (
            min(1.0, share / LEAK_SHARE) if len(self.own) > MIN_INSTRUCTION_WORDS - SHINGLE_WORDS else 0.0
        )
        by_run = _score_of_run(answer, self.own)
        if (
            by_run == CERTAIN_SCORE
            and share < LOW_SCORE
            and _score_of_run(answer, self.first) < CERTAIN_SCORE
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
        """Take the words of instructions and other messages; beyond a limit, instructions count as one."""
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
        """The highest score of a leak of one of the instructions in these words."""
        answer = list(shingles(words))
        distinct = frozenset(answer)
        return max((instruction.leak_in(answer, distinct) for instruction in self.each), default=0.0)

    def is_spelled_out_in(self, text: str) -> bool:
        """Whether the text spells out a long piece of them letter by letter."""
        spelt = ("".join(words_of(run.group())) for run in SPELT.finditer(text))
        pieces = {
            run[start : start + SPELT_LETTERS]
            for run in spelt
            for start in range(0, len(run) - SPELT_LETTERS + 1, STRIDE_LETTERS)
        }
        return bool(pieces) and any(
            instruction.letters[start : start + SPELT_LETTERS] in pieces
            for instruction in self.each
            for start in range(len(instruction.letters) - SPELT_LETTERS + 1)
        )


def shingles(words: Sequence[str]) -> Iterator[Shingle]:
    """All runs of SHINGLE_WORDS words."""
    return zip(*(words[offset:] for offset in range(SHINGLE_WORDS)), strict=False)


def _score_of_run(given: Sequence[Shingle], own: frozenset[Shingle]) -> float:
    """The score of the longest run of own shingles, by its number of words and of letters."""
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
    """The words of a request, in which values are found regardless of spacing and case."""

    def __init__(self, texts: Sequence[str]) -> None:
        known = [words_of(text) for text in texts]
        self._words = "\n".join(f" {' '.join(words)} " for words in known)
        self._joined = "\n".join("".join(words) for words in known)

    def values_contained(self, values: Collection[str]) -> set[str]:
        """Those of the values that the request holds."""
        words = {value: words_of(value) for value in values}
        written = {value: f" {' '.join(each)} " for value, each in words.items()}
        joined = {value: run for value, each in words.items() if _is_number(run := "".join(each))}
        standing = values_in_text(self._words, set(written.values()))
        standing_joined = values_in_text(self._joined, set(joined.values()))
        return {
            value for value in words if written[value] in standing or joined.get(value) in standing_joined
        }


def _is_number(run: str) -> bool:
    """Whether a value is a number, which may be written with other spaces."""
    return len(run) >= MIN_NUMBER_CHARS and any(character.isdigit() for character in run)


def _leaks(text: DetectorInput, earlier: Sequence[Detection], held: _RequestWords) -> Iterator[Detection]:
    """The earlier detections of personal data whose values the request does not hold, as leaks."""
    personal = [(each, text.segment.text[each.start : each.end]) for each in earlier if _is_personal(each)]
    known = held.values_contained({value for _, value in personal})
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
