"""A policy's own checks on stored texts: they look at text, so that no stored finding can stand for them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from schemas.policies import AnyCheck, PolicyDocument
from schemas.values import Message
from schemas.verdicts import Direction
from services.guard.domain.origins import subjects_of
from services.guard.domain.policy import Decision
from services.guard.domain.segments import settled
from services.guard.domain.text.normalization import plain
from services.guard.domain.types import Case, Reading, SeenText, Subject
from services.guard.screener import Rules
from weir.policies.replay import Replayed, Result, Stored, effect_of
from weir.policies.stored import Completed, Text

INCOMING: frozenset[Direction] = frozenset({"input", "indirect"})
OUTGOING: frozenset[Direction] = frozenset({"output"})


@dataclass(frozen=True, slots=True)
class Rechecks:
    """Runs the checks by the guard's own detector; where a text is not kept, a check that would act makes the completion unknown."""

    policy: PolicyDocument
    detector: Rules

    def __call__(self, completed: Completed, text: Text | None) -> Sequence[Result]:
        """What the checks lead to on both directions of a completion."""
        again = Replayed(self.policy)
        results: list[Result] = []
        messages = [Message.model_validate(message) for message in text.messages] if text else []
        if completed.input_action:
            case = Case("input", self.policy)
            results += self._of(subjects_of(messages, {}, ()), case, again) if messages else self._missing(INCOMING)
        if completed.output_action:
            case = Case("output", self.policy, prompt=messages)
            answer = [Subject(text.output, "output")] if text and text.output is not None else []
            results += self._of(answer, case, again) if answer else self._missing(OUTGOING)
        return results

    def _of(self, subjects: Sequence[Subject], case: Case, again: Replayed) -> Iterator[Result]:
        texts = [SeenText(subject, plain(subject.text)) for subject in subjects]
        for seen, reading in zip(texts, settled(texts, self.detector.read(texts, case)), strict=True):
            for stored in _stored(reading, seen.subject.direction):
                yield replace(again.of(stored), because=f"{stored.direction} check '{stored.kind}' by {stored.detector}, run again")

    def _missing(self, directions: frozenset[Direction]) -> Iterator[Result]:
        for check in self.policy.checks:
            if directions & set(check.on) and _acts(check, self.policy):
                yield Result("unknown", f"check '{check.name}': the text is not kept")


def _acts(check: AnyCheck, policy: PolicyDocument) -> bool:
    return effect_of(Decision(check.action, check.shadow or policy.shadow)) != "allow"


def _stored(reading: Reading, direction: Direction) -> Iterator[Stored]:
    for span in reading.spans:
        yield Stored(direction, span.detector, span.kind, span.score, is_found=True, points=(), may_be_many=False)
    for signal in reading.signals:
        yield Stored(direction, signal.detector, signal.kind, signal.score, signal.is_found, signal.points, may_be_many=False)
