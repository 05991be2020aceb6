"""Prices and repricings as tables for people and as JSON fields for scripts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from rich.table import Table

from schemas.prices import Period, PriceDocument, Rates, Schedule
from weir.money import DisplayCurrency, exact
from weir.prices.changes import PriceChange
from weir.prices.correction_requests import CorrectionCounts
from weir.prices.corrections import CorrectionReport
from weir.prices.repricing import Repricing, RepricingTotals

MAX_REASONS = 5
CLASSES = ("input", "cache_read", "cache_write", "cache_write_1h", "output", "reasoning")


def price_table(documents: Iterable[PriceDocument], now: datetime) -> Table:
    """A table with a row for each document and its prices in force now."""
    table = Table(
        "name", "version", "for", "in force since (UTC)", "input", "output", "periods", "problem", box=None
    )
    for document in documents:
        in_force = document.in_force(now)
        period = in_force[0] if len(in_force) == 1 else None
        shown = (
            [_amount(period.input_usd_per_mtok), _amount(period.output_usd_per_mtok)]
            if period
            else ["-", "-"]
        )
        since = _time(period.valid_from) if period else "-"
        tenant = document.tenant or _contract_of(document.name) or "everybody"
        table.add_row(
            document.name,
            str(document.version),
            tenant,
            since,
            *shown,
            str(len(document.periods)),
            document.problem() or "-",
        )
    return table


def period_lines(document: PriceDocument, display: DisplayCurrency | None = None) -> Iterator[str]:
    """A document's history, one line for each schedule and tier; a second currency is for display only."""
    for period in sorted(document.periods, key=lambda period: period.valid_from):
        until = f" to {_time(period.valid_to)}" if period.valid_to else ""
        yield f"from {_time(period.valid_from)}{until}"
        yield from (f"  {line}" for line in _schedules(period, display))


def change_lines(change: PriceChange) -> Iterator[str]:
    """The lines that a change removes (-) and adds (+)."""
    old = list(period_lines(change.published)) if change.published else []
    new = list(period_lines(change.document))
    was = f"version {change.published.version} -> " if change.published else "new, "
    yield f"{change.document.name} ({was}version {change.document.version})"
    yield from (f"  - {line}" for line in old if line not in new)
    yield from (f"  {'+' if line not in old else ' '} {line}" for line in new)


def difference_table(difference: Repricing, display: DisplayCurrency | None) -> Table:
    """A table of old cost, new cost and difference by day, tenant and model."""
    columns = [
        "day (UTC)",
        "tenant",
        "model",
        "calls",
        "changed",
        "no price now",
        "booked (USD)",
        "new (USD)",
        "difference (USD)",
    ]
    if display is not None:
        columns.append(f"difference ({display.currency} at {exact(display.rate)}, display only)")
    table = Table(*columns, box=None)
    for key, sums in difference.by_key():
        table.add_row(
            key.day.isoformat(), key.tenant, f"{key.provider}/{key.model}", *_figures(sums, display)
        )
    table.add_row("total", "", "", *_figures(difference.total(), display), style="bold")
    return table


def report_fields(report: CorrectionReport) -> Mapping[str, object]:
    """The report as JSON fields; amounts are decimal strings, `decided` is null in a dry run."""
    difference, decided = report.difference, report.decided
    rows = [
        {
            "day": key.day.isoformat(),
            "tenant": key.tenant,
            "provider": key.provider,
            "model": key.model,
            **_sum_fields(sums),
        }
        for key, sums in difference.by_key()
    ]
    counts = (
        {
            "booked": decided.booked,
            "overtaken": decided.overtaken,
            "refused": decided.refused,
            "waiting": decided.waiting,
        }
        if decided
        else None
    )
    return {
        "rows": rows,
        "total": _sum_fields(difference.total()),
        "held": difference.held,
        "decided": counts,
    }


def remarks(report: CorrectionReport) -> Iterator[str]:
    """Notes on the corrections and their results."""
    difference, decided = report.difference, report.decided
    verb = "stay held" if difference.kind == "settle" else "have no price now and keep what is booked"
    for reason, count in difference.reasons.most_common(MAX_REASONS):
        yield f"{count} calls {verb}: {reason}"
    if len(difference.reasons) > MAX_REASONS:
        shown = sum(count for _, count in difference.reasons.most_common(MAX_REASONS))
        yield f"and {sum(difference.reasons.values()) - shown} more for other reasons"
    if difference.held:
        yield f"{difference.held} held calls have no cost to correct: `weir price settle` prices them"
    if not report.needed:
        yield _nothing_to_book(difference)
    elif decided is None:
        yield f"{report.needed} corrections would be asked for; nothing is booked: this was a dry run"
    else:
        yield f"the meter has booked {decided.booked} of {report.needed} corrections"
    if decided is not None:
        yield from _not_booked(decided)


def _nothing_to_book(difference: Repricing) -> str:
    if difference.kind == "settle":
        return "nothing to settle: " + (
            "docs/runbooks/held-lines.md says what to do for each reason"
            if difference.reasons
            else "no call is held"
        )
    return (
        "nothing to book: every call with a price is booked at it"
        if difference.by_key()
        else "no call that has a cost started then"
    )


def _not_booked(decided: CorrectionCounts) -> Iterator[str]:
    if decided.overtaken:
        yield (
            f"{decided.overtaken} calls were corrected by somebody else meanwhile: run it again for the rest"
        )
    if decided.refused:
        yield (
            f"{decided.refused} corrections were refused: "
            "their reasons are the dead letters of llm.corrections"
        )
    if decided.waiting:
        yield (
            f"{decided.waiting} corrections wait on llm.corrections for the meter (is it running?); "
            "they are booked once, also if you run it again"
        )


def _sum_fields(sums: RepricingTotals) -> Mapping[str, object]:
    return {
        "calls": sums.lines,
        "changed": sums.changed,
        "left_alone": sums.without_price,
        "old_usd": exact(sums.old_usd) if sums.old_usd is not None else None,
        "new_usd": exact(sums.new_usd) if sums.new_usd is not None else None,
        "difference_usd": exact(difference) if (difference := sums.difference_usd) is not None else None,
    }


def _figures(sums: RepricingTotals, display: DisplayCurrency | None) -> Sequence[str]:
    second = [display.of(sums.difference_usd)] if display is not None else []
    counts = [str(sums.lines), str(sums.changed), str(sums.without_price)]
    return [*counts, exact(sums.old_usd), exact(sums.new_usd), exact(sums.difference_usd), *second]


def _schedules(period: Period, display: DisplayCurrency | None) -> Iterator[str]:
    yield from _tiers(period, "", display)
    for hours in period.off_peak:
        yield from _tiers(hours, f"{hours.start_utc:%H:%M} to {hours.end_utc:%H:%M} UTC: ", display)
    for variant in period.variants:
        yield from _tiers(
            variant, ", ".join(f"{name}={way}" for name, way in sorted(variant.when.items())) + ": ", display
        )


def _tiers(schedule: Schedule, name: str, display: DisplayCurrency | None) -> Iterator[str]:
    yield name + _rates(schedule, display)
    for tier in schedule.tiers:
        yield f"{name}above {tier.above_input_tokens} input tokens: {_rates(tier, display)}"


def _rates(rates: Rates, display: DisplayCurrency | None) -> str:
    tokens = {name: getattr(rates, f"{name}_usd_per_mtok") for name in CLASSES} | dict(
        rates.media_usd_per_mtok
    )
    parts = [f"{name} {_money(price, display)}" for name, price in tokens.items() if price is not None]
    text = f"{', '.join(parts)} USD per million tokens" if parts else ""
    pieces = [f"{name} {_money(price, display)} USD apiece" for name, price in rates.unit_usd.items()]
    seconds = (
        [f"{_money(rates.usd_per_second, display)} USD per second"]
        if rates.usd_per_second is not None
        else []
    )
    return "; ".join(part for part in (text, *pieces, *seconds) if part)


def _money(price: Decimal, display: DisplayCurrency | None) -> str:
    return exact(price) + (
        f" ({display.of(price)} {display.currency}, display only)" if display is not None else ""
    )


def _amount(price: Decimal | None) -> str:
    return exact(price) if price is not None else "-"


def _contract_of(name: str) -> str | None:
    prefix, is_contract, _ = name.partition("/")[0].partition(":")
    return prefix if is_contract else None


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
