"""A backtest as tables for people and an object for scripts."""

from collections.abc import Iterator, Mapping

from rich.table import Table

from weir.policies.backtest import CHANGES, BacktestTotals, ConfusionMatrix
from weir.policies.comparison import BacktestReport
from weir.policies.examples import excerpt

MOST_CAUSES = 15


def tables_of(found: BacktestReport) -> Iterator[Table]:
    """What differs by tenant, by cause, and the examples."""
    yield _tenants(found)
    if found.tally.by_cause:
        yield _causes(found.tally)
    if found.tally.before != ConfusionMatrix():
        yield _judged(found.tally)
    if found.tally.examples:
        yield _examples(found)


def _tenants(found: BacktestReport) -> Table:
    tally = found.tally
    title = f"{found.policy.name} from {found.selection.since:%Y-%m-%d %H:%M} UTC on: {tally.completions} completions, {found.took_s:.1f} s"
    table = Table("tenant", *CHANGES, title=title, title_justify="left", box=None)
    for name in sorted({tenant for tenant, _ in tally.by_tenant}):
        table.add_row(name, *(str(tally.by_tenant[name, change]) for change in CHANGES))
    table.add_row("all", *(str(tally.changes[change]) for change in CHANGES), style="bold")
    return table


def _causes(tally: BacktestTotals) -> Table:
    table = Table("change", "completions", "because", title="why", title_justify="left", box=None)
    for (change, cause), count in tally.by_cause.most_common(MOST_CAUSES):
        table.add_row(change, str(count), cause)
    return table


def _judged(tally: BacktestTotals) -> Table:
    table = Table(
        "blocking against reviews",
        "precision",
        "recall",
        "caught",
        "missed",
        "wrongly blocked",
        "unknown",
        box=None,
    )
    for name, one in (("as it was", tally.before), ("with the new policy", tally.after)):
        table.add_row(
            name,
            _share(one.precision),
            _share(one.recall),
            *map(str, (one.caught, one.missed, one.wrongly, one.unknown)),
        )
    return table


def _examples(found: BacktestReport) -> Table:
    table = Table("change", "request", "screened text", title="examples", title_justify="left", box=None)
    for change, kept in found.tally.examples.items():
        for one in kept:
            table.add_row(
                change,
                f"{one.completed.tenant} {one.completed.request_id}",
                excerpt(found.texts.get(one.completed.record)),
            )
    return table


def lines_of(found: BacktestReport) -> Iterator[str]:
    """What a reader of the tables must know."""
    changes = found.tally.changes
    if changes["unknown"]:
        yield f"{changes['unknown']} cannot be decided from what is stored and are counted as unknown, never guessed"
    if changes["no longer blocked"]:
        yield "what was blocked on its way in was never answered: its answer would be checked too"
    yield from (f"not replayed: {one}" for one in found.not_replayed)


def fields_of(found: BacktestReport) -> Mapping[str, object]:
    """All of it for scripts."""
    tally, selection = found.tally, found.selection
    return {
        "policy": found.policy.name,
        "since": selection.since.isoformat(),
        "until": selection.until.isoformat(),
        "completions": tally.completions,
        "took_s": round(found.took_s, 3),
        "changes": {change: tally.changes[change] for change in CHANGES},
        "decided": [
            {"before": before, "after": after, "completions": count}
            for (before, after), count in sorted(tally.decided.items())
        ],
        "by_tenant": [
            {"tenant": tenant, "change": change, "completions": count}
            for (tenant, change), count in sorted(tally.by_tenant.items())
        ],
        "by_cause": [
            {"change": change, "because": cause, "completions": count}
            for (change, cause), count in tally.by_cause.most_common()
        ],
        "reviews": {"before": _confusion(tally.before), "after": _confusion(tally.after)},
        "examples": [
            {
                "change": change,
                "tenant": one.completed.tenant,
                "request_id": one.completed.request_id,
                "because": list(one.causes),
                "text": excerpt(found.texts.get(one.completed.record)),
            }
            for change, kept in tally.examples.items()
            for one in kept
        ],
        "not_replayed": list(found.not_replayed),
    }


def _confusion(one: ConfusionMatrix) -> Mapping[str, float | int | None]:
    return {
        "caught": one.caught,
        "missed": one.missed,
        "wrongly_blocked": one.wrongly,
        "rightly_passed": one.rightly_passed,
        "unknown": one.unknown,
        "precision": one.precision,
        "recall": one.recall,
    }


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"
