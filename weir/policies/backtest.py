"""A backtest: decides every stored completion again by a new policy and counts the differences."""

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
ATTACK_LABELS = frozenset({"should-block", "attack"})
HARMLESS_LABELS = frozenset({"should-pass", "false-positive"})
CUT_SHORT = "it was blocked before all models were asked, so that their scores are missing"
MAX_CACHED_FINDINGS = 200_000
ReplayChecks = Callable[[StoredCompletion, StoredText | None], Sequence[ReplayedDecision]]
"""Runs the checks of the policy on the stored texts of a completion."""


class ChangedCompletion(NamedTuple):
    """A completion that the new policy decides differently, and why."""

    completed: StoredCompletion
    causes: tuple[str, ...]


@dataclass(slots=True)
class ConfusionMatrix:
    """Blocking compared with the labels of reviews and feedback."""

    caught: int = 0
    missed: int = 0
    false_positives: int = 0
    true_negatives: int = 0
    unknown: int = 0

    def count(self, effect: Effect, *, is_attack: bool) -> None:
        """Count one labelled completion."""
        if effect == "unknown":
            self.unknown += 1
        elif effect == "block":
            self.caught, self.false_positives = (
                self.caught + is_attack,
                self.false_positives + (not is_attack),
            )
        else:
            self.missed, self.true_negatives = self.missed + is_attack, self.true_negatives + (not is_attack)

    @property
    def precision(self) -> float | None:
        """The share of attacks among the blocked completions; None if none is blocked."""
        return self.caught / blocked if (blocked := self.caught + self.false_positives) else None

    @property
    def recall(self) -> float | None:
        """The share of blocked completions among the attacks; None without attacks."""
        return self.caught / attacks if (attacks := self.caught + self.missed) else None


@dataclass(slots=True)
class BacktestTotals:
    """Counts of the differences by tenant and by cause, with examples."""

    completions: int = 0
    decided: Counter[tuple[Effect, Effect]] = field(default_factory=Counter[tuple[Effect, Effect]])
    """Completions by effect before and after."""
    by_tenant: Counter[tuple[str, EffectChange]] = field(default_factory=Counter[tuple[str, EffectChange]])
    by_cause: Counter[tuple[EffectChange, str]] = field(default_factory=Counter[tuple[EffectChange, str]])
    examples: dict[EffectChange, list[ChangedCompletion]] = field(
        default_factory=dict[EffectChange, list[ChangedCompletion]]
    )
    before: ConfusionMatrix = field(default_factory=ConfusionMatrix)
    after: ConfusionMatrix = field(default_factory=ConfusionMatrix)

    @property
    def changes(self) -> Counter[EffectChange]:
        """Completions by change."""
        changes: Counter[EffectChange] = Counter()
        for (_, change), count in self.by_tenant.items():
            changes[change] += count
        return changes


class Backtest:
    """Replays completions one by one; memory grows with distinct differences, not with completions."""

    def __init__(
        self,
        policy: PolicyDocument,
        scoring: ScoringModels,
        labels: Mapping[str, frozenset[str]],
        examples: int,
        replay_checks: ReplayChecks | None = None,
    ) -> None:
        """`labels` are given by record; `examples` is the maximum number kept per change."""
        self.totals = BacktestTotals()
        self._replay = FindingReplay(policy)
        self._expected_models = _expected_models(self._replay, scoring)
        self._labels = labels
        self._max_examples = examples
        self._replay_checks = replay_checks
        self._findings: dict[str, AppliedFinding] = {}
        self._model_names: dict[str, frozenset[str]] = {}

    def replay(self, completed: StoredCompletion, text: StoredText | None = None) -> None:
        """Decide one completion again and count it."""
        findings = [
            finding
            for finding in map(self._finding, completed.findings)
            if not is_check_type(finding.stored.detector)
        ]
        results = [self._replay.of(finding.stored) for finding in findings]
        check_results = self._replay_checks(completed, text) if self._replay_checks else ()
        is_cut_short = any(
            (
                self._is_cut_short(completed.input_action, completed.input_models, self._expected_models[0]),
                self._is_cut_short(
                    completed.output_action, completed.output_models, self._expected_models[1]
                ),
            )
        )
        before = completion_effect([_effect(completed.input_action), _effect(completed.output_action)])
        after = verdict_effect([*results, *check_results], is_cut_short=is_cut_short)
        totals = self.totals
        totals.completions += 1
        totals.decided[before, after] += 1
        self._count_label(completed.record, before, after)
        change = _change(before, after)
        if change is None:
            return
        totals.by_tenant[completed.tenant, change] += 1
        replayed = zip(findings, results, strict=True)
        causes = tuple(dict.fromkeys(self._causes(change, completed, replayed, check_results)))
        if change == "unknown" and is_cut_short:
            causes = (CUT_SHORT, *causes)
        for cause in causes:
            totals.by_cause[change, cause] += 1
        if len(kept := totals.examples.setdefault(change, [])) < self._max_examples:
            kept.append(ChangedCompletion(completed, causes))

    def _finding(self, text: str) -> AppliedFinding:
        finding = self._findings.get(text)
        if finding is None:
            if len(self._findings) >= MAX_CACHED_FINDINGS:
                self._findings.clear()
            finding = self._findings[text] = finding_of(text)
        return finding

    def _is_cut_short(self, action: str, models: str, expected: frozenset[str]) -> bool:
        if action != "block":
            return False
        names = self._model_names.get(models)
        if names is None:
            names = self._model_names[models] = names_of(models.split(","))
        return not expected <= names

    def _causes(
        self,
        change: EffectChange,
        completed: StoredCompletion,
        replayed: Iterator[tuple[AppliedFinding, ReplayedDecision]],
        check_results: Sequence[ReplayedDecision],
    ) -> Iterator[str]:
        """The rules that lead to the change, or the findings that blocked before."""
        if change == "no longer blocked":
            blocking = [finding for finding in map(self._finding, completed.findings) if finding.was_blocked]
            yield from (f"was {_description(finding)}" for finding in blocking)
            return
        effect = {"newly blocked": "block", "newly modified": "modify", "unknown": "unknown"}.get(change)
        yield from (
            f"{_description(finding)} ({result.because})"
            for finding, result in replayed
            if result.effect == effect
        )
        yield from (result.because for result in check_results if result.effect == effect)

    def _count_label(self, record: str, before: Effect, after: Effect) -> None:
        labels = self._labels.get(record, frozenset())
        is_attack, is_harmless = bool(labels & ATTACK_LABELS), bool(labels & HARMLESS_LABELS)
        if is_attack == is_harmless:
            return
        self.totals.before.count(before, is_attack=is_attack)
        self.totals.after.count(after, is_attack=is_attack)


def _expected_models(replay: FindingReplay, scoring: ScoringModels) -> tuple[frozenset[str], frozenset[str]]:
    """The models that must have scored requests and answers; none if the policy does not act on them."""
    acting = {
        direction == "output"
        for direction, detector, kind in scoring.signals
        if replay.may_act(direction, detector, kind)
    }
    return (
        scoring.requests if False in acting else frozenset(),
        scoring.answers if True in acting else frozenset(),
    )


def _description(finding: AppliedFinding) -> str:
    return f"{finding.stored.direction} {finding.stored.kind} by {finding.stored.detector}"


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
