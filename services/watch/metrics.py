"""The metrics of the watch; the first two have the names that common Kafka dashboards use."""

from prometheus_client import Gauge

GROUP_PARTITION = ("consumergroup", "topic", "partition")

LAG = Gauge(
    "kafka_consumergroup_lag",
    "Offsets between the first unfinished record and the log's end",
    GROUP_PARTITION,
)
LAG_SECONDS = Gauge(
    "kafka_consumergroup_lag_seconds",
    "How long the first unfinished record has been waiting",
    GROUP_PARTITION,
)
DRAIN_SECONDS = Gauge(
    "weir_consumergroup_drain_seconds",
    "Time until the lag is gone at the present rates; +Inf is never",
    GROUP_PARTITION,
)
LOSS_SECONDS = Gauge(
    "weir_consumergroup_seconds_to_loss",
    "Time until retention deletes the first unfinished record",
    GROUP_PARTITION,
)
CONSUMED = Gauge("weir_consumergroup_consumed_per_second", "Offsets committed per second", GROUP_PARTITION)
PRODUCED = Gauge("weir_consumergroup_produced_per_second", "Offsets appended per second", GROUP_PARTITION)
LOST = Gauge(
    "weir_consumergroup_lost_offsets",
    "Offsets that were deleted before the group had finished them",
    GROUP_PARTITION,
)
UNSTABLE = Gauge(
    "weir_partition_unstable_offsets",
    "Offsets from the last stable one to the log's end: an open transaction holds them",
    GROUP_PARTITION[1:],
)
UNSTABLE_SECONDS = Gauge(
    "weir_partition_unstable_seconds",
    "How long an open transaction has been holding the partition",
    GROUP_PARTITION[1:],
)
STATE = Gauge(
    "weir_consumergroup_state", "1 for the state that the partition is in", (*GROUP_PARTITION, "state")
)
SAMPLED_AT = Gauge("weir_watch_last_look_timestamp_seconds", "When the watch last saw all offsets")
