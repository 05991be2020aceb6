"""Usage blocks of OpenAI and compatible providers; totals include cached, media and reasoning tokens."""

from dataclasses import dataclass
from decimal import Decimal

from schemas.outcomes import TokenUsage
from services.meter.domain.usage.counts import MODALITIES, MediaTokens, UsageBlock, UsageReader, media_of
from services.meter.domain.usage.units import usage_units

IN, OUT = ("prompt_tokens", "input_tokens"), ("completion_tokens", "output_tokens")
# DeepSeek, Moonshot, xAI's library, and gateways with Anthropic's names report cached tokens beside the
# totals.
CACHED_BESIDE_TOTALS = (
    "prompt_cache_hit_tokens",
    "cached_tokens",
    "cached_prompt_text_tokens",
    "cache_read_input_tokens",
)
CACHE_WRITE_FIELDS = ("cache_write_tokens", "cache_creation_tokens")
NO_TOKENS = TokenUsage(input=0, cache_read=0, cache_write=0, output=0, reasoning=0)
EMBEDDING_PROVIDERS = ("voyage", "jina")
PERPLEXITY_FIELDS = frozenset({"citation_tokens", "num_search_queries", "search_context_size"})


@dataclass(frozen=True, slots=True)
class OpenAITotals:
    """The totals of the provider."""

    prompt: int | None
    completion: int | None
    reasoning: int | None
    total: int | None


def read_openai(raw: UsageBlock, hint: str) -> TokenUsage:
    """Convert the usage of chat, responses, embeddings, images, transcripts and realtime."""
    if raw.get("type") == "duration" or ("seconds" in raw and not any(name in raw for name in (*IN, *OUT))):
        return _seconds(raw)
    counts = UsageReader(raw)
    inputs = counts.details("prompt_tokens_details", "input_tokens_details", "input_token_details")
    outputs = counts.details("completion_tokens_details", "output_tokens_details", "output_token_details")
    media = _media(counts, inputs, outputs)
    cached, written = _cached(counts, inputs), _written(counts, inputs)
    totals = _totals(counts, outputs, hint)
    cached_text = counts.remainder("cached_tokens", cached, media.cached.values())
    usage = TokenUsage(
        input=counts.remainder("prompt_tokens", totals.prompt, [cached, written, *media.fresh.values()]),
        cache_read=cached_text,
        cache_write=written,
        output=_answer_tokens(counts, totals, media, hint),
        reasoning=totals.reasoning,
        media=media.named() | _citations(counts),
        units=usage_units(counts),
    )
    return counts.to_usage(usage)


def _seconds(raw: UsageBlock) -> TokenUsage:
    """Read a transcript that is billed by its duration."""
    counts = UsageReader(raw)
    seconds = counts.quantity("seconds", raw.get("seconds"))
    return counts.to_usage(TokenUsage() if seconds is None else seconds_usage(seconds))


def _media(counts: UsageReader, inputs: UsageBlock, outputs: UsageBlock) -> MediaTokens:
    cached_details = counts.details("cached_tokens_details", inside=inputs)
    whole, cached, output = (
        {
            kind: counts.optional(f"{kind}_tokens", inside=block)
            for kind in MODALITIES
            if block.get(f"{kind}_tokens") is not None
        }
        for block in (inputs, cached_details, outputs)
    )
    if text := counts.optional("text_tokens", inside=inputs):
        counts.check("prompt_tokens", counts.read(*IN), [text, *whole.values()])
    return media_of(counts, {**dict.fromkeys(cached, 0), **whole}, cached, output)


def _cached(counts: UsageReader, inputs: UsageBlock) -> int | None:
    named = [name for name in ("cached_tokens", "cache_read_input_tokens") if inputs.get(name) is not None]
    cached = counts.read(*named, inside=inputs) if named else counts.optional(*CACHED_BESIDE_TOTALS)
    if "prompt_cache_miss_tokens" in counts.raw:
        hit, missed = counts.optional("prompt_cache_hit_tokens"), counts.optional("prompt_cache_miss_tokens")
        counts.check("prompt_tokens", counts.read(*IN), [hit, missed])
    return cached


def _written(counts: UsageReader, inputs: UsageBlock) -> int | None:
    return (
        counts.optional(*CACHE_WRITE_FIELDS, inside=inputs)
        if any(name in inputs for name in CACHE_WRITE_FIELDS)
        else counts.optional("cache_creation_input_tokens")
    )


def _totals(counts: UsageReader, outputs: UsageBlock, hint: str) -> OpenAITotals:
    """Read the totals; where the total equals the prompt, as for an embedding, the completion is 0."""
    prompt, completion, total = counts.read(*IN), counts.read(*OUT), counts.read("total_tokens")
    named = "reasoning_tokens" in outputs
    reasoning = (
        counts.optional("reasoning_tokens", inside=outputs) if named else counts.optional("reasoning_tokens")
    )
    if prompt is None and completion is None and total is not None and hint.startswith(EMBEDDING_PROVIDERS):
        prompt = total
    if (
        completion is None
        and prompt is not None
        and prompt == total
        and not any(counts.raw.get(name) is not None for name in OUT)
    ):
        completion = 0
    return OpenAITotals(prompt, completion, reasoning, total)


def _answer_tokens(counts: UsageReader, totals: OpenAITotals, media: MediaTokens, hint: str) -> int | None:
    """Return the output without reasoning and media.

    That a provider leaves reasoning out of `completion_tokens` follows from its total, or is known of it.
    """
    output_media = list(media.output.values())
    if _reasons_outside(counts, totals, hint):
        return counts.remainder("completion_tokens", totals.completion, output_media)
    counts.check_total("total_tokens", totals.total, [totals.prompt, totals.completion])
    return counts.remainder("completion_tokens", totals.completion, [totals.reasoning, *output_media])


def _reasons_outside(counts: UsageReader, totals: OpenAITotals, hint: str) -> bool:
    if not totals.reasoning or totals.completion is None:
        return False
    # Perplexity bills reasoning and citations beside the completion, and leaves both out of its total.
    if not PERPLEXITY_FIELDS.isdisjoint(counts.raw) and "reasoning_tokens" in counts.raw:
        return True
    if totals.total is not None and totals.prompt is not None:
        return totals.total == totals.prompt + totals.completion + totals.reasoning
    return totals.reasoning > totals.completion or (_is_xai(hint) and "completion_tokens" in counts.raw)


def _is_xai(hint: str) -> bool:
    return hint in {"x-ai", "xai", "grok"}


def _citations(counts: UsageReader) -> dict[str, int]:
    cited = counts.optional("citation_tokens")
    return {"output_citation": cited} if cited else {}


def seconds_usage(seconds: Decimal) -> TokenUsage:
    """Return the usage of a transcript that reports only its duration."""
    return NO_TOKENS.model_copy(update={"units": {"input_audio_seconds": seconds}}) if seconds else NO_TOKENS
