"""How a provider says that it served a call, where prices depend on it: service tier, speed, batch, region."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from pydantic import JsonValue

Block = Mapping[str, JsonValue]
WORD = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
# What calls have that are served as all are; a price list has one price for these.
USUAL = frozenset({"default", "standard", "auto", "on_demand", "not_available", "global", "unspecified", "normal"})
TRAFFIC = MappingProxyType({"on_demand_flex": "flex", "on_demand_priority": "priority", "provisioned_throughput": "provisioned"})


def billing_context(*blocks: Block) -> dict[str, str]:
    """Collect what is unusual from a body and its usage block; a call without any was served and is billed as all are."""
    found: dict[str, str] = {}
    for block in blocks:
        found |= _named("service_tier", block.get("service_tier"), block.get("serviceTier"))
        found |= _traffic(block.get("trafficType", block.get("traffic_type")))
        found |= _named("speed", block.get("speed"), _inner(block.get("performanceConfig"), "latency"))
        found |= _named("inference_geo", block.get("inference_geo"))
    return usual(found)


def usual(context: Mapping[str, str]) -> dict[str, str]:
    """Drop what changes no price, and name a batch as a way of processing, whoever calls it a tier."""
    kept = {name: value for name, value in context.items() if value not in USUAL}
    if kept.get("service_tier") == "batch":
        kept["processing"] = kept.pop("service_tier")
    return kept


def _named(name: str, *values: JsonValue) -> dict[str, str]:
    for value in values:
        text = _inner(value, "type") if isinstance(value, Mapping) else value
        word = text.lower().removeprefix("service_tier_") if isinstance(text, str) else ""
        if WORD.fullmatch(word):
            return {name: word}
    return {}


def _traffic(value: JsonValue) -> dict[str, str]:
    tier = TRAFFIC.get(value.lower()) if isinstance(value, str) else None
    return {"service_tier": tier} if tier is not None else {}


def _inner(value: JsonValue, name: str) -> JsonValue:
    return value.get(name) if isinstance(value, Mapping) else None
