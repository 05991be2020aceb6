"""An outcome in OpenAI's shape: one chat completion, or a sequence of stream chunks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.outcomes import Completion, TokenUsage

Json = Mapping[str, object]

_FINISH_REASONS = frozenset({"stop", "length", "content_filter", "tool_calls", "function_call"})


@dataclass(frozen=True, slots=True)
class OutcomeReply:
    """An outcome for its caller, with pseudonyms restored in `output`.

    `is_duplicate` if the call repeats a request id and gets the first outcome.
    """

    completion: Completion
    output: str
    is_duplicate: bool = False


def chat_completion(answer: OutcomeReply) -> Json:
    """The whole reply; `usage` is null if the provider did not report it, and never estimated."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": answer.output, "refusal": None},
        "logprobs": None,
        "finish_reason": _finish_reason(answer),
    }
    return {
        **_head(answer, "chat.completion"),
        "choices": [choice],
        "usage": usage_of(answer.completion.usage),
        "weir": weir_block(answer),
    }


def chat_chunks(answer: OutcomeReply, *, include_usage: bool) -> Sequence[Json]:
    """The reply as stream chunks: role, content, finish reason, and usage if it was requested."""
    head = _head(answer, "chat.completion.chunk")
    usage: Json = {"usage": None} if include_usage else {}
    deltas: list[tuple[Json, str | None]] = [({"role": "assistant", "content": ""}, None)]
    if answer.output:
        deltas.append(({"content": answer.output}, None))
    deltas.append(({}, _finish_reason(answer)))
    chunks: list[Json] = [
        {
            **head,
            "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}],
            **usage,
        }
        for delta, reason in deltas
    ]
    chunks[-1] = {**chunks[-1], "weir": weir_block(answer)}
    if include_usage:
        chunks.append({**head, "choices": [], "usage": usage_of(answer.completion.usage)})
    return chunks


def weir_block(answer: OutcomeReply) -> Json:
    """Weir's own fields: ids, cost, route and verdicts; money is a string so that no parser rounds it."""
    completion, route = answer.completion, answer.completion.route
    return {
        "request_id": completion.request.request_id,
        "record_id": str(completion.request.record_id),
        "status": completion.status,
        "duplicate": answer.is_duplicate,
        "cost_usd": cost_text(completion),
        "cached_tokens": completion.usage.cache_read if completion.usage else None,
        "route": route.route if route else None,
        "provider": route.provider if route else None,
        "model": route.model if route else None,
        "prompt": route.prompt if route else None,
        "prompt_version": route.prompt_version if route else None,
        "input_verdict": completion.input_verdict.action if completion.input_verdict else None,
        "output_verdict": completion.output_verdict.action if completion.output_verdict else None,
    }


def cost_text(completion: Completion) -> str | None:
    """The cost in USD as decimal text without an exponent; None if it is unknown."""
    return None if completion.cost_usd is None else f"{completion.cost_usd:f}"


def usage_of(usage: TokenUsage | None) -> Json | None:
    """OpenAI's totals and details from disjoint token classes; unknown classes are missing in the details."""
    if usage is None or usage.input is None or usage.output is None:
        return None
    prompt = usage.input + (usage.cache_read or 0) + (usage.cache_write or 0)
    completion = usage.output + (usage.reasoning or 0)
    totals: dict[str, object] = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
    if usage.cache_read is not None:
        totals["prompt_tokens_details"] = {"cached_tokens": usage.cache_read}
    if usage.reasoning is not None:
        totals["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning}
    return totals


def _head(answer: OutcomeReply, kind: str) -> Json:
    completion = answer.completion
    return {
        "id": f"chatcmpl-{completion.request.record_id.hex}",
        "object": kind,
        "created": int(completion.completed_at.timestamp()),
        "model": completion.request.model,
    }


def _finish_reason(answer: OutcomeReply) -> str:
    """OpenAI's clients accept only OpenAI's reasons; any other becomes `stop`."""
    reason = answer.completion.finish_reason
    return reason if reason in _FINISH_REASONS else "stop"
