"""How far tenants are with the limits that hold for all of what they do: what dashboards and alerts look at."""

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import chain, islice
from typing import NamedTuple

from schemas.budgets import MINUTE, BudgetDocument, Limit
from services.meter.domain.accounts.account import ZERO
from services.meter.domain.accounts.accounts import Accounts
from services.meter.domain.limits.admission import ONE, limit_state
from services.meter.domain.limits.limits import AppliedLimit, LimitBalance, LimitState
from services.meter.domain.limits.windows import TENANT, window_of

# Each is a time series for every limit: tenants with a document of their own come first, those under `default` after them.
MAX_TENANTS = 2_000


class LimitUtilisation(NamedTuple):
    """The used share of a tenant's limit, and the highest of its thresholds that is reached (0 where none is)."""

    tenant: str
    limit: str
    ratio: Decimal
    alert: Decimal


def limit_utilisation(
    state: Accounts, own: Callable[[str], BudgetDocument | None], default: BudgetDocument, now: datetime
) -> Iterator[LimitUtilisation]:
    """Look at every budget of a whole tenant; those of a user, project, model or key would be series without end.

    Rates and open requests fill and empty all day, and end by themselves: used up, they are no news.
    """
    tenants = list(state.tenants())
    first = (name for name in tenants if own(name) is not None)
    for tenant in islice(chain(first, (name for name in tenants if own(name) is None)), MAX_TENANTS):
        for limit in (own(tenant) or default).all_limits:
            if not limit.per and not limit.only and limit.window not in (None, MINUTE):
                applied = AppliedLimit(limit, TENANT, window_of(limit, now))
                ratio = ratio_of(limit, limit_state(state, tenant, applied, (ONE, now)))
                yield LimitUtilisation(tenant, limit.name, ratio, highest_reached_threshold(limit, ratio))


def ratio_of(limit: Limit, standing: LimitState) -> Decimal:
    """Tell which share of a limit is used; all of one of zero."""
    return (
        standing.used_ratio
        if isinstance(standing, LimitBalance)
        else standing.as_balance(limit.amount).used_ratio
    )


def highest_reached_threshold(limit: Limit, ratio: Decimal) -> Decimal:
    """Find the highest threshold that a share has reached."""
    return max((threshold for threshold in limit.alert_at if ratio >= threshold), default=ZERO)
