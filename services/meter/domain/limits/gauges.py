"""How much of their limits tenants have used, for dashboards and alerts; only limits of whole tenants."""

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import chain, islice
from typing import NamedTuple

from schemas.budgets import MINUTE, BudgetDocument, Limit
from services.meter.domain.accounts.accounts import Accounts
from services.meter.domain.accounts.amounts import ZERO
from services.meter.domain.limits.admission import ONE, limit_state
from services.meter.domain.limits.limits import AppliedLimit, LimitBalance, LimitState
from services.meter.domain.limits.windows import TENANT, window_of

# Each limit of each tenant is a time series; tenants with their own document come first, those under
# `default` next.
MAX_TENANTS = 2_000


class LimitUtilisation(NamedTuple):
    """The used share of a tenant's limit, and the highest alert threshold that it has reached or 0."""

    tenant: str
    limit: str
    ratio: Decimal
    alert: Decimal


def limit_utilisation(
    state: Accounts, own: Callable[[str], BudgetDocument | None], default: BudgetDocument, now: datetime
) -> Iterator[LimitUtilisation]:
    """Yield the utilisation of every limit of a whole tenant, by its `own` budget or the default.

    Limits by user, project, model or key are left out, since they would be time series without bound; rates
    and concurrency too, since they fill and empty all day.
    """
    tenants = list(state.tenants())
    with_document = (name for name in tenants if own(name) is not None)
    without = (name for name in tenants if own(name) is None)
    for tenant in islice(chain(with_document, without), MAX_TENANTS):
        for limit in (own(tenant) or default).all_limits:
            if _is_of_whole_tenant(limit):
                applied = AppliedLimit(limit, TENANT, window_of(limit, now))
                ratio = ratio_of(limit, limit_state(state, tenant, applied, ONE, now))
                yield LimitUtilisation(tenant, limit.name, ratio, highest_reached_threshold(limit, ratio))


def ratio_of(limit: Limit, state: LimitState) -> Decimal:
    """Return the used share of a limit; 1 for a limit of zero."""
    balance = state if isinstance(state, LimitBalance) else state.as_balance(limit.amount)
    return balance.used_ratio


def highest_reached_threshold(limit: Limit, ratio: Decimal) -> Decimal:
    """Return the highest alert threshold that a share has reached; 0 for none."""
    return max((threshold for threshold in limit.alert_at if ratio >= threshold), default=ZERO)


def _is_of_whole_tenant(limit: Limit) -> bool:
    return not limit.per and not limit.only and limit.window not in (None, MINUTE)
