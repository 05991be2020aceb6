"""The meter's own metrics, besides those of the stream; no label contains content or text from a provider."""

from collections.abc import Iterable
from typing import get_args

from prometheus_client import Counter, Gauge

from schemas.outcomes import BookedAttempt
from services.meter.domain.limits.gauges import LimitUtilisation
from services.meter.domain.settlement.held_reasons import HeldReason, reason_of

HELD_LINES = Counter("weir_meter_held_lines_total", "Usage lines booked without a cost, by why", ("reason",))
MISMATCHED_USAGE = Counter(
    "weir_meter_mismatched_usage_total",
    "Usage reports that do not add up to the provider's own totals",
    ("provider",),
)

BUDGET_USED = Gauge(
    "weir_meter_budget_used_ratio",
    "Captured, reserved and held as a share of a limit of the whole tenant, refreshed each 15 s",
    ("tenant", "limit"),
)
BUDGET_ALERT = Gauge(
    "weir_meter_budget_alert_ratio",
    "The highest alert_at of a limit that is reached; 0 where none is",
    ("tenant", "limit"),
)
SPENT_USD = Counter(
    "weir_meter_spent_usd_total",
    "Known cost of calls when they are booked, a float: for rates, sums stand in ClickHouse",
    ("tenant",),
)
SOFT_LIMITS_PASSED = Counter(
    "weir_meter_soft_limits_passed_total", "Requests admitted beyond a soft limit", ("tenant", "limit")
)

STALE_S = 60.0
MAX_PROVIDERS = 100
MAX_TENANTS = 2_000
OTHER = "other"


class BookingMetrics:
    """Counts booked lines without a cost or with a mismatch; repeated decisions after a crash count again."""

    def __init__(self) -> None:
        """Export each reason from the start, so that its first line is an increase from 0."""
        self._providers: set[str] = set()
        self._tenants: set[str] = set()
        for reason in get_args(HeldReason):
            HELD_LINES.labels(reason)

    def count(self, lines: Iterable[BookedAttempt]) -> None:
        """Count held lines and usage reports that do not add up."""
        for line in lines:
            if line.cost_usd is None:
                HELD_LINES.labels(reason_of(line)).inc()
            if line.usage is not None and line.usage.mismatch is not None:
                MISMATCHED_USAGE.labels(self._provider(line.result.provider)).inc()

    def add_cost(self, tenant: str, lines: Iterable[BookedAttempt]) -> None:
        """Add the known cost of new calls to a tenant's spend."""
        label = _bounded(self._tenants, tenant, MAX_TENANTS)
        SPENT_USD.labels(label).inc(float(sum(line.cost_usd for line in lines if line.cost_usd is not None)))

    def _provider(self, name: str) -> str:
        return _bounded(self._providers, name, MAX_PROVIDERS)


def _bounded(known: set[str], name: str, max_names: int) -> str:
    """Return a label value: once `max_names` are known, all others share one."""
    if name not in known and len(known) >= max_names:
        return OTHER
    known.add(name)
    return name


class BudgetGauges:
    """Exports the utilisation of limits; one that is not refreshed for a minute is removed.

    Its partition has moved to another process, or its limit does not exist any more.
    """

    def __init__(self) -> None:
        self._shown_at: dict[tuple[str, str], float] = {}

    def show(self, limits: Iterable[LimitUtilisation], now_s: float) -> None:
        """Export the limits of one partition's tenants at a time in seconds."""
        for tenant, limit, ratio, alert in limits:
            BUDGET_USED.labels(tenant, limit).set(float(ratio))
            BUDGET_ALERT.labels(tenant, limit).set(float(alert))
            self._shown_at[tenant, limit] = now_s
        for labels in [labels for labels, at in self._shown_at.items() if at < now_s - STALE_S]:
            del self._shown_at[labels]
            BUDGET_USED.remove(*labels)
            BUDGET_ALERT.remove(*labels)
