"""Converts usage blocks of providers to disjoint token classes; the format is recognised by its fields."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from pydantic import JsonValue

from schemas.outcomes import TokenUsage
from services.meter.domain.usage.anthropic import read_anthropic
from services.meter.domain.usage.bedrock import read_bedrock
from services.meter.domain.usage.cohere import read_cohere
from services.meter.domain.usage.counts import UsageBlock, known_classes, mismatch_of, total_of
from services.meter.domain.usage.gemini import read_gemini
from services.meter.domain.usage.openai import read_openai

Number = TypeVar("Number", int, Decimal)
MAX_NAMED_FIELDS = 6
MAX_FIELD_NAME_CHARS = 40


@dataclass(frozen=True, slots=True)
class UsageFormat:
    """A format of usage blocks, recognised by fields that no earlier format of the list has."""

    required_fields: frozenset[str]
    read: Callable[[UsageBlock, str], TokenUsage]


USAGE_FORMATS = (
    UsageFormat(frozenset({"billed_units", "tokens"}), read_cohere),
    UsageFormat(
        frozenset(
            {
                "generation_token_count",
                "inputTextTokenCount",
                "inputTokenCount",
                "inputTokens",
                "outputTokens",
            }
        ),
        read_bedrock,
    ),
    UsageFormat(
        frozenset({"promptTokenCount", "candidatesTokenCount", "totalTokenCount", "responseTokenCount"}),
        read_gemini,
    ),
    UsageFormat(
        frozenset({"prompt_token_count", "candidates_token_count", "total_token_count"}), read_gemini
    ),
    UsageFormat(frozenset({"prompt_tokens", "completion_tokens", "prompt_cache_hit_tokens"}), read_openai),
    UsageFormat(
        frozenset(
            {
                "input_tokens_details",
                "output_tokens_details",
                "input_token_details",
                "total_tokens",
                "seconds",
            }
        ),
        read_openai,
    ),
)
ANTHROPIC = UsageFormat(
    frozenset(
        {"cache_creation_input_tokens", "cache_read_input_tokens", "cache_creation", "server_tool_use"}
    ),
    read_anthropic,
)
"""Checked before OpenAI's responses, since Anthropic reports `output_tokens_details` for thinking too."""
INPUT_OUTPUT_FIELDS = frozenset({"input_tokens", "output_tokens"})
CHAT_FIELDS = frozenset({"prompt_tokens", "completion_tokens"})


def normalise(kind: str, raw: JsonValue | UsageBlock) -> TokenUsage | None:
    """Convert a usage block to token classes; None where the provider reported none.

    The fields of the block decide; `kind` (a provider or the kind of its API) only where two formats look
    alike.
    """
    if raw is None:
        return None
    if not isinstance(raw, Mapping):
        return TokenUsage(mismatch="the usage is no block")
    hint = kind.lower()
    read = _reader_of(raw, hint)
    return TokenUsage(mismatch=_unknown_format(raw)) if read is None else read(raw, hint)


def total_usage(usages: Iterable[TokenUsage | None]) -> TokenUsage | None:
    """Add up the usage of several calls; a class is unknown as soon as one call's is."""
    known = [usage for usage in usages if usage is not None]
    if len(known) <= 1:
        return known[0] if known else None
    classes = zip(*(known_classes(usage) for usage in known), strict=True)
    fresh, cache_read, cache_write, cache_write_1h, output, reasoning = map(total_of, classes)
    return TokenUsage(
        input=fresh,
        cache_read=cache_read,
        cache_write=cache_write,
        cache_write_1h=cache_write_1h,
        output=output,
        reasoning=reasoning,
        media=_added((usage.media for usage in known), 0),
        units=_added((usage.units for usage in known), Decimal(0)),
        mismatch=mismatch_of(usage.mismatch for usage in known if usage.mismatch),
    )


def _reader_of(raw: UsageBlock, hint: str) -> Callable[[UsageBlock, str], TokenUsage] | None:
    names = raw.keys()
    if (
        CHAT_FIELDS.isdisjoint(names)
        and "total_tokens" not in raw
        and not ANTHROPIC.required_fields.isdisjoint(names)
    ):
        return ANTHROPIC.read
    for usage_format in USAGE_FORMATS:
        if not usage_format.required_fields.isdisjoint(names):
            return usage_format.read
    if INPUT_OUTPUT_FIELDS.isdisjoint(names):
        return None
    return ANTHROPIC.read if "anthropic" in hint or "claude" in hint else read_openai


def _unknown_format(raw: UsageBlock) -> str:
    names = [name for name in raw if len(name) <= MAX_FIELD_NAME_CHARS and name.isidentifier()][
        :MAX_NAMED_FIELDS
    ]
    return f"a usage block of a shape that nobody here reads: {', '.join(names) or 'no fields'}"


def _added(blocks: Iterable[Mapping[str, Number]], zero: Number) -> dict[str, Number]:
    added: dict[str, Number] = {}
    for block in blocks:
        for name, count in block.items():
            added[name] = added.get(name, zero) + count
    return added
