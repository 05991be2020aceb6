"""Used and remaining amounts of tenants under each limit, as tables for people and JSON for scripts."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal

from rich.table import Table

from schemas.budgets import BudgetDocument, Limit
from schemas.requests import LimitUnit, RequestFacts
from services.meter.domain.accounts.accounts import Accounts
from services.meter.domain.limits.admission import ONE, limit_state
from services.meter.domain.limits.gauges import highest_reached_threshold, ratio_of
from services.meter.domain.limits.limits import AppliedLimit, LimitBalance, amount_text, applied_limit
from services.meter.domain.limits.scopes import dimensions_of
from services.meter.domain.limits.windows import TENANT, window_end, window_of

MAX_SCOPES_SHOWN = 20
"""Rows of one limit in a table."""


@dataclass(frozen=True, slots=True)
class LimitLine:
    """The state of one account under one limit; the amounts are in the limit's unit."""

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
    """The tenant's accounts under each of its limits, highest used ratio first.

    A limit in which no request has counted yet has no line.
    """
    lines: list[LimitLine] = []
    for limit in document.all_limits:
        applied = [
            AppliedLimit(limit, scope, window_of(limit, now))
            for scope in _scopes(accounts, tenant, limit, now)
        ]
        lines += sorted(
            (_line(accounts, tenant, limit_at_scope, now) for limit_at_scope in applied),
            key=lambda line: (-line.used_ratio, line.scope),
        )
    return lines


def lines_of_request(
    accounts: Accounts, request: RequestFacts, document: BudgetDocument, now: datetime
) -> list[LimitLine]:
    """The state at `now` of the accounts in which a request counts."""
    candidates = [applied_limit(limit, request, now) for limit in document.all_limits]
    return [_line(accounts, request.tenant, applied, now) for applied in candidates if applied is not None]


def limits_without_lines(document: BudgetDocument, lines: Sequence[LimitLine]) -> list[Limit]:
    """The limits without a line, so that a table can show them too."""
    names = {line.limit for line in lines}
    return [limit for limit in document.all_limits if limit.name not in names]


def limit_fields(line: LimitLine) -> Mapping[str, object]:
    """One line as JSON fields; amounts are decimal strings."""
    fields = {
        name: f"{value:f}" if isinstance(value, Decimal) else value for name, value in asdict(line).items()
    }
    return {**fields, "ends_at": line.ends_at.isoformat() if line.ends_at is not None else None}


def limit_table(lines: Sequence[LimitLine], unused: Sequence[Limit] = ()) -> Table:
    """A table of the lines, and of the limits that have no line yet."""
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
        if shown[line.limit] > MAX_SCOPES_SHOWN:
            continue
        style = "red" if line.left <= 0 else "yellow" if line.alert else None
        name = _name_with_action(line.limit, line.action)
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
        if count > MAX_SCOPES_SHOWN:
            table.add_row(name, f"and {count - MAX_SCOPES_SHOWN} more (--json lists all)")
    for limit in unused:
        table.add_row(
            _name_with_action(limit.name, limit.action),
            "nobody yet",
            limit.window or "open",
            _amount(limit.amount, limit.unit),
        )
    return table


def budget_table(documents: Sequence[BudgetDocument]) -> Table:
    """A table of every limit of every budget."""
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


def _scopes(accounts: Accounts, tenant: str, limit: Limit, now: datetime) -> list[str]:
    if not limit.per and not limit.only:
        return [TENANT]
    counted = set(window_of(limit, now).counted)
    return sorted(
        {
            scope
            for scope, window in accounts.account_keys(tenant)
            if window in counted and _is_scope_of(limit, scope)
        }
    )


def _is_scope_of(limit: Limit, scope: str) -> bool:
    """Whether a scope belongs to a limit: the same dimensions, with values that the limit allows."""
    dimensions = dimensions_of(scope)
    if set(dimensions) != {*limit.per, *limit.only}:
        return False
    return all(
        dimensions[name] in ({*values} if name in limit.per else {"|".join(sorted(values))})
        for name, values in limit.only.items()
    )


def _name_with_action(limit: str, action: str) -> str:
    return limit if action == "refuse" else f"{limit} ({action})"


def _amount(amount: Decimal, unit: LimitUnit) -> str:
    return f"{amount.normalize():f} open" if unit == "concurrency" else amount_text(amount, unit)


def _line(accounts: Accounts, tenant: str, applied: AppliedLimit, now: datetime) -> LimitLine:
    limit = applied.limit
    state = limit_state(accounts, tenant, applied, ONE, now)
    ratio = ratio_of(limit, state)
    if not isinstance(state, LimitBalance):
        state = state.as_balance(limit.amount)
    sums = (state.captured, state.reserved, state.held, state.available)
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
