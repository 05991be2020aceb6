"""Calls OpenAI's chat completions and servers that are compatible with it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from pydantic import BaseModel, Field, JsonValue, ValidationError
from pydantic_core import to_json

from schemas.values import Text
from services.router.adapters.http.event_stream import EventStream
from services.router.adapters.http.exchange import ProviderAddress, ProviderPool
from services.router.adapters.http.json_parts import mapping, mappings, texts
from services.router.adapters.http.provider import Dialect, HttpProvider
from services.router.adapters.http.response_reading import OK, HttpReply
from services.router.adapters.local_tokens import LocalTokenCounter
from services.router.adapters.providers.openai_stream import OpenAIStream
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

SERVED_BY = ("service_tier",)


class _ChatMessage(BaseModel):
    content: Text
    refusal: str | None = None


class _Choice(BaseModel):
    message: _ChatMessage
    finish_reason: str | None = None


class _ChatCompletion(BaseModel):
    choices: list[_Choice] = Field(min_length=1)


class OpenAIDialect:
    """Chat completions of OpenAI and of compatible servers."""

    kind = "openai"
    path = "/chat/completions"

    def headers(self, address: ProviderAddress) -> Mapping[str, str]:
        """The header with the key."""
        if address.api_key is None:
            return {}
        return {"Authorization": f"Bearer {address.api_key.get_secret_value()}"}

    def body(self, address: ProviderAddress, call: ProviderCall) -> bytes:
        """The body of a call."""
        settings: dict[str, JsonValue] = call.sampling.model_dump(
            mode="json", exclude_none=True, exclude={"max_tokens"}
        )
        messages = [message.model_dump(mode="json", exclude_none=True) for message in call.messages]
        streaming: dict[str, JsonValue] = (
            {"stream": True, "stream_options": {"include_usage": True}} if address.stream else {}
        )
        return to_json(
            {
                "model": call.model,
                "messages": messages,
                address.limit_field: call.max_tokens,
                **settings,
                **streaming,
            }
        )

    def new_stream(self) -> EventStream:
        """A new stream for one answer."""
        return OpenAIStream()

    def read(self, received: HttpReply, now: datetime) -> ProviderReply:
        """Read a response; raises ProviderError, also if there is no finish reason: the answer is cut off."""
        if received.status != OK:
            raise error_of(received, now)
        document = document_of(received)
        try:
            # The answer is the first choice; the others are not validated, however many there are.
            reply = _ChatCompletion.model_validate(
                {"choices": _first(document["choices"])} if "choices" in document else {}
            )
        except ValidationError as error:
            raise bad_reply(received, document, error) from None
        choice = reply.choices[0]
        if not choice.finish_reason:
            raise ProviderError(
                "cut_off", "the answer was cut off: it has no finish_reason", status_code=received.status
            )
        return ProviderReply(
            content=choice.message.content or choice.message.refusal or "",
            finish_reason=choice.finish_reason,
            usage=mapping(document.get("usage")),
            response_model=model_in(document),
            status_code=received.status,
            price_context=context_of(document, SERVED_BY),
        )

    def read_partial(self, received: HttpReply) -> PartialResponse:
        """Read the texts and reasoning of all choices; if empty, the whole body (unless it was streamed)."""
        stream = received.stream
        document = stream.document() if stream is not None else parse_truncated(received.body)
        parts = [mapping(choice.get("message")) or {} for choice in mappings(document.get("choices"))]
        text = "".join(
            texts(part.get("reasoning_content"), part.get("content"), part.get("refusal")) for part in parts
        )
        return PartialResponse(
            text=text if stream is not None or text else received.body.decode("utf-8", "replace"),
            usage=mapping(document.get("usage")) if stream is not None else partial_usage(received.body),
            response_model=model_in(document),
            price_context=context_of(document, SERVED_BY),
        )


class OpenAIProvider(HttpProvider):
    """A provider with OpenAI's chat completions."""

    def __init__(
        self,
        address: ProviderAddress,
        pool: ProviderPool,
        now: Callable[[], datetime],
        tokens: LocalTokenCounter,
    ) -> None:
        super().__init__(OpenAIDialect(), address, pool, now, tokens)


def _first(choices: JsonValue) -> JsonValue:
    return choices[:1] if isinstance(choices, list) else choices


DIALECTS: Mapping[str, Callable[[], Dialect]] = MappingProxyType({"openai": OpenAIDialect})
