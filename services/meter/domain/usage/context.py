"""How a provider says that it served a call, where prices depend on it: service tier, speed, batch, region."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from pydantic import JsonValue

Block = Mapping[str, JsonValue]
CONTEXT_VALUE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
# What calls have that are served as all are, under whichever name: a price has no variant for these.
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

    What the router or the caller has noted of the same call comes last, and so wins.
    """
    found: dict[str, str] = {}
    for block in blocks:
        found |= _named("service_tier", block.get("service_tier"), block.get("serviceTier"))
        found |= _traffic(block.get("trafficType", block.get("traffic_type")))
        found |= _named("speed", block.get("speed"), _inner(block.get("performanceConfig"), "latency"))
        found |= _named("inference_geo", block.get("inference_geo"))
    return canonical_context(found) | canonical_context(noted or {})


def canonical_context(context: Mapping[str, str]) -> dict[str, str]:
    """Write a context in one spelling: small letters, no prefix; a batch tier is named as processing, too."""
    ways = {name: _canonical_value(name, value) for name, value in context.items()}
    return ways | {"processing": BATCH} if ways.get("service_tier") == BATCH else ways


def without_batch_tier(context: Mapping[str, str]) -> dict[str, str]:
    """Name a batch as a way of processing alone, as price lists do."""
    ways = canonical_context(context).items()
    return {name: value for name, value in ways if (name, value) != ("service_tier", BATCH)}


def without_usual_values(context: Mapping[str, str]) -> dict[str, str]:
    """Drop what changes no price; a call of which nothing is left was served and is billed as all are.

    Each price book asks this itself, so that it does not matter where a context came from.
    A word that is not known stays, and is held where prices depend on it.
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
