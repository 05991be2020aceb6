"""Usage blocks of Anthropic, also on Bedrock, Vertex and Azure: input tokens do not include cached ones."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from schemas.outcomes import TokenUsage
from services.meter.domain.usage.counts import UsageBlock, UsageReader, total_of
from services.meter.domain.usage.units import usage_units


@dataclass(frozen=True, slots=True)
class SamplingUsage:
    """The token classes of one sampling; `cache_write` includes `cache_write_1h`."""

    input: int | None
    cache_read: int | None
    cache_write: int | None
    cache_write_1h: int | None
    output: int | None


def read_anthropic(raw: UsageBlock, hint: str) -> TokenUsage:
    """Convert the classes; `output_tokens` include thinking, and compactions are billed beside the totals."""
    del hint
    counts = UsageReader(raw)
    others, advisor_units = _other_samplings(counts)
    samplings = [_sampling(counts), *others]
    written = total_of(sampling.cache_write for sampling in samplings)
    output = total_of(sampling.output for sampling in samplings)
    one_hour = total_of(sampling.cache_write_1h for sampling in samplings)
    thinking = counts.optional("thinking_tokens", inside=counts.details("output_tokens_details"))
    usage = TokenUsage(
        input=total_of(sampling.input for sampling in samplings),
        cache_read=total_of(sampling.cache_read for sampling in samplings),
        cache_write=counts.remainder("cache_creation_input_tokens", written, [one_hour]),
        cache_write_1h=one_hour,
        output=counts.remainder("output_tokens", output, [thinking]),
        reasoning=thinking,
        units=usage_units(counts) | advisor_units,
    )
    return counts.to_usage(usage)


def _sampling(counts: UsageReader) -> SamplingUsage:
    written = counts.optional("cache_creation_input_tokens")
    by_age = counts.details("cache_creation")
    five_minutes, one_hour = (
        counts.optional(f"ephemeral_{age}_input_tokens", inside=by_age) for age in ("5m", "1h")
    )
    if by_age and counts.raw.get("cache_creation_input_tokens") is None:
        written = total_of([five_minutes, one_hour])
    elif by_age:
        counts.check("cache_creation_input_tokens", written, [five_minutes, one_hour])
    return SamplingUsage(
        counts.read("input_tokens"),
        counts.optional("cache_read_input_tokens"),
        written,
        one_hour,
        counts.read("output_tokens"),
    )


def _other_samplings(counts: UsageReader) -> tuple[list[SamplingUsage], dict[str, Decimal]]:
    """Read the samplings that are not in the totals: compactions, and calls of an advisor model.

    An advisor has another price, so that its tokens are returned as a unit.
    """
    samplings: list[SamplingUsage] = []
    advisor_tokens = 0
    for block in _blocks(counts.raw.get("iterations")):
        if block.get("type") in (None, "message"):
            continue
        inner = UsageReader(block)
        sampling = _sampling(inner)
        counts.problems.extend(inner.problems)
        if isinstance(block.get("model"), str) and block.get("model"):
            tokens = total_of([sampling.input, sampling.cache_read, sampling.cache_write, sampling.output])
            # At least one, so that a call without counts is not lost: it has no price, and is held.
            advisor_tokens += tokens or 1
        else:
            samplings.append(sampling)
    return samplings, {"advisor_tokens": Decimal(advisor_tokens)} if advisor_tokens else {}


def _blocks(value: object) -> Iterable[UsageBlock]:
    return [block for block in value if isinstance(block, Mapping)] if isinstance(value, list) else []
