"""A policy against what was done: every stored completion decided again, and counted where it differs."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

from schemas.checks import is_check_type
from schemas.policies import PolicyDocument
from weir.policies.replay import Effect, FindingReplay, ReplayedDecision, completion_effect, verdict_effect
from weir.policies.stored import (
    AppliedFinding,
    ScoringModels,
    StoredCompletion,
    StoredText,
    finding_of,
    names_of,
)

EffectChange = Literal[
    "newly blocked", "no longer blocked", "newly modified", "no longer modified", "unknown"
]
CHANGES: tuple[EffectChange, ...] = get_args(EffectChange)
ATTACKS = frozenset({"should-block", "attack"})
HARMLESS = frozenset({"should-pass", "false-positive"})
CUT_SHORT = "it was blocked before all models were asked, so that their scores are missing"
MOST_REMEMBERED = 200_000
Rechecked = Callable[[StoredCompletion, StoredText | None], Sequence[ReplayedDecision]]
"""What the policy's own checks lead to on stored texts."""


class ChangedCompletion(NamedTuple):
    """A completion that is decided otherwise."""

    completed: StoredCompletion
    causes: tuple[str, ...]


@dataclass(slots=True)
class ConfusionMatrix:
    """How blocking agrees with what people said."""

    caught: int = 0
    missed: int = 0
    wrongly: int = 0
    rightly_passed: int = 0
    unknown: int = 0

    def count(self, effect: Effect, *, is_attack: bool) -> None:
        """Add one completion that somebody judged."""
        if effect == "unknown":
            self.unknown += 1
        elif effect == "block":
            self.caught, self.wrongly = self.caught + is_attack, self.wrongly + (not is_attack)
        else:
            self.missed, self.rightly_passed = self.missed + is_attack, self.rightly_passed + (not is_attack)

    @property
    def precision(self) -> float | None:
        """Of what is blocked, the share that people wanted blocked."""
        return self.caught / blocked if (blocked := self.caught + self.wrongly) else None

    @property
    def recall(self) -> float | None:
        """Of what people wanted blocked, the share that is."""
        return self.caught / attacks if (attacks := self.caught + self.missed) else None


@dataclass(slots=True)
class BacktestTotals:
    """What differs, by tenant and by cause; examples of it."""

    completions: int = 0
    decided: Counter[tuple[Effect, Effect]] = field(default_factory=Counter[tuple[Effect, Effect]])
    """Before and after to how many."""
    by_tenant: Counter[tuple[str, EffectChange]] = field(default_factory=Counter[tuple[str, EffectChange]])
    by_cause: Counter[tuple[EffectChange, str]] = field(default_factory=Counter[tuple[EffectChange, str]])
    examples: dict[EffectChange, list[ChangedCompletion]] = field(
        default_factory=dict[EffectChange, list[ChangedCompletion]]
    )
    before: ConfusionMatrix = field(default_factory=ConfusionMatrix)
    after: ConfusionMatrix = field(default_factory=ConfusionMatrix)

    @property
    def changes(self) -> Counter[EffectChange]:
        """How many of each."""
        found: Counter[EffectChange] = Counter()
        for (_, change), count in self.by_tenant.items():
            found[change] += count
        return found


class Backtest:
    """Takes completions one by one; memory grows with what differs by kind, not with how many there are."""

    def __init__(
        self,
        policy: PolicyDocument,
        scoring: ScoringModels,
        labels: Mapping[str, frozenset[str]],
        examples: int,
        rechecked: Rechecked | None = None,
    ) -> None:
        """Take the new policy, which models score, what people said, how many examples to keep, and what runs checks again."""
        self.tally = BacktestTotals()
        self._replayed = FindingReplay(policy)
        self._expected = _expected(self._replayed, scoring)
        self._labels = labels
        self._examples = examples
        self._rechecked = rechecked
        self._found: dict[str, AppliedFinding] = {}
        self._asked: dict[str, frozenset[str]] = {}

    def take(self, completed: StoredCompletion, text: StoredText | None = None) -> None:
        """Decide one completion again and count it."""
        found = [
            one for one in map(self._finding, completed.findings) if not is_check_type(one.stored.detector)
        ]
        results = [self._replayed.of(one.stored) for one in found]
        more = self._rechecked(completed, text) if self._rechecked else ()
        cut = (
            self._is_cut_short(completed.input_action, completed.input_models, self._expected[0]),
            self._is_cut_short(completed.output_action, completed.output_models, self._expected[1]),
        )
        before = completion_effect([_effect(completed.input_action), _effect(completed.output_action)])
        after = verdict_effect([*results, *more], is_cut_short=any(cut))
        tally = self.tally
        tally.completions += 1
        tally.decided[before, after] += 1
        self._judge(completed.record, before, after)
        change = _change(before, after)
        if change is None:
            return
        tally.by_tenant[completed.tenant, change] += 1
        causes = tuple(dict.fromkeys(self._causes(change, completed, zip(found, results, strict=True), more)))
        if change == "unknown" and any(cut):
            causes = (CUT_SHORT, *causes)
        for cause in causes:
            tally.by_cause[change, cause] += 1
        if len(kept := tally.examples.setdefault(change, [])) < self._examples:
            kept.append(ChangedCompletion(completed, causes))

    def _finding(self, text: str) -> AppliedFinding:
        known = self._found.get(text)
        if known is None:
            if len(self._found) >= MOST_REMEMBERED:
                self._found.clear()
            known = self._found[text] = finding_of(text)
        return known

    def _is_cut_short(self, action: str, models: str, expected: frozenset[str]) -> bool:
        if action != "block":
            return False
        asked = self._asked.get(models)
        if asked is None:
            asked = self._asked[models] = names_of(models.split(","))
        return not expected <= asked

    def _causes(
        self,
        change: EffectChange,
        completed: StoredCompletion,
        found: Iterator[tuple[AppliedFinding, ReplayedDecision]],
        more: Sequence[ReplayedDecision],
    ) -> Iterator[str]:
        """What led to it: the new rules, or what blocked before."""
        if change == "no longer blocked":
            was = [one for one in map(self._finding, completed.findings) if one.was_blocked]
            yield from (f"was {_named(one)}" for one in was)
            return
        wanted = {"newly blocked": "block", "newly modified": "modify", "unknown": "unknown"}.get(change)
        yield from (f"{_named(one)} ({result.because})" for one, result in found if result.effect == wanted)
        yield from (result.because for result in more if result.effect == wanted)

    def _judge(self, record: str, before: Effect, after: Effect) -> None:
        said = self._labels.get(record)
        if not said or (is_attack := bool(said & ATTACKS)) == bool(said & HARMLESS):
            return
        self.tally.before.count(before, is_attack=is_attack)
        self.tally.after.count(after, is_attack=is_attack)


def _expected(replayed: FindingReplay, scoring: ScoringModels) -> tuple[frozenset[str], frozenset[str]]:
    """The models that must have scored requests and answers: none where the policy does nothing about what they find."""
    acting = {
        direction == "output"
        for direction, detector, kind in scoring.signals
        if replayed.may_act(direction, detector, kind)
    }
    return (
        scoring.requests if False in acting else frozenset(),
        scoring.answers if True in acting else frozenset(),
    )


def _named(found: AppliedFinding) -> str:
    return f"{found.stored.direction} {found.stored.kind} by {found.stored.detector}"


def _effect(action: str) -> Effect:
    match action:
        case "block" | "modify":
            return action
        case _:
            return "allow"


def _change(before: Effect, after: Effect) -> EffectChange | None:
    if before == after:
        return None
    if after == "unknown":
        return "unknown"
    if "block" in {before, after}:
        return "newly blocked" if after == "block" else "no longer blocked"
    return "newly modified" if after == "modify" else "no longer modified"
