"""Usage as Anthropic reports it, at its own address, on Bedrock, on Vertex and on Azure: input leaves cached tokens out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from schemas.outcomes import TokenUsage
from services.meter.domain.usage.counts import UsageBlock, UsageReader, total_of
from services.meter.domain.usage.units import usage_units


@dataclass(frozen=True, slots=True)
class SamplingUsage:
    """The classes of one sampling; `written` is all that was written to the cache, `lasting` the part that is kept for an hour."""

    input: int | None
    cache_read: int | None
    cache_write: int | None
    cache_write_1h: int | None
    output: int | None


def read_anthropic(raw: UsageBlock, hint: str) -> TokenUsage:
    """Take the classes as they are; `output_tokens` hold the thinking, and a compaction is billed beside the totals."""
    del hint
    counts = UsageReader(raw)
    others, advised = _iterations(counts)
    turns = [_turn(counts), *others]
    lasting = total_of(turn.cache_write_1h for turn in turns)
    thinking = counts.optional("thinking_tokens", inside=counts.details("output_tokens_details"))
    usage = TokenUsage(
        input=total_of(turn.input for turn in turns),
        cache_read=total_of(turn.cache_read for turn in turns),
        cache_write=counts.remainder(
            "cache_creation_input_tokens", total_of(turn.cache_write for turn in turns), [lasting]
        ),
        cache_write_1h=lasting,
        output=counts.remainder("output_tokens", total_of(turn.output for turn in turns), [thinking]),
        reasoning=thinking,
        units=usage_units(counts) | advised,
    )
    return counts.to_usage(usage)


def _turn(counts: UsageReader) -> SamplingUsage:
    written = counts.optional("cache_creation_input_tokens")
    by_age = counts.details("cache_creation")
    short, lasting = (counts.optional(f"ephemeral_{age}_input_tokens", inside=by_age) for age in ("5m", "1h"))
    if by_age and counts.raw.get("cache_creation_input_tokens") is None:
        written = total_of([short, lasting])
    elif by_age:
        counts.check("cache_creation_input_tokens", written, [short, lasting])
    return SamplingUsage(
        counts.read("input_tokens"),
        counts.optional("cache_read_input_tokens"),
        written,
        lasting,
        counts.read("output_tokens"),
    )


def _iterations(counts: UsageReader) -> tuple[list[SamplingUsage], dict[str, Decimal]]:
    """Find samplings that the totals leave out: compactions, and advice by another model, which has another price."""
    turns: list[SamplingUsage] = []
    advised = 0
    for block in _blocks(counts.raw.get("iterations")):
        if block.get("type") in (None, "message"):
            continue
        inner = UsageReader(block)
        turn = _turn(inner)
        counts.problems.extend(inner.problems)
        if isinstance(block.get("model"), str) and block.get("model"):
            advised += total_of([turn.input, turn.cache_read, turn.cache_write, turn.output]) or 1
        else:
            turns.append(turn)
    return turns, {"advisor_tokens": Decimal(advised)} if advised else {}


def _blocks(value: object) -> Iterable[UsageBlock]:
    return [block for block in value if isinstance(block, Mapping)] if isinstance(value, list) else []
