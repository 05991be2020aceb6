"""Whole provider bodies: where each shape keeps its usage, its model, and how it was served."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from pydantic import JsonValue

from schemas.outcomes import TokenUsage
from services.meter.domain.usage.context import reported_context
from services.meter.domain.usage.counts import UsageBlock, UsageReader
from services.meter.domain.usage.normalize import normalise
from services.meter.domain.usage.openai import NO_TOKENS, seconds_usage
from services.meter.domain.usage.units import body_units, image_count, page_units, transcript_seconds

USAGE = ("usage", "usageMetadata", "usage_metadata", "tokenUsage", "amazon-bedrock-invocationMetrics")
# Around the body proper: a realtime event, the start of an Anthropic stream, Cloudflare, a Converse stream, Groq's stream, Cohere.
NESTED_KEYS = ("response", "message", "result", "metadata", "x_groq")
MODELS = ("model", "modelVersion", "model_version", "modelId")
# Old models on Bedrock, and servers of their own, put their counts beside the answer.
FLAT = (
    ("inputTextTokenCount", "results", None),
    ("prompt_token_count", "generation_token_count", None),
    ("prompt_eval_count", "eval_count", ("prompt_tokens", "completion_tokens")),
    ("tokens_evaluated", "tokens_predicted", ("prompt_tokens", "completion_tokens")),
)
MAX_MODEL_CHARS = 200


@dataclass(frozen=True, slots=True)
class ResponseUsage:
    """What a body tells: usage, the model that answered, how it was served; `reason` says why there is no usage.

    `reported_cost_usd` is what a gateway such as OpenRouter says it charged: a check beside our price, never the price.
    """

    usage: TokenUsage | None
    model: str | None = None
    context: Mapping[str, str] = field(default_factory=dict[str, str])
    reason: str | None = None
    reported_cost_usd: Decimal | None = None


def read_body(body: JsonValue, provider: str) -> ResponseUsage:
    """Read a whole body, or the list of events that a stream was; its shape decides, the provider's name is a hint."""
    batched, proper = _unwrapped(_merged(body) if isinstance(body, list) else body)
    if not isinstance(proper, Mapping):
        return ResponseUsage(None, reason="the body is no object")
    outer, block = _usage_block(proper)
    model = _model(outer) or _model(proper)
    context = reported_context(proper, outer, block or {}) | ({"processing": "batch"} if batched else {})
    if block is None:
        usage = _without_block(outer, provider)
        return ResponseUsage(
            usage, model, context, None if usage is not None else "the body holds no usage block"
        )
    hint = provider or ("anthropic" if outer.get("type") == "message" or "stop_reason" in outer else "")
    usage = _with_units(normalise(hint, _placed(outer, block)), outer)
    return ResponseUsage(
        usage, model, context, reported_cost_usd=UsageReader({}).quantity("cost", block.get("cost"))
    )


def _unwrapped(body: JsonValue) -> tuple[bool, JsonValue]:
    """Take the body out of a line of a batch's result file."""
    if isinstance(body, Mapping) and "custom_id" in body:
        for name, inner in (("response", "body"), ("result", "message")):
            holder = body.get(name)
            if isinstance(holder, Mapping) and isinstance(holder.get(inner), Mapping):
                return True, holder[inner]
    return False, body


def _merged(events: Sequence[JsonValue]) -> JsonValue:
    """Put a stream's events into one body: later counts win, as they are sums; the rest is the last event's that tells it."""
    merged: dict[str, JsonValue] = {}
    usage: dict[str, JsonValue] = {}
    for event in events:
        if isinstance(event, Mapping):
            outer, block = _usage_block(event)
            merged |= {name: value for name, value in {**event, **outer}.items() if value is not None}
            usage |= {name: value for name, value in (block or {}).items() if value is not None}
    kept = {name: value for name, value in merged.items() if name not in {*USAGE, *NESTED_KEYS}}
    return {**kept, "usage": usage} if usage else (kept or None)


def _usage_block(body: UsageBlock) -> tuple[UsageBlock, UsageBlock | None]:
    """Find the usage block, and the object that it stands in."""
    for outer in _holders(body):
        for name in USAGE:
            block = outer.get(name)
            if isinstance(block, Mapping):
                return outer, block
        meta = outer.get("meta")
        if isinstance(meta, Mapping) and ("billed_units" in meta or "tokens" in meta):
            return outer, meta
    return body, None


def _holders(body: UsageBlock) -> Iterator[UsageBlock]:
    yield body
    for name in NESTED_KEYS:
        inner = body.get(name)
        if isinstance(inner, Mapping):
            yield inner


def _placed(outer: UsageBlock, block: UsageBlock) -> UsageBlock:
    """Say of counts that only the body tells apart what they count: spoken words and pictures, not text."""
    details = block.get("output_tokens_details")
    if details is not None or "output_tokens" not in block:
        return block
    if outer.get("type") == "speech.audio.done":
        return {**block, "output_token_details": {"audio_tokens": block["output_tokens"]}}
    if image_count(outer):
        return {**block, "output_tokens_details": {"image_tokens": block["output_tokens"]}}
    return block


def _without_block(body: UsageBlock, provider: str) -> TokenUsage | None:
    info = body.get("usage_info")
    if isinstance(info, Mapping):
        units, counts = page_units(body, info)
        return counts.to_usage(
            NO_TOKENS.model_copy(update={"units": units}) if not counts.problems else TokenUsage()
        )
    for first, second, names in FLAT:
        if first in body and second in body:
            return normalise(provider, _flat(body, (first, second), names))
    if (seconds := transcript_seconds(body)) is not None:
        counts = UsageReader(body)
        length = counts.quantity("duration", _number(seconds))
        return counts.to_usage(TokenUsage() if length is None else seconds_usage(length))
    return (
        NO_TOKENS.model_copy(update={"units": {"images": Decimal(count)}})
        if (count := image_count(body))
        else None
    )


def _flat(body: UsageBlock, fields: tuple[str, str], names: tuple[str, str] | None) -> UsageBlock:
    if names is not None:
        return {name: body[field] for name, field in zip(names, fields, strict=True)}
    results = body.get("results")
    first = results[0] if isinstance(results, list) and results else {}
    return {
        **{name: body.get(name) for name in fields},
        "tokenCount": first.get("tokenCount") if isinstance(first, Mapping) else None,
    }


def _with_units(usage: TokenUsage | None, body: UsageBlock) -> TokenUsage | None:
    seen = body_units(body)
    return (
        usage.model_copy(update={"units": {**seen, **usage.units}}) if usage is not None and seen else usage
    )


def _model(body: UsageBlock) -> str | None:
    found = next((body[name] for name in MODELS if isinstance(body.get(name), str)), None)
    return found if isinstance(found, str) and 0 < len(found) <= MAX_MODEL_CHARS else None


def _number(value: JsonValue) -> JsonValue:
    """Read a length that OpenAI writes as text."""
    return float(value) if isinstance(value, str) and value.replace(".", "", 1).isdecimal() else value
