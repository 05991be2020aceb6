"""What the replies of all providers have in common: JSON that may be cut off, errors, usage, context."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal

from pydantic import JsonValue, ValidationError
from pydantic_core import from_json

from services.router.adapters.http.json_parts import BOM, JsonDocument, mapping
from services.router.adapters.http.response_reading import HttpReply
from services.router.domain.provider_call import FailureKind, ProviderError, kind_of_status
from services.router.domain.reply_bounds import known_model
from services.router.domain.retries import retry_after_s

# Limits the time of parsing; brackets inside of texts count, too.
MAX_CONTAINERS = 200_000
# Error texts of providers may quote the prompt, and a code could, so only these codes are passed on.
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
# An empty account is no fault of the request, and no wait fills it, though OpenAI answers 429 for it.
_EMPTY_ACCOUNT = frozenset({"insufficient_quota", "billing_error"})


def error_of(received: HttpReply, now: datetime) -> ProviderError:
    """The ProviderError of an error response, by its status and a known code."""
    code = _known_code(received.body)
    kind: FailureKind = "configuration" if code in _EMPTY_ACCOUNT else kind_of_status(received.status)
    headers = received.headers
    return ProviderError(
        kind,
        f"the provider answered {received.status}" + (f" ({code})" if code else ""),
        status_code=received.status,
        retry_after_s=retry_after_s(headers["retry-after"], headers["retry-after-ms"], now),
        usage=usage_in(received.body),
    )


def document_of(received: HttpReply) -> JsonDocument:
    """The JSON object of a complete answer; raises ProviderError if it is not one, or a stream is damaged."""
    stream = received.stream
    document = stream.document() if stream is not None else _object(received.body)
    if document is None or (stream is not None and stream.is_damaged):
        usage = mapping(document.get("usage")) if document is not None else None
        raise ProviderError(
            "bad_reply", "bad reply: body: it is no JSON object", status_code=received.status, usage=usage
        )
    return document


def bad_reply(received: HttpReply, document: JsonDocument, error: ValidationError) -> ProviderError:
    """The ProviderError of a reply that does not validate; it names fields, without content."""
    problems = error.errors(include_input=False, include_context=False, include_url=False)
    summary = "; ".join(
        f"{'.'.join(str(part) for part in problem['loc']) or 'body'}: {problem['msg']}"
        for problem in problems[:3]
    )
    return ProviderError(
        "bad_reply",
        f"bad reply: {summary}",
        status_code=received.status,
        usage=mapping(document.get("usage")),
    )


def usage_in(body: bytes) -> Mapping[str, JsonValue] | None:
    """The usage block of a complete body."""
    return mapping((_object(body) or {}).get("usage"))


def parse_truncated(body: bytes) -> JsonDocument:
    """Parse a body that may be cut off; its last value may be incomplete, so it is not a reliable count."""
    return _parsed(body, allow_partial="trailing-strings") or {}


def partial_usage(body: bytes) -> Mapping[str, JsonValue] | None:
    """The usage block of a body that may be cut off; None if the block itself is cut off."""
    for text in (body, body + b"}"):
        whole = _object(text)
        if whole:
            return mapping(whole.get("usage"))
    document = parse_truncated(body)
    # A field after it shows that the block is complete.
    return mapping(document.get("usage")) if list(document)[-1:] != ["usage"] else None


def context_of(block: Mapping[str, JsonValue], names: Iterable[str]) -> dict[str, str]:
    """The price context of a call: the values of these fields that are texts."""
    return {name: value for name in names if isinstance(value := block.get(name), str)}


def model_in(document: Mapping[str, JsonValue]) -> str | None:
    """The model that answered; None if it is not named."""
    return known_model(document.get("model"))


def _known_code(body: bytes) -> str | None:
    error = mapping(parse_truncated(body).get("error")) or {}
    for field in ("code", "type"):
        code = error.get(field)
        if isinstance(code, str) and code in _KNOWN_CODES:
            return code
    return None


def _object(body: bytes) -> JsonDocument | None:
    return _parsed(body, allow_partial=False)


def _parsed(body: bytes, *, allow_partial: Literal["trailing-strings", False]) -> JsonDocument | None:
    if body.count(b"[") + body.count(b"{") > MAX_CONTAINERS:
        return None
    try:
        document = from_json(body.removeprefix(BOM), allow_partial=allow_partial)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None
