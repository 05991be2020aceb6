"""Usage blocks of Cohere, which report billed units beside the tokens that were read."""

from decimal import Decimal

from schemas.outcomes import TokenUsage
from services.meter.domain.usage.counts import UsageBlock, UsageReader
from services.meter.domain.usage.units import usage_units

BILLED_FIELDS = ("input_tokens", "output_tokens", "image_tokens", "search_units", "classifications", "images")


def read_cohere(raw: UsageBlock, hint: str) -> TokenUsage:
    """Convert the billed units, else the tokens; a rerank bills searches only, an embedding no output.

    Cohere has no price for cached tokens, so that its `cached_tokens` stay in the input.
    """
    del hint
    outer = UsageReader(raw)
    counts = UsageReader(outer.details("billed_units") or outer.details("tokens"))
    counts.problems.extend(outer.problems)
    if all(counts.raw.get(name) is None for name in BILLED_FIELDS):
        return counts.to_usage(TokenUsage())
    images = counts.optional("image_tokens")
    usage = TokenUsage(
        input=counts.optional("input_tokens") if images is not None else None,
        cache_read=0,
        cache_write=0,
        output=counts.optional("output_tokens"),
        reasoning=0,
        media={"input_image": images} if images else {},
        units=dict[str, Decimal](usage_units(counts)),
    )
    return counts.to_usage(usage)
