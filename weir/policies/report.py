"""A backtest as tables for people and as JSON fields for scripts."""

from collections.abc import Iterator, Mapping

from rich.table import Table

from weir.policies.backtest import CHANGES, BacktestTotals, ConfusionMatrix
from weir.policies.comparison import BacktestReport
from weir.policies.excerpts import excerpt

MAX_CAUSES = 15


def tables_of(report: BacktestReport) -> Iterator[Table]:
    """The tables of the differences by tenant and by cause, of the labels, and of the examples."""
    yield _tenant_table(report)
    if report.totals.by_cause:
        yield _cause_table(report.totals)
    if report.totals.before != ConfusionMatrix():
        yield _confusion_table(report.totals)
    if report.totals.examples:
        yield _example_table(report)


def _tenant_table(report: BacktestReport) -> Table:
    totals = report.totals
    since = f"{report.selection.since:%Y-%m-%d %H:%M}"
    title = (
        f"{report.policy.name} from {since} UTC on: {totals.completions} completions, {report.took_s:.1f} s"
    )
    table = Table("tenant", *CHANGES, title=title, title_justify="left", box=None)
    for name in sorted({tenant for tenant, _ in totals.by_tenant}):
        table.add_row(name, *(str(totals.by_tenant[name, change]) for change in CHANGES))
    table.add_row("all", *(str(totals.changes[change]) for change in CHANGES), style="bold")
    return table


def _cause_table(totals: BacktestTotals) -> Table:
    table = Table("change", "completions", "because", title="why", title_justify="left", box=None)
    for (change, cause), count in totals.by_cause.most_common(MAX_CAUSES):
        table.add_row(change, str(count), cause)
    return table


def _confusion_table(totals: BacktestTotals) -> Table:
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
    for name, matrix in (("as it was", totals.before), ("with the new policy", totals.after)):
        table.add_row(
            name,
            _share(matrix.precision),
            _share(matrix.recall),
            *map(str, (matrix.caught, matrix.missed, matrix.false_positives, matrix.unknown)),
        )
    return table


def _example_table(report: BacktestReport) -> Table:
    table = Table("change", "request", "screened text", title="examples", title_justify="left", box=None)
    for change, examples in report.totals.examples.items():
        for completed, _ in examples:
            request = f"{completed.tenant} {completed.request_id}"
            table.add_row(change, request, excerpt(report.texts.get(completed.record)))
    return table


def lines_of(report: BacktestReport) -> Iterator[str]:
    """Notes that a reader of the tables needs."""
    changes = report.totals.changes
    if changes["unknown"]:
        unknown = changes["unknown"]
        yield f"{unknown} cannot be decided from what is stored and are counted as unknown, never guessed"
    if changes["no longer blocked"]:
        yield "what was blocked on its way in was never answered: its answer would be checked too"
    yield from (f"not replayed: {part}" for part in report.not_replayed)


def fields_of(report: BacktestReport) -> Mapping[str, object]:
    """The backtest as JSON fields."""
    totals, selection = report.totals, report.selection
    return {
        "policy": report.policy.name,
        "since": selection.since.isoformat(),
        "until": selection.until.isoformat(),
        "completions": totals.completions,
        "took_s": round(report.took_s, 3),
        "changes": {change: totals.changes[change] for change in CHANGES},
        "decided": [
            {"before": before, "after": after, "completions": count}
            for (before, after), count in sorted(totals.decided.items())
        ],
        "by_tenant": [
            {"tenant": tenant, "change": change, "completions": count}
            for (tenant, change), count in sorted(totals.by_tenant.items())
        ],
        "by_cause": [
            {"change": change, "because": cause, "completions": count}
            for (change, cause), count in totals.by_cause.most_common()
        ],
        "reviews": {"before": _confusion_fields(totals.before), "after": _confusion_fields(totals.after)},
        "examples": [
            {
                "change": change,
                "tenant": example.completed.tenant,
                "request_id": example.completed.request_id,
                "because": list(example.causes),
                "text": excerpt(report.texts.get(example.completed.record)),
            }
            for change, examples in totals.examples.items()
            for example in examples
        ],
        "not_replayed": list(report.not_replayed),
    }


def _confusion_fields(matrix: ConfusionMatrix) -> Mapping[str, float | int | None]:
    return {
        "caught": matrix.caught,
        "missed": matrix.missed,
        "wrongly_blocked": matrix.false_positives,
        "rightly_passed": matrix.true_negatives,
        "unknown": matrix.unknown,
        "precision": matrix.precision,
        "recall": matrix.recall,
    }


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"
