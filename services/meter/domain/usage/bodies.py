"""Reads whole provider bodies: where each format has its usage, its model, and how the call was served."""

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
# Objects that hold the body: in realtime events, the start of Anthropic's streams, Cloudflare, Converse
# streams, Groq's streams, Cohere.
NESTED_KEYS = ("response", "message", "result", "metadata", "x_groq")
MODEL_FIELDS = ("model", "modelVersion", "model_version", "modelId")
MAX_MODEL_CHARS = 200


@dataclass(frozen=True, slots=True)
class FlatCounts:
    """Counts next to the answer, recognised by two fields; `is_chat`: prompt and completion tokens."""

    fields: tuple[str, str]
    is_chat: bool


# Old models on Bedrock, Ollama and llama.cpp put their counts beside the answer.
FLAT_COUNTS = (
    FlatCounts(("inputTextTokenCount", "results"), is_chat=False),
    FlatCounts(("prompt_token_count", "generation_token_count"), is_chat=False),
    FlatCounts(("prompt_eval_count", "eval_count"), is_chat=True),
    FlatCounts(("tokens_evaluated", "tokens_predicted"), is_chat=True),
)


@dataclass(frozen=True, slots=True)
class ResponseUsage:
    """The usage of a body, its response model and how it was served; `reason` is why there is no usage.

    `reported_cost_usd` is the charge that a gateway such as OpenRouter reports; it is shown beside the price,
    and never used as one.
    """

    usage: TokenUsage | None
    model: str | None = None
    context: Mapping[str, str] = field(default_factory=dict[str, str])
    reason: str | None = None
    reported_cost_usd: Decimal | None = None


def read_body(body: JsonValue, provider: str) -> ResponseUsage:
    """Read a body, or the list of events of a stream; its fields decide, the provider's name is a hint."""
    body = _merged(body) if isinstance(body, list) else body
    batch_body = _batch_body(body)
    proper = body if batch_body is None else batch_body
    if not isinstance(proper, Mapping):
        return ResponseUsage(None, reason="the body is no object")
    outer, block = _usage_block(proper)
    model = _model(outer) or _model(proper)
    context = reported_context(proper, outer, block or {})
    if batch_body is not None:
        context |= {"processing": "batch"}
    if block is None:
        usage = _without_block(outer, provider)
        return ResponseUsage(
            usage, model, context, None if usage is not None else "the body holds no usage block"
        )
    hint = provider or ("anthropic" if outer.get("type") == "message" or "stop_reason" in outer else "")
    usage = _with_units(normalise(hint, _with_output_media(outer, block)), outer)
    return ResponseUsage(
        usage, model, context, reported_cost_usd=UsageReader({}).quantity("cost", block.get("cost"))
    )


def _batch_body(body: JsonValue) -> JsonValue | None:
    """Return the body in a line of a batch's result file; None for any other body."""
    if isinstance(body, Mapping) and "custom_id" in body:
        for name, inner in (("response", "body"), ("result", "message")):
            holder = body.get(name)
            if isinstance(holder, Mapping) and isinstance(holder.get(inner), Mapping):
                return holder[inner]
    return None


def _merged(events: Sequence[JsonValue]) -> JsonValue:
    """Merge the events of a stream to one body: the last value of each field, and of each running count."""
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
    """Return the object that holds the usage block, and the block."""
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


def _with_output_media(outer: UsageBlock, block: UsageBlock) -> UsageBlock:
    """Mark output tokens as audio or images, where only the body shows that they are not text."""
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
    for flat in FLAT_COUNTS:
        if all(name in body for name in flat.fields):
            return normalise(provider, _flat_block(body, flat))
    if (duration := transcript_seconds(body)) is not None:
        counts = UsageReader(body)
        seconds = counts.quantity("duration", _number(duration))
        return counts.to_usage(TokenUsage() if seconds is None else seconds_usage(seconds))
    return (
        NO_TOKENS.model_copy(update={"units": {"images": Decimal(count)}})
        if (count := image_count(body))
        else None
    )


def _flat_block(body: UsageBlock, flat: FlatCounts) -> UsageBlock:
    """Return the counts as a usage block."""
    if flat.is_chat:
        prompt, completion = flat.fields
        return {"prompt_tokens": body[prompt], "completion_tokens": body[completion]}
    results = body.get("results")
    first = results[0] if isinstance(results, list) and results else {}
    return {
        **{name: body.get(name) for name in flat.fields},
        "tokenCount": first.get("tokenCount") if isinstance(first, Mapping) else None,
    }


def _with_units(usage: TokenUsage | None, body: UsageBlock) -> TokenUsage | None:
    units = body_units(body)
    if usage is None or not units:
        return usage
    return usage.model_copy(update={"units": {**units, **usage.units}})


def _model(body: UsageBlock) -> str | None:
    model = next((body[name] for name in MODEL_FIELDS if isinstance(body.get(name), str)), None)
    return model if isinstance(model, str) and 0 < len(model) <= MAX_MODEL_CHARS else None


def _number(value: JsonValue) -> JsonValue:
    """Parse a duration that OpenAI writes as text."""
    return float(value) if isinstance(value, str) and value.replace(".", "", 1).isdecimal() else value
