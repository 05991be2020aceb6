"""Calls Anthropic's Messages API, and translates its replies and stop reasons to OpenAI's."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from pydantic import BaseModel, Field, JsonValue, ValidationError
from pydantic_core import to_json

from schemas.values import Message
from services.router.adapters.http.event_stream import EventStream
from services.router.adapters.http.exchange import ProviderAddress, ProviderPool
from services.router.adapters.http.json_parts import mapping, mappings, texts
from services.router.adapters.http.provider import Dialect, HttpProvider
from services.router.adapters.http.response_reading import OK, HttpReply
from services.router.adapters.local_tokens import LocalTokenCounter
from services.router.adapters.providers.anthropic_stream import MAX_BLOCKS, AnthropicStream
from services.router.adapters.providers.replies import (
    bad_reply,
    context_of,
    document_of,
    error_of,
    model_in,
    parse_truncated,
    partial_usage,
)
from services.router.domain.provider_call import PartialResponse, ProviderCall, ProviderError, ProviderReply

VERSION = "2023-06-01"
MAX_TEMPERATURE = 1.0
SERVED_BY = ("service_tier", "speed", "inference_geo")
# Anthropic's stop reasons to OpenAI's finish reasons; any other is passed on unchanged.
FINISH_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "end_turn": "stop",
        "stop_sequence": "stop",
        "pause_turn": "stop",
        "max_tokens": "length",
        "model_context_window_exceeded": "length",
        "tool_use": "tool_calls",
        "refusal": "content_filter",
    }
)
# Anthropic answers 400 for an empty account; as `invalid_request` no other candidate would be called.
_EMPTY_ACCOUNT = b"credit balance is too low"


class _ContentBlock(BaseModel):
    type: str
    text: str = ""


class _MessagesResponse(BaseModel):
    content: list[_ContentBlock] = Field(max_length=MAX_BLOCKS)
    stop_reason: str | None = None


class AnthropicDialect:
    """The Messages API; it has no `seed` and no message names, and temperatures above 1 are sent as 1."""

    kind = "anthropic"
    path = "/messages"

    def headers(self, address: ProviderAddress) -> Mapping[str, str]:
        """The headers with the API version and the key."""
        key = {"x-api-key": address.api_key.get_secret_value()} if address.api_key is not None else {}
        return {"anthropic-version": VERSION, **key}

    def body(self, address: ProviderAddress, call: ProviderCall) -> bytes:
        """The body of a call."""
        sampling = call.sampling
        body: dict[str, JsonValue] = {
            "model": call.model,
            "max_tokens": call.max_tokens,
            **_conversation(call.messages),
        }
        if sampling.temperature is not None:
            body["temperature"] = min(MAX_TEMPERATURE, sampling.temperature)
        if sampling.top_p is not None:
            body["top_p"] = sampling.top_p
        if sampling.stop is not None:
            body["stop_sequences"] = list(sampling.stop)
        if address.stream:
            body["stream"] = True
        return to_json(body)

    def new_stream(self) -> EventStream:
        """A new stream for one answer."""
        return AnthropicStream()

    def read(self, received: HttpReply, now: datetime) -> ProviderReply:
        """Read a response; raises ProviderError, also for an answer without a stop reason: it is cut off."""
        if received.status != OK:
            raise _refusal(received, now)
        document = document_of(received)
        try:
            reply = _MessagesResponse.model_validate(
                {name: document[name] for name in ("content", "stop_reason") if name in document}
            )
        except ValidationError as error:
            raise bad_reply(received, document, error) from None
        if not reply.stop_reason:
            raise ProviderError(
                "cut_off", "the answer was cut off: it has no stop_reason", status_code=received.status
            )
        usage = mapping(document.get("usage"))
        return ProviderReply(
            content="".join(block.text for block in reply.content if block.type == "text"),
            finish_reason=FINISH_REASONS.get(reply.stop_reason, reply.stop_reason),
            usage=usage,
            response_model=model_in(document),
            status_code=received.status,
            price_context=_context(usage),
        )

    def read_partial(self, received: HttpReply) -> PartialResponse:
        """Read the blocks of text and thinking; if empty, the whole body (unless it was streamed)."""
        stream = received.stream
        document = stream.document() if stream is not None else parse_truncated(received.body)
        text = "".join(
            texts(block.get("thinking"), block.get("text")) for block in mappings(document.get("content"))
        )
        usage = mapping(document.get("usage")) if stream is not None else partial_usage(received.body)
        first = mapping(document.get("first_usage"))
        return PartialResponse(
            text=text if stream is not None or text else received.body.decode("utf-8", "replace"),
            usage=usage,
            response_model=model_in(document),
            price_context=_context(usage or first),
        )


class AnthropicProvider(HttpProvider):
    """A provider with Anthropic's Messages API."""

    def __init__(
        self,
        address: ProviderAddress,
        pool: ProviderPool,
        now: Callable[[], datetime],
        tokens: LocalTokenCounter,
    ) -> None:
        super().__init__(AnthropicDialect(), address, pool, now, tokens)


def _conversation(messages: Sequence[Message]) -> dict[str, JsonValue]:
    """System messages go into `system`; if there are no others they are the user's, since one is required."""
    system = "\n\n".join(message.content for message in messages if message.role in {"system", "developer"})
    turns: list[JsonValue] = [
        {"role": "assistant" if message.role == "assistant" else "user", "content": message.content}
        for message in messages
        if message.role not in {"system", "developer"}
    ]
    if not turns:
        return {"messages": [{"role": "user", "content": system}]}
    return {"messages": turns, **({"system": system} if system else {})}


def _context(usage: Mapping[str, JsonValue] | None) -> dict[str, str]:
    context = context_of(usage or {}, SERVED_BY)
    return context | ({"processing": "batch"} if context.get("service_tier") == "batch" else {})


def _refusal(received: HttpReply, now: datetime) -> ProviderError:
    error = error_of(received, now)
    if error.kind == "invalid_request" and _EMPTY_ACCOUNT in received.body.lower():
        return ProviderError(
            "configuration",
            f"the provider answered {received.status} (its account is empty)",
            status_code=received.status,
        )
    return error


DIALECTS: Mapping[str, Callable[[], Dialect]] = MappingProxyType({"anthropic": AnthropicDialect})
