"""Every metric that the meter exports beside those of its loop; labels never hold content."""

from prometheus_client import Counter, Gauge

BUDGET_USED = Gauge(
    "weir_meter_budget_used_ratio", "Captured, reserved and held as a share of a limit of the whole tenant, refreshed each 15 s", ("tenant", "limit")
)
BUDGET_ALERT = Gauge("weir_meter_budget_alert_ratio", "The highest alert_at of a limit that is reached; 0 where none is", ("tenant", "limit"))
SOFT_LIMITS_PASSED = Counter("weir_meter_soft_limits_passed_total", "Requests admitted beyond a soft limit", ("tenant", "limit"))
