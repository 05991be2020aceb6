"""Policies as tables and lines for people."""

from collections.abc import Iterable, Iterator, Mapping

from rich.table import Table

from schemas.checks import AnyCheck
from schemas.policies import AllowListEntry, PolicyDocument, Rule


def policy_table(policies: Iterable[PolicyDocument]) -> Table:
    """One row for each policy."""
    table = Table("policy", "version", "for", "rules", "checks", "allowed", "tests", "shadow", "description")
    for one in policies:
        counts = (str(len(part)) for part in (one.rules, one.checks, one.allow, one.tests))
        table.add_row(
            one.name, str(one.version), whose(one.name), *counts, "yes" if one.shadow else "", one.description
        )
    return table


def template_table(found: Mapping[str, PolicyDocument]) -> Table:
    """One row for each template."""
    table = Table("template", "rules", "checks", "tests", "description")
    for name, one in found.items():
        table.add_row(name, str(len(one.rules)), str(len(one.checks)), str(len(one.tests)), one.description)
    return table


def whose(name: str) -> str:
    """Whose traffic a policy of this name decides."""
    tenant, _, route = name.partition("/")
    who = "everybody" if tenant == "default" else f"tenant {tenant}"
    return f"{who}, route {route}" if route else who


def policy_lines(policy: PolicyDocument) -> Iterator[str]:
    """A policy in full."""
    yield f"{policy.name}, version {policy.version}, for {whose(policy.name)}{', in shadow' if policy.shadow else ''}"
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
        (f"must {one.must}: {one.action}{' (shadow)' if one.shadow else ''}" for one in policy.canaries),
    )
    yield from _part("allowed", (_allowed_line(one) for one in policy.allow))
    yield from _part("tests", (f"{one.name}: {one.direction}, {one.expect}" for one in policy.tests))


def rule_line(rule: Rule) -> str:
    """A rule in one line."""
    where = f" by {rule.detector}" if rule.detector else ""
    threshold = f" from {rule.at}" if rule.at else f" from {rule.at_least:g}" if rule.at_least else ""
    return (
        f"{rule.direction} {rule.kind}{where}{threshold}: {rule.action}{' (shadow)' if rule.shadow else ''}"
    )


def _check_line(check: AnyCheck) -> str:
    return f"{check.name} ({check.type}) on {', '.join(check.on)}: {check.action}{' (shadow)' if check.shadow else ''}"


def _allowed_line(one: AllowListEntry) -> str:
    what = one.value if one.value is not None else f"/{one.pattern}/"
    return f"{what} as {', '.join(one.kinds) or 'any personal data'}"


def _part(title: str, lines: Iterable[str]) -> Iterator[str]:
    known = list(lines)
    if known:
        yield f"{title}:"
        yield from (f"  {line}" for line in known)
