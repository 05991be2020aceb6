"""Reads what an OpenAI-compatible server answered: a whole reply, or an error that repeats nothing of its text."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, Field, JsonValue, TypeAdapter, ValidationError

from schemas.values import Text
from services.router.domain.provider_call import FailureKind, ProviderError, ProviderReply, kind_of_status
from services.router.domain.retry_after import retry_after_s

MAX_MODEL_CHARS = 200
_STATUS_OK = 200

# Error texts of providers quote the prompt, and a code could; so only codes that are known beforehand are repeated.
_KNOWN_CODES = frozenset(
    {
        "content_filter",
        "content_policy_violation",
        "context_length_exceeded",
        "insufficient_quota",
        "invalid_api_key",
        "invalid_prompt",
        "invalid_request_error",
        "model_not_found",
        "overloaded_error",
        "rate_limit_exceeded",
        "server_error",
        "unsupported_parameter",
        "unsupported_value",
    },
)


class _Message(BaseModel):
    content: Text
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Reply(BaseModel):
    choices: list[_Choice] = Field(min_length=1)
    usage: JsonValue = None
    model: JsonValue = None


_JSON: TypeAdapter[JsonValue] = TypeAdapter(JsonValue)


def read_reply(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> ProviderReply:
    """The reply in a response, or ProviderError; an answer without a finish reason is a cut one, not an answer."""
    if status != _STATUS_OK:
        raise _refusal(status, headers, body, now)
    try:
        reply = _Reply.model_validate_json(body)
    except ValidationError as error:
        raise ProviderError("bad_reply", f"bad reply: {_problems(error)}", status_code=status, usage=_usage_in(body)) from None
    usage = _mapping(reply.usage)
    choice = reply.choices[0]
    if not choice.finish_reason:
        raise ProviderError("cut_off", "the answer was cut off: it has no finish_reason", status_code=status, usage=usage)
    return ProviderReply(
        content=choice.message.content or choice.message.refusal or "",
        finish_reason=choice.finish_reason,
        usage=usage,
        response_model=reply.model if isinstance(reply.model, str) and len(reply.model) <= MAX_MODEL_CHARS else None,
        status_code=status,
    )


def _refusal(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> ProviderError:
    code = _known_code(body)
    kind: FailureKind = kind_of_status(status)
    if code == "insufficient_quota":
        # OpenAI says 429 for an empty account too, and waiting does not fill it.
        kind = "configuration"
    return ProviderError(
        kind,
        f"the provider answered {status}" + (f" ({code})" if code else ""),
        status_code=status,
        retry_after_s=retry_after_s(headers.get("retry-after"), headers.get("retry-after-ms"), now),
        usage=_usage_in(body),
    )


def _problems(error: ValidationError) -> str:
    problems = error.errors(include_input=False, include_context=False, include_url=False)
    return "; ".join(f"{'.'.join(str(part) for part in problem['loc']) or 'body'}: {problem['msg']}" for problem in problems[:3])


def _known_code(body: bytes) -> str | None:
    error = _mapping(_lenient(body).get("error")) or {}
    for field in ("code", "type"):
        code = error.get(field)
        if isinstance(code, str) and code in _KNOWN_CODES:
            return code
    return None


def _usage_in(body: bytes) -> Mapping[str, JsonValue] | None:
    return _mapping(_lenient(body).get("usage"))


def _lenient(body: bytes) -> Mapping[str, JsonValue]:
    try:
        return _mapping(_JSON.validate_json(body)) or {}
    except ValidationError:
        return {}


def _mapping(value: JsonValue) -> Mapping[str, JsonValue] | None:
    return value if isinstance(value, dict) else None
