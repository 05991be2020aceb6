"""How a call was served, by the provider's report: service tier, speed, batch and region, for its price."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from pydantic import JsonValue

Block = Mapping[str, JsonValue]
CONTEXT_VALUE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
# Values of calls that are served as usual, by their various names; they have the usual price.
USUAL_VALUES = frozenset(
    {
        "",
        "auto",
        "default",
        "global",
        "normal",
        "not_available",
        "on_demand",
        "online",
        "realtime",
        "standard",
        "unspecified",
    }
)
BATCH = "batch"
TIER_BY_TRAFFIC_TYPE = MappingProxyType(
    {"on_demand_flex": "flex", "on_demand_priority": "priority", "provisioned_throughput": "provisioned"}
)


def reported_context(*blocks: Block, noted: Mapping[str, str] | None = None) -> dict[str, str]:
    """Collect how a call was served, usual or not, from a body and its usage block.

    `noted` by the router or the caller takes precedence.
    """
    context: dict[str, str] = {}
    for block in blocks:
        context |= _named("service_tier", block.get("service_tier"), block.get("serviceTier"))
        context |= _traffic(block.get("trafficType", block.get("traffic_type")))
        context |= _named("speed", block.get("speed"), _inner(block.get("performanceConfig"), "latency"))
        context |= _named("inference_geo", block.get("inference_geo"))
    return with_precedence(context, noted or {})


def with_precedence(reported: Mapping[str, str], noted: Mapping[str, str]) -> dict[str, str]:
    """Merge two contexts of a call; a noted processing takes precedence over a reported batch tier."""
    first, second = canonical_context(reported), canonical_context(noted)
    if second.get("processing", BATCH) != BATCH and first.get("service_tier") == BATCH:
        del first["service_tier"]
    return first | second


def canonical_context(context: Mapping[str, str]) -> dict[str, str]:
    """Return a context in one spelling: lower case, no prefix, and the tier `batch` as `processing` too."""
    values = {name: _canonical_value(name, value) for name, value in context.items()}
    return values | {"processing": BATCH} if values.get("service_tier") == BATCH else values


def without_batch_tier(context: Mapping[str, str]) -> dict[str, str]:
    """Remove `service_tier: batch` from a context, which keeps `processing: batch`, as price lists use it."""
    values = canonical_context(context).items()
    return {name: value for name, value in values if (name, value) != ("service_tier", BATCH)}


def without_usual_values(context: Mapping[str, str]) -> dict[str, str]:
    """Drop the values that do not affect prices; an empty context has the usual price.

    Each price book calls this itself, so that the origin of a context does not matter.
    An unknown value is kept, and the call is held where prices depend on it.
    """
    return {name: value for name, value in canonical_context(context).items() if value not in USUAL_VALUES}


def _canonical_value(name: str, value: str) -> str:
    return value.strip().lower().removeprefix(f"{name}_")


def _named(name: str, *values: JsonValue) -> dict[str, str]:
    for value in values:
        text = _inner(value, "type") if isinstance(value, Mapping) else value
        word = _canonical_value(name, text) if isinstance(text, str) else ""
        if CONTEXT_VALUE.fullmatch(word):
            return {name: word}
    return {}


def _traffic(value: JsonValue) -> dict[str, str]:
    tier = TIER_BY_TRAFFIC_TYPE.get(value.lower()) if isinstance(value, str) else None
    return {"service_tier": tier} if tier is not None else {}


def _inner(value: JsonValue, name: str) -> JsonValue:
    return value.get(name) if isinstance(value, Mapping) else None
