"""A comparison takes the traffic that a policy decides, and lists what cannot be replayed."""

from typing import Any

import pytest

from schemas.policies import AllowListEntry, Canary, PolicyDocument, Rule
from weir.policies.comparison import BacktestOptions, BacktestReport, PolicyScope, compare
from weir.policies.report import lines_of

pytestmark = pytest.mark.integration
BLOCK_TOXIC = Rule(kind="TOXICITY", direction="input", action="block", at="fpr_1%")


Past = Any


def acme(*rules: Rule, **fields: Any) -> PolicyDocument:
    return PolicyDocument(name="acme", rules=rules, **fields)


def against(past: Past, policy: PolicyDocument, *others: str, detector: Any = None) -> BacktestReport:
    return compare(
        past.client, BacktestOptions(policy, past.selection, frozenset(others), 3), detector, past.database
    )


async def test_parts_of_a_policy_that_cannot_be_replayed_are_listed(past: Past) -> None:
    report = against(past, acme(allow=(AllowListEntry(value="x"),), canaries=(Canary(must="appear"),)))

    assert [line.split(":")[1].strip() for line in lines_of(report)] == ["the allow-list", "canaries"]


async def test_only_traffic_that_the_policy_would_decide_is_compared(past: Past) -> None:
    for tenant, route in (("acme", "small"), ("acme", "large"), ("globex", "small")):
        await past.complete("GO AWAY YOU", tenant=tenant, route=route)

    def tested(name: str, *others: str) -> int:
        policy = PolicyDocument(name=name, rules=(BLOCK_TOXIC,))
        return against(past, policy, *others).totals.completions

    assert [
        tested("acme"),
        tested("acme", "acme/small"),
        tested("default"),
        tested("default", "acme"),
        tested("default/small"),
    ] == [2, 1, 3, 1, 2]
    assert tested("default/small", "acme") == 1


def test_the_narrowest_name_decides() -> None:
    scope = PolicyScope("default/small", frozenset({"acme", "default"}))

    assert [
        scope.includes(*place) for place in (("acme", "small"), ("globex", "small"), ("globex", "large"))
    ] == [False, True, False]
