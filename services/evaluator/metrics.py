"""The evaluator's own Prometheus metrics; labels never hold content or tenants."""

from prometheus_client import Counter

UNMEASURED = Counter(
    "weir_evaluator_unmeasured_total",
    "Answers for which a plug-in's or an HTTP metric gave no value: stored as NULL.",
    ("metric", "reason"),
)
