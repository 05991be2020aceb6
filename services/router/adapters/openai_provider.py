"""Calls an OpenAI-compatible server: chat completions, one whole reply for one call."""

from collections.abc import Callable, Mapping
from datetime import datetime

from pydantic import BaseModel, Field, JsonValue, ValidationError
from pydantic_core import to_json

from schemas.values import Text
from services.router.adapters.event_stream import openai_reply
from services.router.adapters.http_exchange import OK, ProviderAddress, ProviderPool, Received
from services.router.adapters.http_provider import HttpProvider
from services.router.adapters.local_tokens import LocalTokens
from services.router.adapters.reply_parts import bad_reply, broken, context_of, mapping, mappings, model_in, model_name, refusal, texts, usage_arrived
from services.router.domain.provider_call import Arrived, ProviderCall, ProviderError, ProviderReply

SERVED_BY = ("service_tier",)


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
    service_tier: JsonValue = None


class OpenAIDialect:
    """Chat completions, as OpenAI and those who speak like it have them."""

    kind = "openai"
    path = "/chat/completions"

    def headers(self, address: ProviderAddress) -> Mapping[str, str]:
        """Name the key."""
        return {"Authorization": f"Bearer {address.api_key.get_secret_value()}"} if address.api_key is not None else {}

    def body(self, address: ProviderAddress, call: ProviderCall) -> bytes:
        """Write the question."""
        settings: dict[str, JsonValue] = call.sampling.model_dump(mode="json", exclude_none=True, exclude={"max_tokens"})
        messages = [message.model_dump(mode="json", exclude_none=True) for message in call.messages]
        streaming: dict[str, JsonValue] = {"stream": True, "stream_options": {"include_usage": True}} if address.stream else {}
        return to_json({"model": call.model, "messages": messages, address.limit_field: call.max_tokens, **settings, **streaming})

    def read(self, received: Received, now: datetime) -> ProviderReply:
        """Read a response; an answer without a finish reason is a cut one, not an answer."""
        if received.status != OK:
            raise refusal(received, now)
        try:
            is_stream, body = received.is_stream, received.body
            reply = _Reply.model_validate(openai_reply(body)) if is_stream else _Reply.model_validate_json(body)
        except ValidationError as error:
            raise bad_reply(received, error) from None
        choice = reply.choices[0]
        if not choice.finish_reason:
            raise ProviderError("cut_off", "the answer was cut off: it has no finish_reason", status_code=received.status)
        return ProviderReply(
            content=choice.message.content or choice.message.refusal or "",
            finish_reason=choice.finish_reason,
            usage=mapping(reply.usage),
            response_model=model_name(reply.model),
            status_code=received.status,
            price_context=context_of({"service_tier": reply.service_tier}, SERVED_BY),
        )

    def arrived(self, received: Received) -> Arrived:
        """Read answers and what was thought before them; a body in which none is found counts as it is."""
        document = openai_reply(received.body) if received.is_stream else broken(received.body)
        parts = [mapping(choice.get("message")) or {} for choice in mappings(document.get("choices"))]
        text = "".join(texts(part.get("reasoning_content"), part.get("content"), part.get("refusal")) for part in parts)
        return Arrived(
            text=text if received.is_stream or text else received.body.decode("utf-8", "replace"),
            usage=mapping(document.get("usage")) if received.is_stream else usage_arrived(received.body),
            response_model=model_in(document),
            price_context=context_of(document, SERVED_BY),
        )


class OpenAIProvider(HttpProvider):
    """A provider that speaks OpenAI's chat completions."""

    def __init__(self, address: ProviderAddress, pool: ProviderPool, now: Callable[[], datetime], tokens: LocalTokens) -> None:
        super().__init__(OpenAIDialect(), address, pool, now, tokens)
