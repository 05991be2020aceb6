"""The gateway's own metrics, besides those of the stream; labels never contain content or tenants."""

from prometheus_client import Counter, Gauge, Histogram

from streaming.metrics import LATENCY_BUCKETS_S

REPLIES = Counter("weir_gateway_replies_total", "HTTP replies", ("route", "status"))
REPLY_SECONDS = Histogram(
    "weir_gateway_reply_seconds",
    "From the first byte of a call to its reply",
    ("route",),
    buckets=LATENCY_BUCKETS_S,
)
WAITING = Gauge("weir_gateway_waiting", "Calls that wait for their outcome")
LAG = Gauge(
    "weir_gateway_stream_lag_seconds",
    "How long the oldest request has been waiting for the guard, the meter or a router that is late",
)
HELD = Gauge(
    "weir_gateway_held_seconds", "How long an open transaction has been holding a partition that calls pass"
)
READY = Gauge("weir_gateway_ready", "1 where the gateway can publish and hears outcomes")
