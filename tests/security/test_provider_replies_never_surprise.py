"""Any reply of a provider ends its call in time, as an answer or as a failed attempt within bounds."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from typing import get_args

import pytest

from schemas.answers import AttemptResult
from schemas.requests import Sampling
from schemas.values import Message
from services.meter.adapters.genai_price_list import GenaiPriceList
from services.meter.domain.settlement.booking import book
from services.router.adapters.http.exchange import ProviderAddress, ProviderPool
from services.router.adapters.local_tokens import LocalTokenCounter
from services.router.app import PROVIDERS
from services.router.domain.call_results import failed_result, finished_result
from services.router.domain.provider_call import FailureKind, ProviderCall, ProviderError, ProviderReply
from services.router.domain.reply_bounds import MAX_ANSWER_BYTES, json_size
from services.router.domain.retries import MAX_RETRY_AFTER_S
from tests.fuzzing import SEED, examples
from tests.security.booked_lines import ATTEMPT, NOON, check_line
from tests.security.odd_replies import generated, good
from tests.security.provider_faults import named_faults
from tests.security.served_bytes import Provider, Wire, says

pytestmark = [pytest.mark.fuzz, pytest.mark.slow]
TIMEOUT_S, SLACK_S = 2.5, 2.5
MAX_PAUSE_S = 2.0
MAX_RESULT_BYTES = 12 * 1024
TOKENS = LocalTokenCounter()
KINDS = sorted(PROVIDERS)
CALL = ProviderCall(
    model="gpt-4o-mini",
    messages=(Message(role="user", content="the prompt of <PERSON_1>"),),
    sampling=Sampling(),
    max_tokens=16,
    attempt_id=ATTEMPT.attempt_id,
    idempotency_key="key-1",
    timeout_s=TIMEOUT_S,
)


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider().serving() as serving:
        yield serving


async def outcome_of(
    kind: str, url: str, pool: ProviderPool, *, stream: bool
) -> ProviderReply | ProviderError:
    """Call an adapter as the router does; any error except ProviderError is raised and fails the test."""
    adapter = PROVIDERS[kind](ProviderAddress("odd", url, stream=stream), pool, lambda: NOON, TOKENS)
    started = time.monotonic()
    try:
        outcome = await adapter.complete(CALL)
    except ProviderError as error:
        outcome = error
    assert time.monotonic() - started < TIMEOUT_S + SLACK_S, "the call outlived its time"
    return outcome


def check(kind: str, outcome: ProviderReply | ProviderError) -> AttemptResult:
    """Check that an outcome is declared, and that its result is bounded and is read back as written."""
    if isinstance(outcome, ProviderReply):
        assert json_size(outcome.content) <= MAX_ANSWER_BYTES
        result = finished_result(ATTEMPT, kind, outcome, NOON)
    else:
        assert outcome.kind in set(get_args(FailureKind)) - {"adapter_error", "not_sent"}
        assert len(str(outcome)) <= 400
        assert "Marlow" not in str(outcome)
        assert outcome.retry_after_s is None or 0 <= outcome.retry_after_s <= MAX_RETRY_AFTER_S
        result = failed_result(ATTEMPT, kind, outcome, NOON)
    stored = result.model_dump_json()
    assert len(stored) <= MAX_RESULT_BYTES
    assert "Marlow" not in stored
    assert AttemptResult.model_validate_json(stored) == result
    (line,) = book(GenaiPriceList(), "acme", [result], NOON)
    check_line(line)
    return result


@asynccontextmanager
async def responsive_loop() -> AsyncGenerator[None]:
    """Check that the event loop is never blocked: heartbeats, leases and other calls depend on it."""
    longest, over = 0.0, asyncio.Event()

    async def beat() -> None:
        nonlocal longest
        while not over.is_set():
            before = time.monotonic()
            await asyncio.sleep(0.01)
            longest = max(longest, time.monotonic() - before)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        over.set()
        await task
    assert longest < MAX_PAUSE_S, f"the event loop stood still for {longest:.2f} s"


@pytest.mark.parametrize("kind", KINDS)
async def test_every_generated_reply_ends_as_an_answer_or_a_failed_attempt(
    provider: Provider, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    reached: set[str] = set()
    async with ProviderPool(40) as pool, responsive_loop():
        limit = asyncio.Semaphore(20)

        async def call(number: int, wire: Wire) -> None:
            async with limit:
                outcome = await outcome_of(kind, provider.at(f"{number}", wire), pool, stream=number % 2 == 0)
            reached.add(check(kind, outcome).error or "answered")

        await asyncio.gather(
            *[call(reply.number, reply.wire) for reply in generated(kind, SEED, examples(1_000))]
        )

    assert reached >= {
        "answered",
        "bad_reply",
        "cut_off",
        "rate_limited",
        "unavailable",
        "configuration",
        "invalid_request",
    }, f"the test reaches little (seed {SEED})"
    assert "Marlow" not in caplog.text


@pytest.mark.parametrize("kind", KINDS)
async def test_every_named_fault_is_a_failed_attempt_in_time_and_stops_nobody(
    provider: Provider, kind: str
) -> None:
    faults = named_faults(kind)
    async with ProviderPool(40) as pool, responsive_loop():
        limit = asyncio.Semaphore(6)

        async def call(name: str, wire: Wire) -> None:
            async with limit:
                outcome = await outcome_of(
                    kind, provider.at(name.replace(" ", "-"), wire), pool, stream=False
                )
            assert isinstance(outcome, ProviderError), name
            check(kind, outcome)

        await asyncio.gather(*[call(name, wire) for name, wire in faults.items()])


@pytest.mark.parametrize("kind", KINDS)
async def test_many_large_replies_at_once_leave_a_small_call_its_time(provider: Provider, kind: str) -> None:
    faults = named_faults(kind)
    async with ProviderPool(100) as pool, responsive_loop():
        names = ["reply of 50 MB", "line of 50 MB", "gzip bomb", "endless stream", "a million choices"] * 8
        hostile = [
            asyncio.create_task(outcome_of(kind, provider.at(f"{number}", faults[name]), pool, stream=True))
            for number, name in enumerate(names)
        ]
        url = provider.at("good", says(good(kind)))
        longest = 0.0
        while not all(task.done() for task in hostile):
            started = time.monotonic()
            assert isinstance(await outcome_of(kind, url, pool, stream=False), ProviderReply)
            longest = max(longest, time.monotonic() - started)
            await asyncio.sleep(0.05)

        assert all(isinstance(task.result(), ProviderError) for task in hostile)
    assert longest < MAX_PAUSE_S
