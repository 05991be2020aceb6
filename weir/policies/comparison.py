"""A whole backtest: whose traffic it is about, block by block, and what no replay can tell."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from clickhouse_connect.driver.client import Client

from schemas.policies import PolicyDocument
from services.guard.domain.detectors import Detector
from weir.policies.backtest import ATTACKS, HARMLESS, Backtest, BacktestTotals
from weir.policies.rechecks import CheckReplay
from weir.policies.stored import CompletionHistory, CompletionSelection, StoredText
from weir.stack.migrate import DATABASE

EVERYBODY = "default"


@dataclass(frozen=True, slots=True)
class BacktestOptions:
    """What is asked: a new policy on a selection, beside the policies that are published, with so many examples of each change."""

    policy: PolicyDocument
    selection: CompletionSelection
    others: frozenset[str]
    examples: int


@dataclass(frozen=True, slots=True)
class BacktestReport:
    """A backtest as it ended."""

    policy: PolicyDocument
    selection: CompletionSelection
    tally: BacktestTotals
    texts: Mapping[str, StoredText]
    not_replayed: tuple[str, ...]
    took_s: float


def compare(
    client: Client, question: BacktestOptions, detector: Detector | None = None, database: str = DATABASE
) -> BacktestReport:
    """Read the selection in blocks and decide it again; `detector` runs the policy's own checks on texts, where there is one."""
    started = time.perf_counter()
    policy, history = question.policy, CompletionHistory(client, question.selection, database)
    rechecks = CheckReplay(policy, detector) if detector is not None and policy.checks else None
    again = Backtest(
        policy, history.scoring(), history.labels(sorted(ATTACKS | HARMLESS)), question.examples, rechecks
    )
    scope = PolicyScope(policy.name, question.others)
    for block in history.blocks():
        ours = [one for one in block if scope.holds(one.tenant, one.route)]
        texts = history.texts(ours) if rechecks else {}
        for one in ours:
            again.take(one, texts.get(one.record))
    shown = history.texts(example.completed for kept in again.tally.examples.values() for example in kept)
    return BacktestReport(
        policy,
        question.selection,
        again.tally,
        shown,
        tuple(_not_replayed(policy, rechecks)),
        time.perf_counter() - started,
    )


class PolicyScope:
    """Whose traffic a policy of this name decides, beside the others that are published."""

    def __init__(self, name: str, others: frozenset[str]) -> None:
        """Take the name, and those of all others."""
        self._name = name
        self._published = others | {name}
        self._known: dict[tuple[str, str], bool] = {}

    def holds(self, tenant: str, route: str) -> bool:
        """Whether the guard would take this policy: the narrowest name wins."""
        known = self._known.get((tenant, route))
        if known is None:
            names = (f"{tenant}/{route}", tenant, f"{EVERYBODY}/{route}", EVERYBODY)
            known = self._known[tenant, route] = (
                next((name for name in names if name in self._published), "") == self._name
            )
        return known


def _not_replayed(policy: PolicyDocument, rechecks: object) -> list[str]:
    said: list[str] = []
    if policy.checks and rechecks is None:
        said.append(
            f"checks ({', '.join(check.name for check in policy.checks)}): they look at texts and were not run again"
        )
    elif policy.checks:
        outside = [check.name for check in policy.checks if check.runs_outside]
        said += (
            [f"checks that call other code ({', '.join(outside)}): they run in the guard only"]
            if outside
            else []
        )
        said.append(
            "checks ran on the screened texts that are kept, in which placeholders stand for personal data"
        )
    if policy.allow:
        said.append(
            "the allow-list: the values that were found are not stored, so that what it would allow is counted as found"
        )
    if policy.canaries:
        said.append(
            "canaries: a token that was not put into a prompt cannot come back; only stored findings of canaries count"
        )
    return said
