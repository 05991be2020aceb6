"""Limits and decisions for people and for scripts: what counts where, what is left, and why a request was let in or refused."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal

from rich.table import Table

from schemas.budgets import BudgetDocument, Limit
from schemas.outcomes import Shortage
from schemas.requests import LimitUnit, Quote, RequestFacts, Reservation
from services.meter.domain.accounts.accounts import Accounts
from services.meter.domain.limits.admission import ONE, limit_state
from services.meter.domain.limits.gauges import highest_reached_threshold, ratio_of
from services.meter.domain.limits.limits import AppliedLimit, LimitBalance, amount_text, applied_limit
from services.meter.domain.limits.scopes import dimensions_of
from services.meter.domain.limits.windows import TENANT, window_end, window_of
from weir.budgets.accounts import RequestHistory

SHOWN_SCOPES = 20


@dataclass(frozen=True, slots=True)
class LimitLine:
    """One account under one limit, as it stands now, in the limit's unit."""

    limit: str
    scope: str
    window: str
    unit: LimitUnit
    action: str
    amount: Decimal
    captured: Decimal
    reserved: Decimal
    held: Decimal
    left: Decimal
    used_ratio: Decimal
    alert: Decimal
    ends_at: datetime | None


def lines_of_tenant(
    accounts: Accounts, tenant: str, document: BudgetDocument, now: datetime
) -> list[LimitLine]:
    """Every account that a tenant has under its limits, the fullest of each limit first; a limit that nobody met yet has none."""
    lines: list[LimitLine] = []
    for limit in document.all_limits:
        applied = [
            AppliedLimit(limit, scope, window_of(limit, now))
            for scope in _scopes(accounts, tenant, limit, now)
        ]
        found = [_line(accounts, tenant, one, now) for one in applied]
        lines += sorted(found, key=lambda line: (-line.used_ratio, line.scope))
    return lines


def lines_of_request(
    accounts: Accounts, request: RequestFacts, document: BudgetDocument, now: datetime
) -> list[LimitLine]:
    """The accounts that a request counts in, as they stand now."""
    found = [applied_limit(limit, request, now) for limit in document.all_limits]
    return [_line(accounts, request.tenant, applied, now) for applied in found if applied is not None]


def unmet(document: BudgetDocument, lines: Sequence[LimitLine]) -> list[Limit]:
    """Choose the limits that no request counts in yet, so that none of them looks as if it were not there."""
    met = {line.limit for line in lines}
    return [limit for limit in document.all_limits if limit.name not in met]


def limit_fields(line: LimitLine) -> Mapping[str, object]:
    """One account for scripts: amounts as decimal strings."""
    fields = {
        name: f"{value:f}" if isinstance(value, Decimal) else value for name, value in asdict(line).items()
    }
    return {**fields, "ends_at": line.ends_at.isoformat() if line.ends_at is not None else None}


def limit_table(lines: Sequence[LimitLine], unused: Sequence[Limit] = ()) -> Table:
    """What is left of each limit, and those that no request counts in yet."""
    table = Table(
        "limit",
        "whose",
        "window",
        "amount",
        "captured",
        "reserved",
        "held",
        "left",
        "used",
        "ends (UTC)",
        box=None,
    )
    shown: dict[str, int] = {}
    for line in lines:
        shown[line.limit] = shown.get(line.limit, 0) + 1
        if shown[line.limit] > SHOWN_SCOPES:
            continue
        style = "red" if line.left <= 0 else "yellow" if line.alert else None
        name = _named(line.limit, line.action)
        sums = [f"{amount.normalize():f}" for amount in (line.captured, line.reserved, line.held, line.left)]
        ends = line.ends_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if line.ends_at is not None else "-"
        table.add_row(
            name,
            line.scope,
            line.window,
            _amount(line.amount, line.unit),
            *sums,
            f"{line.used_ratio:.0%}",
            ends,
            style=style,
        )
    for name, count in shown.items():
        if count > SHOWN_SCOPES:
            table.add_row(name, f"and {count - SHOWN_SCOPES} more (--json lists all)")
    for limit in unused:
        table.add_row(
            _named(limit.name, limit.action),
            "nobody yet",
            limit.window or "open",
            _amount(limit.amount, limit.unit),
        )
    return table


def budget_table(documents: Sequence[BudgetDocument]) -> Table:
    """Every limit of every budget."""
    table = Table(
        "budget", "limit", "amount", "window", "for each", "only", "when passed", "when short", box=None
    )
    for document in documents:
        for limit in document.all_limits:
            zone = f" in {limit.zone}" if limit.zone != "UTC" else ""
            burst = f" (burst {limit.burst})" if limit.burst is not None else ""
            only = "; ".join(f"{name} {', '.join(values)}" for name, values in limit.only.items()) or "-"
            window = f"{limit.window or 'open now'}{zone}{burst}"
            amount, each = amount_text(limit.amount, limit.unit), ", ".join(limit.per) or "-"
            table.add_row(
                document.name, limit.name, amount, window, each, only, limit.action, document.when_short
            )
        if not document.all_limits:
            table.add_row(document.name, "none")
    return table


def history_lines(story: RequestHistory) -> Iterator[str]:
    """Why a request was let in or refused, with the arithmetic, and what became of it."""
    outcome, request = story.outcome, story.request
    if request is not None:
        yield f"request {request.request_id} of {story.tenant}, model {request.model} (record {story.record_id})"
    if story.admitted is not None:
        yield f"admitted at {_time(story.admitted.admitted_at)}"
        yield from _reservation_lines(story.admitted.reservation)
    if outcome is not None:
        error = f": {outcome.error.code}" if outcome.error is not None else ""
        yield f"{outcome.status} at {_time(outcome.completed_at)}{error}"
        if outcome.error is not None:
            yield f"  {outcome.error.message}"
        if outcome.shortage is not None:
            yield from _shortage_lines(outcome.shortage)
        if story.admitted is not None:
            yield f"  captured {_cost(outcome.cost_usd)} of what was reserved; the rest is free again, or held where a cost is not known"
    for adjustment in story.adjustments:
        yield f"{adjustment.reason} at {_time(adjustment.booked_at)}: {_cost(adjustment.cost_usd)}"


def history_fields(story: RequestHistory) -> Mapping[str, object]:
    """A request's decisions for scripts, without messages."""
    outcome, admitted = story.outcome, story.admitted
    return {
        "record_id": str(story.record_id),
        "tenant": story.tenant,
        "is_admitted": admitted is not None,
        "admitted_at": admitted.admitted_at.isoformat() if admitted is not None else None,
        "reservation": admitted.reservation.model_dump(mode="json") if admitted is not None else None,
        "status": outcome.status if outcome is not None else None,
        "error": outcome.error.model_dump(mode="json")
        if outcome is not None and outcome.error is not None
        else None,
        "shortage": outcome.shortage.model_dump(mode="json")
        if outcome is not None and outcome.shortage is not None
        else None,
        "cost_usd": f"{outcome.cost_usd:f}" if outcome is not None and outcome.cost_usd is not None else None,
        "adjustments": [{"reason": one.reason, "cost_usd": str(one.cost_usd)} for one in story.adjustments],
    }


def _scopes(accounts: Accounts, tenant: str, limit: Limit, now: datetime) -> list[str]:
    if not limit.per and not limit.only:
        return [TENANT]
    counted = set(window_of(limit, now).counted)
    return sorted(
        {
            scope
            for scope, window in accounts.account_keys(tenant)
            if window in counted and _fits(limit, scope)
        }
    )


def _fits(limit: Limit, scope: str) -> bool:
    """Whether a scope is one of a limit's: it names the same dimensions, within what the limit is restricted to."""
    dimensions = dimensions_of(scope)
    if set(dimensions) != {*limit.per, *limit.only}:
        return False
    return all(
        dimensions[name] in ({*values} if name in limit.per else {"|".join(sorted(values))})
        for name, values in limit.only.items()
    )


def _named(limit: str, action: str) -> str:
    return limit if action == "refuse" else f"{limit} ({action})"


def _amount(amount: Decimal, unit: LimitUnit) -> str:
    return f"{amount.normalize():f} open" if unit == "concurrency" else amount_text(amount, unit)


def _line(accounts: Accounts, tenant: str, applied: AppliedLimit, now: datetime) -> LimitLine:
    limit = applied.limit
    standing = limit_state(accounts, tenant, applied, ONE, now)
    ratio = ratio_of(limit, standing)
    if not isinstance(standing, LimitBalance):
        standing = standing.as_balance(limit.amount)
    sums = (standing.captured, standing.reserved, standing.held, standing.available)
    window, action = applied.window.claim, limit.action
    ends_at = window_end(window)
    return LimitLine(
        limit.name,
        applied.scope,
        window,
        limit.unit,
        action,
        limit.amount,
        *sums,
        ratio,
        highest_reached_threshold(limit, ratio),
        ends_at,
    )


def _reservation_lines(reservation: Reservation) -> Iterator[str]:
    yield f"  reserved {_cost(reservation.amount_usd)} and {reservation.amount_tokens} tokens, the worst case:"
    yield from (f"    {line}" for line in _quote_lines(reservation.quotes))
    if reservation.candidates is not None or reservation.asked_usd is not None:
        places = (
            "all"
            if reservation.candidates is None
            else ", ".join(str(place) for place in reservation.candidates)
        )
        asked = _cost(reservation.asked_usd)
        yield f"  less than the {asked} of the whole route: candidates {places}, at most {reservation.max_output_tokens} output tokens"
    counts_in = [
        f"{TENANT} {reservation.period}",
        *(f"{claim.scope} {claim.window}" for claim in reservation.claims),
    ]
    yield f"  counts in {'; '.join(counts_in)}"


def _shortage_lines(shortage: Shortage) -> Iterator[str]:
    left = shortage.amount - shortage.captured - shortage.reserved - shortage.held
    ends = f", which ends at {_time(shortage.ends_at)}" if shortage.ends_at is not None else ""
    yield f"  limit {shortage.limit} of {shortage.claim.scope}, window {shortage.claim.window}{ends}"
    parts = (
        f"{part.normalize():f}"
        for part in (shortage.amount, shortage.captured, shortage.reserved, shortage.held)
    )
    yield f"    {' - '.join(parts)} (amount - captured - reserved - held) = {amount_text(left, shortage.unit)} left"
    yield f"    asked {amount_text(shortage.asked, shortage.unit)}, {amount_text(shortage.asked - left, shortage.unit)} too much"
    yield from (f"    {line}" for line in _quote_lines(shortage.quotes))


def _quote_lines(quotes: Sequence[Quote]) -> Iterator[str]:
    for quote in quotes:
        tokens = f"({quote.input_tokens} input + {quote.output_tokens} output tokens)"
        if quote.cost_usd is None:
            yield f"{quote.provider}/{quote.model}: {quote.calls} x {tokens}, price unknown"
        else:
            each = f"{(quote.cost_usd / quote.calls).normalize():f} USD"
            yield f"{quote.provider}/{quote.model}: {quote.calls} x {each} {tokens} = {_cost(quote.cost_usd)} ({quote.price_source})"


def _cost(amount: Decimal | None) -> str:
    return "an unknown amount" if amount is None else amount_text(amount, "usd")


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
