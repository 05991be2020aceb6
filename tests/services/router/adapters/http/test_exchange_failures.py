"""Every way in which an exchange fails is a ProviderError of the right kind, within its time and size."""

import asyncio
import json
from datetime import UTC, datetime

import pytest

from services.router.adapters.http.exchange import ProviderAddress, ProviderPool
from services.router.adapters.http.response_reading import MAX_REPLY_BYTES
from services.router.adapters.local_tokens import LocalTokenCounter
from services.router.adapters.providers.openai import OpenAIProvider
from services.router.domain.provider_call import ProviderError
from tests.services.router.adapters.raw_server import (
    GOOD,
    call,
    error_of,
    http,
    says,
)


async def test_a_connection_that_breaks_inside_the_answer_is_cut_off() -> None:
    error = await error_of(says(http("200 OK", json.dumps(GOOD).encode(), length=5_000)))

    assert error.kind == "cut_off"


async def test_an_error_whose_body_breaks_keeps_its_status() -> None:
    error = await error_of(says(http("503 Service Unavailable", b'{"err', length=500)))

    assert (error.kind, error.status_code) == ("unavailable", 503)


async def test_a_connection_that_closes_without_a_word_is_lost() -> None:
    error = await error_of(says(b""))

    assert error.kind == "connection_lost"


async def test_a_reply_that_does_not_end_is_bounded_in_size() -> None:
    async def flood(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        for _ in range(64):
            writer.write(b" " * (MAX_REPLY_BYTES // 16))
            await writer.drain()

    error = await error_of(flood)

    assert error.kind == "bad_reply"
    assert "larger than" in str(error)


async def test_a_reply_that_trickles_is_bounded_in_time() -> None:
    async def trickle(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.05)

    error = await error_of(trickle, timeout_s=0.3)

    assert error.kind == "timeout"


async def test_a_port_where_nobody_listens_is_unreachable_and_named_without_key() -> None:
    async with ProviderPool(1) as client:
        provider = OpenAIProvider(
            ProviderAddress("gone", "http://user:pw@127.0.0.1:9/v1"),
            client,
            lambda: datetime.now(UTC),
            LocalTokenCounter(),
        )
        with pytest.raises(ProviderError, match=r"gone \(127\.0\.0\.1:9\)") as caught:
            await provider.complete(call())

    assert caught.value.kind == "unreachable"
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/v1", "127.0.0.1:8000/v1", "http://[::bad/v1"])
async def test_an_address_that_is_none_is_a_fault_of_the_configuration(address: str) -> None:
    async with ProviderPool(1) as client:
        provider = OpenAIProvider(
            ProviderAddress("odd", address), client, lambda: datetime.now(UTC), LocalTokenCounter()
        )
        with pytest.raises(ProviderError) as caught:
            await provider.complete(call())

    assert caught.value.kind == "configuration"


async def test_a_redirect_is_not_followed_with_our_key() -> None:
    error = await error_of(says(http("302 Found", b"", "Location: http://127.0.0.1:9/")))

    assert (error.kind, error.status_code) == ("configuration", 302)
