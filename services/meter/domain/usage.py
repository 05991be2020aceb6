"""Provider usage blocks as disjoint token classes that add up to the provider's own totals."""

import math
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from pydantic import JsonValue

from schemas.outcomes import TokenUsage

Raw = Mapping[str, JsonValue]
# More is no count of one call; without a bound one odd reply would break the arithmetic and the table's column.
MAX_COUNT = 10**12


class _Counts:
    """Reads counts out of a usage block, and remembers what was wrong with them and which were unreadable."""

    def __init__(self, raw: Raw) -> None:
        self.raw = raw
        self.problems: list[str] = []

    def read(self, *names: str, inside: Raw | None = None) -> int | None:
        """Read the first of these fields that is there; a count that is no whole number from 0 on is unknown, and a problem."""
        block = self.raw if inside is None else inside
        for name in names:
            value = block.get(name)
            if value is not None:
                return self._count(name, value)
        return None

    def optional(self, *names: str, inside: Raw | None = None) -> int | None:
        """Read a class that many providers do not have: absent is 0 since a known total holds it, unreadable is unknown."""
        block = self.raw if inside is None else inside
        return self.read(*names, inside=block) if any(block.get(name) is not None for name in names) else 0

    def details(self, *names: str) -> Raw:
        """Find a block inside the block."""
        for name in names:
            value = self.raw.get(name)
            if isinstance(value, Mapping):
                return value
            if value is not None:
                self.problems.append(f"{name} is no block")
        return {}

    def rest(self, name: str, whole: int | None, *parts: int | None) -> int | None:
        """Take the classes that a total includes out of it; unknown as soon as one of them is."""
        known = [part for part in parts if part is not None]
        if whole is None or len(known) < len(parts):
            return None
        if sum(known) > whole:
            self.problems.append(f"{name} is {whole}, less than the {sum(known)} that it includes")
            return None
        return whole - sum(known)

    def usage(self, *, fresh: int | None, cache_read: int | None, cache_write: int | None, output: int | None, reasoning: int | None) -> TokenUsage:
        """Put the classes together with what was wrong."""
        if None in {fresh, cache_read, cache_write, output, reasoning} and not self.problems:
            self.problems.append("input or output tokens are missing")
        mismatch = "; ".join(self.problems) or None
        return TokenUsage(input=fresh, cache_read=cache_read, cache_write=cache_write, output=output, reasoning=reasoning, mismatch=mismatch)

    def _count(self, name: str, value: JsonValue) -> int | None:
        if (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and math.isfinite(value)
            and 0 <= value <= MAX_COUNT
            and value == int(value)
        ):
            return int(value)
        self.problems.append(f"{name} is no count")
        return None


def _openai(raw: Raw) -> TokenUsage:
    """Split OpenAI's totals: they include cached and reasoning tokens, so these leave them first (chat and responses names)."""
    counts = _Counts(raw)
    inputs = counts.details("prompt_tokens_details", "input_tokens_details")
    outputs = counts.details("completion_tokens_details", "output_tokens_details")
    prompt, completion = counts.read("prompt_tokens", "input_tokens"), counts.read("completion_tokens", "output_tokens")
    # DeepSeek and Moonshot name cached tokens beside the totals.
    aside = counts.optional("prompt_cache_hit_tokens", "cached_tokens")
    cached = counts.read("cached_tokens", inside=inputs) if inputs.get("cached_tokens") is not None else aside
    written = counts.optional("cache_write_tokens", inside=inputs)
    reasoning = counts.optional("reasoning_tokens", inside=outputs)
    total = counts.read("total_tokens")
    answer = _answer_tokens(counts, (prompt, completion, reasoning, total))
    return counts.usage(
        fresh=counts.rest("prompt_tokens", prompt, cached, written), cache_read=cached, cache_write=written, output=answer, reasoning=reasoning
    )


def _answer_tokens(counts: _Counts, reported: tuple[int | None, int | None, int | None, int | None]) -> int | None:
    """Find the output without reasoning; some servers leave reasoning out of `completion_tokens`, and their own total shows it."""
    prompt, completion, reasoning, total = reported
    if prompt is None or completion is None or reasoning is None:
        return counts.rest("completion_tokens", completion, reasoning)
    if total is not None and reasoning > 0 and total == prompt + completion + reasoning:
        return completion
    if total is not None and total != prompt + completion:
        counts.problems.append(f"total_tokens is {total}, input and output add up to {prompt + completion}")
    return counts.rest("completion_tokens", completion, reasoning)


def _anthropic(raw: Raw) -> TokenUsage:
    """Take Anthropic's classes as they are: input_tokens leave cached tokens out, and output_tokens hold the thinking."""
    counts = _Counts(raw)
    written = counts.optional("cache_creation_input_tokens")
    by_age = counts.details("cache_creation")
    parts = [counts.optional(name, inside=by_age) for name in ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")]
    by_age_sum = sum(part for part in parts if part is not None)
    if by_age and written is not None and by_age_sum != written:
        counts.problems.append(f"cache_creation_input_tokens is {written}, its parts add up to {by_age_sum}")
    return counts.usage(
        fresh=counts.read("input_tokens"),
        cache_read=counts.optional("cache_read_input_tokens"),
        cache_write=written,
        output=counts.read("output_tokens"),
        reasoning=0,
    )


NORMALISERS: Mapping[str, Callable[[Raw], TokenUsage]] = MappingProxyType({"openai": _openai, "anthropic": _anthropic})


def normalise(kind: str, raw: Raw | None) -> TokenUsage | None:
    """Split a provider's usage block into token classes; None where the provider reported none."""
    if raw is None:
        return None
    normaliser = NORMALISERS.get(kind)
    if normaliser is None:
        return TokenUsage(mismatch=f"nobody here reads usage of kind '{kind}'; read are {', '.join(NORMALISERS)}")
    return normaliser(raw)


def total(usages: Iterable[TokenUsage | None]) -> TokenUsage | None:
    """Add up several calls; a class is unknown as soon as one call's is, and None is no usage at all."""
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
