"""What replies of all providers have in common: JSON that may be broken off, errors that must not be repeated, and how a call was served."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from pydantic import JsonValue, TypeAdapter, ValidationError
from pydantic_core import from_json

from services.router.adapters.http_exchange import Received
from services.router.domain.provider_call import FailureKind, ProviderError, kind_of_status
from services.router.domain.retry_after import retry_after_s

MAX_MODEL_CHARS = 200
_LABEL = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")

# Error texts of providers quote the prompt, and a code could; so only codes that are known beforehand are repeated.
_KNOWN_CODES = frozenset(
    {
        "api_error",
        "authentication_error",
        "billing_error",
        "content_filter",
        "content_policy_violation",
        "context_length_exceeded",
        "insufficient_quota",
        "invalid_api_key",
        "invalid_prompt",
        "invalid_request_error",
        "model_not_found",
        "not_found_error",
        "overloaded_error",
        "permission_error",
        "rate_limit_error",
        "rate_limit_exceeded",
        "request_too_large",
        "server_error",
        "timeout_error",
        "unsupported_parameter",
        "unsupported_value",
    },
)
# An empty account is no fault of the request, and waiting does not fill it: OpenAI calls it a rate limit.
_EMPTY_ACCOUNT = frozenset({"insufficient_quota", "billing_error"})

_JSON: TypeAdapter[JsonValue] = TypeAdapter(JsonValue)


def refusal(received: Received, now: datetime) -> ProviderError:
    """Say what an error response means, by its status and a known code."""
    code = _known_code(received.body)
    kind: FailureKind = "configuration" if code in _EMPTY_ACCOUNT else kind_of_status(received.status)
    headers = received.headers
    return ProviderError(
        kind,
        f"the provider answered {received.status}" + (f" ({code})" if code else ""),
        status_code=received.status,
        retry_after_s=retry_after_s(headers.get("retry-after"), headers.get("retry-after-ms"), now),
        usage=usage_in(received.body),
    )


def bad_reply(received: Received, error: ValidationError) -> ProviderError:
    """Say what a reply of another shape lacks, without its content."""
    problems = error.errors(include_input=False, include_context=False, include_url=False)
    named = "; ".join(f"{'.'.join(str(part) for part in problem['loc']) or 'body'}: {problem['msg']}" for problem in problems[:3])
    return ProviderError("bad_reply", f"bad reply: {named}", status_code=received.status, usage=usage_in(received.body))


def usage_in(body: bytes) -> Mapping[str, JsonValue] | None:
    """Find the usage block of a whole body, whatever else it holds."""
    return mapping(_lenient(body).get("usage"))


def broken(body: bytes) -> Mapping[str, JsonValue]:
    """Read a body as far as it goes; the last field may be cut, so counts in it are none."""
    try:
        return mapping(from_json(body, allow_partial="trailing-strings")) or {}
    except ValueError:
        return {}


def usage_arrived(body: bytes) -> Mapping[str, JsonValue] | None:
    """Find the usage block of a body that may be broken off: one that is itself cut would count too little, and is none."""
    for text in (body, body + b"}"):
        whole = _lenient(text)
        if whole:
            return mapping(whole.get("usage"))
    document = broken(body)
    # Another field after it shows that the block had ended.
    return mapping(document.get("usage")) if list(document)[-1:] != ["usage"] else None


def context_of(block: Mapping[str, JsonValue], names: Iterable[str]) -> dict[str, str]:
    """Read how a call was served; a value that is no short label could be anything, and is left out."""
    return {name: value for name in names if isinstance(value := block.get(name), str) and _LABEL.fullmatch(value)}


def model_in(document: Mapping[str, JsonValue]) -> str | None:
    """Find which model answered."""
    return model_name(document.get("model"))


def model_name(value: JsonValue) -> str | None:
    """Take a name of bounded length."""
    return value if isinstance(value, str) and len(value) <= MAX_MODEL_CHARS else None


def mapping(value: JsonValue) -> Mapping[str, JsonValue] | None:
    """Take a value where it is an object."""
    return value if isinstance(value, dict) else None


def mappings(value: JsonValue) -> Sequence[Mapping[str, JsonValue]]:
    """Take the objects of a list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def texts(*values: JsonValue) -> str:
    """Join what is text."""
    return "".join(value for value in values if isinstance(value, str))


def _known_code(body: bytes) -> str | None:
    error = mapping(_lenient(body).get("error")) or {}
    for field in ("code", "type"):
        code = error.get(field)
        if isinstance(code, str) and code in _KNOWN_CODES:
            return code
    return None


def _lenient(body: bytes) -> Mapping[str, JsonValue]:
    try:
        return mapping(_JSON.validate_json(body)) or {}
    except ValidationError:
        return {}
