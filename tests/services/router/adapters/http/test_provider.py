"""Any dialect makes a provider: its path, headers and body are sent, and what it cannot read is estimated."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from pydantic import JsonValue

from services.router.adapters.http.event_stream import EventStream
from services.router.adapters.http.exchange import ProviderAddress, ProviderPool
from services.router.adapters.http.provider import HttpProvider
from services.router.adapters.http.response_reading import HttpReply
from services.router.adapters.local_tokens import LocalTokenCounter
from services.router.domain.provider_call import (
    FailureKind,
    PartialResponse,
    ProviderCall,
    ProviderError,
    ProviderReply,
)

if TYPE_CHECKING:
    from tests.services.router.adapters.conftest import Wire

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TOKENS = LocalTokenCounter()


@dataclass(frozen=True, slots=True)
class PlainText:
    """An API whose answer is the body itself; it may fail to read one, or report a usage of part of it."""

    fault: FailureKind | None = None
    usage: Mapping[str, JsonValue] | None = None
    kind: str = "plain"
    path: str = "/plain"

    def headers(self, address: ProviderAddress) -> Mapping[str, str]:
        return {"x-provider": address.name}

    def body(self, address: ProviderAddress, call: ProviderCall) -> bytes:
        return json.dumps({"text": call.messages[0].content}).encode()

    def new_stream(self) -> EventStream:
        return EventStream()

    def read(self, received: HttpReply, now: datetime) -> ProviderReply:
        if self.fault is not None:
            raise ProviderError(self.fault, f"{self.fault} at {now}")
        return ProviderReply(received.body.decode(), "stop", None, None, received.status)

    def read_partial(self, received: HttpReply) -> PartialResponse:
        return PartialResponse(text=received.body.decode(), usage=self.usage)


async def complete(wire: "Wire", dialect: PlainText, data: bytes) -> ProviderReply:
    async with wire.saying(data) as url, ProviderPool(1) as pool:
        provider = HttpProvider(dialect, ProviderAddress("wire", url), pool, lambda: NOW, TOKENS)
        assert provider.kind == dialect.kind
        return await provider.complete(wire.call())


async def failure_of(wire: "Wire", dialect: PlainText, data: bytes) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await complete(wire, dialect, data)
    return caught.value


async def test_a_call_is_written_and_its_reply_read_by_the_dialect(wire: "Wire") -> None:
    reply = await complete(wire, PlainText(), wire.http("200 OK", b"hello"))

    assert reply == ProviderReply("hello", "stop", None, None, 200)
    assert wire.heads[0].startswith("POST /v1/plain HTTP/1.1")
    assert "x-provider: wire" in wire.heads[0].lower()
    assert wire.bodies == [{"text": "the prompt of <PERSON_1>"}]


@pytest.mark.parametrize(
    ("fault", "length"), [(None, 500), ("cut_off", None)], ids=["by the connection", "by the provider"]
)
async def test_an_answer_that_is_cut_off_is_estimated_by_what_arrived(
    wire: "Wire", fault: FailureKind | None, length: int | None
) -> None:
    text = "two lamps are on their way"

    error = await failure_of(wire, PlainText(fault), wire.http("200 OK", text.encode(), length=length))

    estimate = error.partial_response.estimate
    assert error.kind == "cut_off"
    assert estimate is not None
    assert estimate.input_tokens == TOKENS.of_messages(wire.call().messages, "wire/a")
    assert estimate.output_tokens == TOKENS.of_text(text, "wire/a")
    assert text not in repr(error.partial_response)


async def test_the_providers_own_usage_comes_before_an_estimate(wire: "Wire") -> None:
    dialect = PlainText("cut_off", usage={"prompt_tokens": 3})

    error = await failure_of(wire, dialect, wire.http("200 OK", b"two lamps"))

    assert (error.usage, error.partial_response.estimate) == ({"prompt_tokens": 3}, None)


async def test_a_refusal_is_raised_as_the_dialect_read_it(wire: "Wire") -> None:
    error = await failure_of(wire, PlainText("rate_limited"), wire.http("429 Too Many Requests", b"slow"))

    assert (error.kind, str(error)) == ("rate_limited", f"rate_limited at {NOW}")
    assert error.partial_response == PartialResponse()
