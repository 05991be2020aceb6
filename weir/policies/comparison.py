"""Runs a backtest on the stored completions that a policy decides, and lists what cannot be replayed."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from clickhouse_connect.driver.client import Client

from schemas.policies import PolicyDocument
from services.guard.domain.detectors import Detector
from weir.policies.backtest import ATTACK_LABELS, HARMLESS_LABELS, Backtest, BacktestTotals
from weir.policies.check_replay import CheckReplay
from weir.policies.stored import CompletionHistory, CompletionSelection, StoredText
from weir.stack.migrate import DATABASE

EVERYBODY = "default"


@dataclass(frozen=True, slots=True)
class BacktestOptions:
    """A new policy, the completions, the names of the published policies, and the examples per change."""

    policy: PolicyDocument
    selection: CompletionSelection
    others: frozenset[str]
    examples: int


@dataclass(frozen=True, slots=True)
class BacktestReport:
    """The result of a backtest; `took_s` is its duration in seconds."""

    policy: PolicyDocument
    selection: CompletionSelection
    totals: BacktestTotals
    texts: Mapping[str, StoredText]
    not_replayed: tuple[str, ...]
    took_s: float


def compare(
    client: Client, options: BacktestOptions, detector: Detector | None = None, database: str = DATABASE
) -> BacktestReport:
    """Replay the selected completions block by block; `detector` runs the policy's checks on stored texts."""
    started = time.perf_counter()
    policy, history = options.policy, CompletionHistory(client, options.selection, database)
    check_replay = CheckReplay(policy, detector) if detector is not None and policy.checks else None
    labels = history.labels(sorted(ATTACK_LABELS | HARMLESS_LABELS))
    backtest = Backtest(policy, history.scoring(), labels, options.examples, check_replay)
    scope = PolicyScope(policy.name, options.others)
    for block in history.blocks():
        decided = [completed for completed in block if scope.includes(completed.tenant, completed.route)]
        texts = history.texts(decided) if check_replay else {}
        for completed in decided:
            backtest.replay(completed, texts.get(completed.record))
    example_texts = history.texts(
        example.completed for examples in backtest.totals.examples.values() for example in examples
    )
    return BacktestReport(
        policy,
        options.selection,
        backtest.totals,
        example_texts,
        tuple(_not_replayed(policy, runs_checks=check_replay is not None)),
        time.perf_counter() - started,
    )


class PolicyScope:
    """The tenants and routes that a policy decides, given the names of the other published policies."""

    def __init__(self, name: str, others: frozenset[str]) -> None:
        self._name = name
        self._published = others | {name}
        self._is_included: dict[tuple[str, str], bool] = {}

    def includes(self, tenant: str, route: str) -> bool:
        """Whether the guard would use this policy: the most specific published name takes precedence."""
        is_included = self._is_included.get((tenant, route))
        if is_included is None:
            names = (f"{tenant}/{route}", tenant, f"{EVERYBODY}/{route}", EVERYBODY)
            narrowest = next((name for name in names if name in self._published), "")
            is_included = self._is_included[tenant, route] = narrowest == self._name
        return is_included


def _not_replayed(policy: PolicyDocument, *, runs_checks: bool) -> list[str]:
    notes: list[str] = []
    if policy.checks and not runs_checks:
        names = ", ".join(check.name for check in policy.checks)
        notes.append(f"checks ({names}): they look at texts and were not run again")
    elif policy.checks:
        outside = [check.name for check in policy.checks if check.runs_outside]
        notes += (
            [f"checks that call other code ({', '.join(outside)}): they run in the guard only"]
            if outside
            else []
        )
        notes.append(
            "checks ran on the screened texts that are kept, in which placeholders stand for personal data"
        )
    if policy.allow:
        notes.append(
            "the allow-list: the values that were found are not stored, "
            "so that what it would allow is counted as found"
        )
    if policy.canaries:
        notes.append(
            "canaries: a token that was not put into a prompt cannot come back; "
            "only stored findings of canaries count"
        )
    return notes
