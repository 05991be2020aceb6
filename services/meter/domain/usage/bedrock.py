"""Usage as Bedrock reports it: Converse, whose input leaves cached tokens out, and the models' own names."""

from collections.abc import Mapping

from schemas.outcomes import TokenUsage
from services.meter.domain.usage.counts import UsageBlock, UsageReader, total_of
from services.meter.domain.usage.units import usage_units

CACHE_READ_FIELDS = ("cacheReadInputTokens", "cacheReadInputTokenCount", "cacheReadTokens")
CACHE_WRITE_FIELDS = ("cacheWriteInputTokens", "cacheWriteInputTokenCount", "cacheWriteTokens")
OUTPUT_FIELDS = ("outputTokens", "outputTokenCount", "generation_token_count", "tokenCount")
INPUT_FIELDS = ("inputTokens", "inputTokenCount", "inputTextTokenCount", "prompt_token_count")


def read_bedrock(raw: UsageBlock, hint: str) -> TokenUsage:
    """Take the classes as they are; `totalTokens` add all of them up."""
    del hint
    counts = UsageReader(raw)
    fresh, output = counts.read(*INPUT_FIELDS), counts.read(*OUTPUT_FIELDS)
    if "inputTextTokenCount" in raw and output is None:
        output = counts.optional(*OUTPUT_FIELDS)
    read, written = counts.optional(*CACHE_READ_FIELDS), counts.optional(*CACHE_WRITE_FIELDS)
    lasting = _kept_for_an_hour(counts, written)
    counts.check_total("totalTokens", counts.read("totalTokens"), [fresh, read, written, output])
    usage = TokenUsage(
        input=fresh,
        cache_read=read,
        cache_write=counts.remainder("cacheWriteInputTokens", written, [lasting]),
        cache_write_1h=lasting,
        output=output,
        reasoning=0,
        units=usage_units(counts),
    )
    return counts.to_usage(usage)


def _kept_for_an_hour(counts: UsageReader, written: int | None) -> int | None:
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
