"""Provider usage blocks as disjoint token classes that add up to the provider's own totals."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from pydantic import JsonValue

from schemas.outcomes import TokenUsage

Raw = Mapping[str, JsonValue]


class _Counts:
    """Reads counts out of a usage block and remembers what was wrong with them."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def read(self, block: Raw, *names: str) -> int | None:
        """The first of these fields that is there; a count that is no whole number from 0 on is unknown and a problem."""
        for name in names:
            value = block.get(name)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or value != value or value < 0 or value != int(value):  # noqa: PLR0124 - NaN
                self.problems.append(f"{name} is no count")
                return None
            return int(value)
        return None

    def part(self, whole: int | None, part: int | None, name: str) -> int | None:
        """What is left of a total without a class that it includes."""
        if whole is None or part is None:
            return whole
        if part > whole:
            self.problems.append(f"{name} is larger than the total that includes it")
            return None
        return whole - part

    def done(self, *, input_: int | None, cache_read: int, cache_write: int, output: int | None, reasoning: int) -> TokenUsage:
        """The classes, with what was wrong."""
        if input_ is None or output is None:
            self.problems.append("input or output tokens are missing")
        mismatch = "; ".join(self.problems) or None
        return TokenUsage(input=input_, cache_read=cache_read, cache_write=cache_write, output=output, reasoning=reasoning, mismatch=mismatch)


def _openai(raw: Raw) -> TokenUsage:
    """OpenAI's totals include cached and reasoning tokens, so these leave them first."""
    counts = _Counts()
    prompt = counts.read(raw, "prompt_tokens", "input_tokens")
    completion = counts.read(raw, "completion_tokens", "output_tokens")
    cached = counts.read(_block(raw, "prompt_tokens_details", "input_tokens_details"), "cached_tokens") or 0
    reasoning = counts.read(_block(raw, "completion_tokens_details", "output_tokens_details"), "reasoning_tokens") or 0
    total = counts.read(raw, "total_tokens")
    if total is not None and prompt is not None and completion is not None and total != prompt + completion:
        counts.problems.append(f"total_tokens is {total}, input and output add up to {prompt + completion}")
    return counts.done(
        input_=counts.part(prompt, cached, "cached_tokens"),
        cache_read=cached,
        cache_write=0,
        output=counts.part(completion, reasoning, "reasoning_tokens"),
        reasoning=reasoning,
    )


def _anthropic(raw: Raw) -> TokenUsage:
    """Anthropic's input_tokens leave cached tokens out, and output_tokens hold the thinking."""
    counts = _Counts()
    return counts.done(
        input_=counts.read(raw, "input_tokens"),
        cache_read=counts.read(raw, "cache_read_input_tokens") or 0,
        cache_write=counts.read(raw, "cache_creation_input_tokens") or 0,
        output=counts.read(raw, "output_tokens"),
        reasoning=0,
    )


NORMALISERS: Mapping[str, Callable[[Raw], TokenUsage]] = MappingProxyType({"openai": _openai, "anthropic": _anthropic})


def normalise(kind: str, raw: Raw | None) -> TokenUsage | None:
    """The token classes of a provider's usage block; None where the provider reported none."""
    normaliser = NORMALISERS.get(kind)
    if raw is None or normaliser is None:
        return None
    return normaliser(raw)


def total(usages: Iterable[TokenUsage | None]) -> TokenUsage | None:
    """The sum over several calls; a class is unknown as soon as one call's is, and None is no usage at all."""
    known = [usage for usage in usages if usage is not None]
    if not known:
        return None
    return TokenUsage(
        input=_sum(usage.input for usage in known),
        cache_read=_sum(usage.cache_read for usage in known),
        cache_write=_sum(usage.cache_write for usage in known),
        output=_sum(usage.output for usage in known),
        reasoning=_sum(usage.reasoning for usage in known),
        mismatch="; ".join(usage.mismatch for usage in known if usage.mismatch) or None,
    )


def _sum(values: Iterable[int | None]) -> int | None:
    counts = list(values)
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def _block(raw: Raw, *names: str) -> Raw:
    for name in names:
        value = raw.get(name)
        if isinstance(value, Mapping):
            return value
    return {}
