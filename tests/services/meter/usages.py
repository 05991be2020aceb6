"""A usage block of Anthropic, and expected usage, for tests."""

from schemas.outcomes import TokenUsage
from services.meter.domain.usage.counts import UsageBlock

ANTHROPIC: UsageBlock = {
    "input_tokens": 21,
    "cache_creation_input_tokens": 188,
    "cache_read_input_tokens": 2000,
    "cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 88},
    "output_tokens": 393,
    "service_tier": "standard",
}


def usage(*classes: int | None) -> TokenUsage:
    fresh, read, written, output, reasoning = classes
    return TokenUsage(input=fresh, cache_read=read, cache_write=written, output=output, reasoning=reasoning)


def flagged(read: TokenUsage, problem: str) -> TokenUsage:
    return read.model_copy(update={"mismatch": problem})
