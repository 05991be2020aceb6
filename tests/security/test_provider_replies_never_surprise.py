"""Whatever a provider says, a call ends in time as an answer or as a failed attempt, within its bounds; and its usage has a price or a reason."""

import asyncio
import json
import logging
import random
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args
from uuid import UUID

import pytest
from pydantic import JsonValue

from schemas.answers import Attempt, AttemptResult
from schemas.outcomes import BookedAttempt
from schemas.requests import Sampling
from schemas.values import Message
from services.meter.adapters.genai_price_list import GenaiPriceList
from services.meter.domain.settlement.booking import book, cost_of
from services.meter.domain.usage.bodies import read_body
from services.meter.domain.usage.normalize import normalise, total_usage
from services.router.adapters.http.exchange import ProviderAddress, ProviderPool
from services.router.adapters.local_tokens import LocalTokenCounter
from services.router.app import PROVIDERS
from services.router.domain.call_results import failed_result, finished_result
from services.router.domain.provider_call import FailureKind, ProviderCall, ProviderError, ProviderReply
from services.router.domain.reply_bounds import MAX_ANSWER_BYTES, json_size
from services.router.domain.retries import MAX_RETRY_AFTER_S
from tests.fuzzing import SEED, examples
from tests.security.odd_replies import EVENTS, ODD, RAW, WHOLE, change, generated, good
from tests.security.provider_faults import named_faults
from tests.security.served_bytes import Provider, Wire, says

pytestmark = [pytest.mark.fuzz, pytest.mark.slow]
TIMEOUT_S, SLACK_S = 2.5, 2.5
LONGEST_PAUSE_S = 2.0
MAX_RESULT_BYTES = 12 * 1024
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOKENS = LocalTokenCounter()
KINDS = sorted(PROVIDERS)
ATTEMPT = Attempt(
    attempt_id=UUID(int=9),
    record_id=UUID(int=1),
    tenant="acme",
    number=1,
    owner="router-1",
    provider="openai",
    model="gpt-4o-mini",
    started_at=NOON,
    deadline=NOON + timedelta(seconds=60),
)
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
    """Call an adapter as the router does; anything but a reply and a ProviderError leaves this function as the surprise it is."""
    adapter = PROVIDERS[kind](ProviderAddress("odd", url, stream=stream), pool, lambda: NOON, TOKENS)
    started = time.monotonic()
    try:
        outcome = await adapter.complete(CALL)
    except ProviderError as error:
        outcome = error
    assert time.monotonic() - started < TIMEOUT_S + SLACK_S, "the call outlived its time"
    return outcome


def check(kind: str, outcome: ProviderReply | ProviderError) -> AttemptResult:
    """Check that an outcome is a declared one, and that what goes into events is bounded and is read back as it was written."""
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


def check_line(line: BookedAttempt) -> None:
    assert (line.cost_usd is None) == (line.cost_status in {"held", "unknown"})
    assert line.cost_usd is not None or line.reason
    assert line.cost_usd is None or 0 <= line.cost_usd < Decimal(10) ** 12
    assert BookedAttempt.model_validate_json(line.model_dump_json()) == line


@asynccontextmanager
async def awake() -> AsyncGenerator[None]:
    """Check that the event loop never stands still: heartbeats, leases and everybody else's calls depend on it."""
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
    assert longest < LONGEST_PAUSE_S, f"the event loop stood still for {longest:.2f} s"


@pytest.mark.parametrize("kind", KINDS)
async def test_every_generated_reply_ends_as_an_answer_or_a_failed_attempt(
    provider: Provider, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    reached: set[str] = set()
    async with ProviderPool(40) as pool, awake():
        limit = asyncio.Semaphore(20)

        async def one(number: int, wire: Wire) -> None:
            async with limit:
                outcome = await outcome_of(kind, provider.at(f"{number}", wire), pool, stream=number % 2 == 0)
            reached.add(check(kind, outcome).error or "answered")

        await asyncio.gather(
            *[one(reply.number, reply.wire) for reply in generated(kind, SEED, examples(1_000))]
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
    async with ProviderPool(40) as pool, awake():
        limit = asyncio.Semaphore(6)

        async def one(name: str, wire: Wire) -> None:
            async with limit:
                outcome = await outcome_of(
                    kind, provider.at(name.replace(" ", "-"), wire), pool, stream=False
                )
            assert isinstance(outcome, ProviderError), name
            check(kind, outcome)

        await asyncio.gather(*[one(name, wire) for name, wire in faults.items()])


@pytest.mark.parametrize("kind", KINDS)
async def test_many_large_replies_at_once_leave_a_small_call_its_time(provider: Provider, kind: str) -> None:
    faults = named_faults(kind)
    async with ProviderPool(100) as pool, awake():
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
    assert longest < LONGEST_PAUSE_S


USAGE_NAMES = (
    *(
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
        "input_tokens",
        "output_tokens",
        "reasoning_tokens",
        "cached_tokens",
        "audio_tokens",
    ),
    *(
        "prompt_tokens_details",
        "completion_tokens_details",
        "cache_creation",
        "cache_creation_input_tokens",
        "cache_read_input_tokens",
        "iterations",
    ),
    *(
        "promptTokenCount",
        "candidatesTokenCount",
        "totalTokenCount",
        "promptTokensDetails",
        "modality",
        "tokenCount",
        "toolUsePromptTokenCount",
    ),
    *(
        "inputTokens",
        "outputTokens",
        "cacheDetails",
        "ttl",
        "billed_units",
        "search_units",
        "images",
        "seconds",
        "type",
        "duration",
        "usage_info",
    ),
    *(
        "server_tool_use",
        "web_search_requests",
        "num_search_queries",
        "usage",
        "usageMetadata",
        "modelVersion",
        "candidates",
        "output",
        "service_tier",
    ),
)
MODELS = ("gpt-4o-mini", "claude-sonnet-4-5", "gemini-2.5-flash", "whisper-1", "no-such-model")


def drawn(chance: random.Random, depth: int) -> Any:
    """Draw any JSON that a parser may give, with the names that are read in it."""
    if depth == 0 or chance.random() < 0.45:
        odd = chance.choice(
            (
                *ODD,
                *[chance.randrange(10**6) for _ in range(20)],
                float("nan"),
                float("inf"),
                10**300,
                "TEXT",
                "1h",
                "duration",
            )
        )
        return nested(150) if isinstance(odd, str) and odd in RAW else deepcopy(odd)
    if chance.random() < 0.3:
        return [drawn(chance, depth - 1) for _ in range(chance.randrange(4))]
    return {chance.choice(USAGE_NAMES): drawn(chance, depth - 1) for _ in range(chance.randrange(1, 7))}


def nested(levels: int) -> JsonValue:
    value: JsonValue = 1
    for _ in range(levels):
        value = [value]
    return value


def changed(chance: random.Random) -> Any:
    """Draw the usage of a valid reply with a few odd values in it."""
    document: Any = json.loads(
        json.dumps(chance.choice([*WHOLE.values(), *[events[-2] for events in EVENTS.values()]]))
    )
    for _ in range(chance.randrange(1, 4)):
        change(document.get("usage") or document, chance)
    return document


@pytest.mark.parametrize(
    ("draw", "reached"),
    [(lambda chance: drawn(chance, 4), {"held"}), (changed, {"priced", "held"})],
    ids=["any JSON", "valid usage with odd values"],
)
def test_any_usage_is_priced_or_held_with_a_reason_and_sums_stay_in_range(
    draw: Callable[[random.Random], Any], reached: set[str]
) -> None:
    chance = random.Random(SEED)
    prices, lines = GenaiPriceList(), list[BookedAttempt]()
    for number in range(3 * examples(1_000)):
        raw = draw(chance)
        block = raw.get("usage") if isinstance(raw, dict) and chance.random() < 0.7 else raw
        reply = ProviderReply(
            "four", "stop", block if isinstance(block, dict) else None, chance.choice(MODELS), 200
        )
        attempt = ATTEMPT.model_copy(
            update={
                "attempt_id": UUID(int=number),
                "provider": chance.choice(("openai", "anthropic", "google")),
            }
        )
        result = finished_result(
            attempt,
            chance.choice((*KINDS, "google", "bedrock", "cohere", "")),
            reply,
            NOON + timedelta(seconds=1),
        )
        usage = normalise(result.provider_kind, raw)
        assert (usage is None) == (raw is None)
        read_body(raw, result.provider_kind)
        lines += book(prices, "acme", [result], NOON)
        check_line(lines[-1])

    statuses = {line.cost_status for line in lines}
    assert statuses >= reached, f"the test reaches little (seed {SEED})"
    summed = total_usage(line.usage for line in lines[:1_000])
    assert summed is not None
    assert len(summed.mismatch or "") <= 500
    assert (summed.output or 0) < 2**53
    assert (cost_of([line for line in lines if line.cost_usd is not None]) or Decimal(0)) < Decimal(10) ** 26


@pytest.mark.parametrize(
    "block",
    [
        {"prompt_tokens": 10**40, "completion_tokens": 3},
        {"prompt_tokens": -5, "completion_tokens": 3},
        {"prompt_tokens": 2.5, "completion_tokens": 3},
        {"prompt_tokens": "12", "completion_tokens": 3},
        {"prompt_tokens": True, "completion_tokens": 3},
        {"prompt_tokens": None, "completion_tokens": 3},
        {"prompt_tokens": float("nan"), "completion_tokens": 3},
        {"prompt_tokens": 10**10, "completion_tokens": 3},
        {"prompt_tokens": 3, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 10**40}},
        {
            "cache_read_input_tokens": 0,
            "input_tokens": 3,
            "output_tokens": 3,
            "iterations": [{"type": "compaction", "input_tokens": 10**9, "output_tokens": 1}] * 40,
        },
        {f"field{number}": number for number in range(5_000)},
        {"prompt_tokens": nested(100), "completion_tokens": 3},
    ],
    ids=lambda block: str(block)[:40],
)
def test_absurd_usage_is_held_never_free_and_never_priced(block: dict[str, JsonValue]) -> None:
    reply = ProviderReply("four", "stop", block, "gpt-4o-mini", 200)

    (line,) = book(GenaiPriceList(), "acme", [finished_result(ATTEMPT, "openai", reply, NOON)], NOON)

    assert (line.cost_usd, line.cost_status) == (None, "held")
    assert line.usage is not None
    assert line.usage.mismatch
