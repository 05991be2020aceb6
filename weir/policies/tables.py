"""Policies as tables and lines for people."""

from collections.abc import Iterable, Iterator, Mapping

from rich.table import Table

from schemas.checks import AnyCheck
from schemas.policies import AllowListEntry, PolicyDocument, Rule


def policy_table(policies: Iterable[PolicyDocument]) -> Table:
    """A table with a row for each policy."""
    table = Table("policy", "version", "for", "rules", "checks", "allowed", "tests", "shadow", "description")
    for policy in policies:
        counts = (str(len(part)) for part in (policy.rules, policy.checks, policy.allow, policy.tests))
        shadow = "yes" if policy.shadow else ""
        table.add_row(
            policy.name, str(policy.version), traffic_of(policy.name), *counts, shadow, policy.description
        )
    return table


def template_table(policies: Mapping[str, PolicyDocument]) -> Table:
    """A table with a row for each template."""
    table = Table("template", "rules", "checks", "tests", "description")
    for name, policy in policies.items():
        counts = (str(len(part)) for part in (policy.rules, policy.checks, policy.tests))
        table.add_row(name, *counts, policy.description)
    return table


def traffic_of(name: str) -> str:
    """The tenant and route whose traffic a policy of this name decides."""
    tenant, _, route = name.partition("/")
    scope = "everybody" if tenant == "default" else f"tenant {tenant}"
    return f"{scope}, route {route}" if route else scope


def policy_lines(policy: PolicyDocument) -> Iterator[str]:
    """All parts of a policy as lines."""
    shadow = ", in shadow" if policy.shadow else ""
    yield f"{policy.name}, version {policy.version}, for {traffic_of(policy.name)}{shadow}"
    if policy.description:
        yield policy.description.strip()
    yield f"a text that cannot be looked at: {policy.when_unscanned}"
    yield from _part(
        "rules (the last that fits decides, then the built-in default)",
        (rule_line(rule) for rule in policy.rules),
    )
    yield from _part("checks", (_check_line(check) for check in policy.checks))
    yield from _part(
        "canaries",
        (
            f"must {canary.must}: {canary.action}{_shadow_suffix(shadow=canary.shadow)}"
            for canary in policy.canaries
        ),
    )
    yield from _part("allowed", (_allowed_line(entry) for entry in policy.allow))
    yield from _part("tests", (f"{test.name}: {test.direction}, {test.expect}" for test in policy.tests))


def rule_line(rule: Rule) -> str:
    """A rule in one line."""
    where = f" by {rule.detector}" if rule.detector else ""
    threshold = f" from {rule.at}" if rule.at else f" from {rule.at_least:g}" if rule.at_least else ""
    action = f"{rule.action}{_shadow_suffix(shadow=rule.shadow)}"
    return f"{rule.direction} {rule.kind}{where}{threshold}: {action}"


def _check_line(check: AnyCheck) -> str:
    action = f"{check.action}{_shadow_suffix(shadow=check.shadow)}"
    return f"{check.name} ({check.type}) on {', '.join(check.on)}: {action}"


def _allowed_line(entry: AllowListEntry) -> str:
    value = entry.value if entry.value is not None else f"/{entry.pattern}/"
    return f"{value} as {', '.join(entry.kinds) or 'any personal data'}"


def _shadow_suffix(*, shadow: bool) -> str:
    return " (shadow)" if shadow else ""


def _part(title: str, lines: Iterable[str]) -> Iterator[str]:
    present = list(lines)
    if present:
        yield f"{title}:"
        yield from (f"  {line}" for line in present)
