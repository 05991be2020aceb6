"""Every metric that the meter exports beside those of its loop; labels never hold content."""

from collections.abc import Iterable
from decimal import Decimal

from prometheus_client import Counter, Gauge

BUDGET_USED = Gauge(
    "weir_meter_budget_used_ratio", "Captured, reserved and held as a share of a limit of the whole tenant, refreshed each 15 s", ("tenant", "limit")
)
BUDGET_ALERT = Gauge("weir_meter_budget_alert_ratio", "The highest alert_at of a limit that is reached; 0 where none is", ("tenant", "limit"))
SOFT_LIMITS_PASSED = Counter("weir_meter_soft_limits_passed_total", "Requests admitted beyond a soft limit", ("tenant", "limit"))

STALE_S = 60.0


class BudgetGauges:
    """Shows the used shares, and takes back those that nobody refreshes: their partition has moved, or their limit is gone."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], float] = {}

    def show(self, shares: Iterable[tuple[str, str, Decimal, Decimal]], now_s: float) -> None:
        """Take tenant, limit, used share and reached threshold of one partition's tenants."""
        for tenant, limit, ratio, alert in shares:
            BUDGET_USED.labels(tenant, limit).set(float(ratio))
            BUDGET_ALERT.labels(tenant, limit).set(float(alert))
            self._seen[tenant, limit] = now_s
        for labels in [labels for labels, at in self._seen.items() if at < now_s - STALE_S]:
            del self._seen[labels]
            BUDGET_USED.remove(*labels)
            BUDGET_ALERT.remove(*labels)
