"""Usage blocks of Bedrock: Converse, whose input excludes cached tokens, and the models' own formats."""

from collections.abc import Mapping

from schemas.outcomes import TokenUsage
from services.meter.domain.usage.counts import UsageBlock, UsageReader, total_of
from services.meter.domain.usage.units import usage_units

CACHE_READ_FIELDS = ("cacheReadInputTokens", "cacheReadInputTokenCount", "cacheReadTokens")
CACHE_WRITE_FIELDS = ("cacheWriteInputTokens", "cacheWriteInputTokenCount", "cacheWriteTokens")
OUTPUT_FIELDS = ("outputTokens", "outputTokenCount", "generation_token_count", "tokenCount")
INPUT_FIELDS = ("inputTokens", "inputTokenCount", "inputTextTokenCount", "prompt_token_count")


def read_bedrock(raw: UsageBlock, hint: str) -> TokenUsage:
    """Convert the classes; `totalTokens` is the sum of all of them."""
    del hint
    counts = UsageReader(raw)
    fresh, output = counts.read(*INPUT_FIELDS), counts.read(*OUTPUT_FIELDS)
    if "inputTextTokenCount" in raw and output is None:
        output = counts.optional(*OUTPUT_FIELDS)
    cache_read, written = counts.optional(*CACHE_READ_FIELDS), counts.optional(*CACHE_WRITE_FIELDS)
    one_hour = _written_for_one_hour(counts, written)
    counts.check_total("totalTokens", counts.read("totalTokens"), [fresh, cache_read, written, output])
    usage = TokenUsage(
        input=fresh,
        cache_read=cache_read,
        cache_write=counts.remainder("cacheWriteInputTokens", written, [one_hour]),
        cache_write_1h=one_hour,
        output=output,
        reasoning=0,
        units=usage_units(counts),
    )
    return counts.to_usage(usage)


def _written_for_one_hour(counts: UsageReader, written: int | None) -> int | None:
    details = counts.raw.get("cacheDetails")
    if not isinstance(details, list):
        return 0
    by_age = [
        (item.get("ttl"), counts.optional("inputTokens", inside=item))
        for item in details
        if isinstance(item, Mapping)
    ]
    if by_age:
        counts.check("cacheWriteInputTokens", written, [count for _, count in by_age])
    return total_of(count for age, count in by_age if age == "1h")
