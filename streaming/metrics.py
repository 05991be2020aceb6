"""Every metric that Weir's loops export, in one typed catalogue; labels never hold content."""

from prometheus_client import Counter, Gauge, Histogram

LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)

RECORDS_IN = Counter("weir_records_in_total", "Records taken from a topic by a loop", ("group", "topic"))
EVENTS_OUT = Counter("weir_events_out_total", "Events acknowledged by the broker", ("group", "topic"))
DEAD_LETTERS = Counter(
    "weir_dead_letters_total", "Records that could not be handled", ("group", "topic", "reason")
)
RETRIES = Counter(
    "weir_handler_retries_total", "Handler calls repeated after an unexpected error", ("group",)
)
BATCH_SECONDS = Histogram(
    "weir_batch_seconds",
    "From a poll's return to the last acknowledgement",
    ("group",),
    buckets=LATENCY_BUCKETS_S,
)
HOP_SECONDS = Histogram(
    "weir_hop_seconds",
    "From a record's timestamp to the acknowledgement of what follows from it",
    ("group",),
    buckets=LATENCY_BUCKETS_S,
)
DEPENDENCY_WAITS = Counter(
    "weir_dependency_waits_total", "Times a partition worker waited because a dependency was down", ("group",)
)
PARTITION_WORKERS = Gauge("weir_lanes", "Partitions that a loop works on now", ("group",))
IN_FLIGHT = Gauge("weir_calls_in_flight", "Outside calls in flight", ("group",))
FOLDED = Counter("weir_ledger_folded_total", "Decisions read back from the log on an assignment", ("group",))
UNFOLDED = Counter(
    "weir_ledger_decisions_gone_total",
    "Decisions that left the log before a snapshot held them",
    ("group", "topic"),
)
SNAPSHOTS = Counter("weir_ledger_snapshots_total", "Snapshots written", ("group",))
ROWS_STORED = Counter(
    "weir_rows_stored_total", "Rows stored, repeats of a block not counted", ("group", "table")
)
REDELIVERIES = Counter(
    "weir_repeats_dropped_total", "Records dropped because the log already holds their id", ("group", "topic")
)
PURGED = Gauge(
    "weir_purged_offset", "Offset below which a raw topic's records are deleted", ("topic", "partition")
)
