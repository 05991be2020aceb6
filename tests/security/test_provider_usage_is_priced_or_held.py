"""Any usage that a provider reports is priced, or held with a reason, and sums of it stay in range."""

import json
import random
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pydantic import JsonValue

from schemas.outcomes import BookedAttempt
from services.meter.adapters.genai_price_list import GenaiPriceList
from services.meter.domain.settlement.booking import book, cost_of
from services.meter.domain.usage.bodies import read_body
from services.meter.domain.usage.normalize import normalise, total_usage
from services.router.app import PROVIDERS
from services.router.domain.call_results import finished_result
from services.router.domain.provider_call import ProviderReply
from tests.fuzzing import SEED, examples
from tests.security.booked_lines import ATTEMPT, NOON, check_line
from tests.security.odd_replies import change
from tests.security.odd_values import EVENTS, ODD, RAW, WHOLE

pytestmark = [pytest.mark.fuzz, pytest.mark.slow]
KINDS = sorted(PROVIDERS)
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
    """Draw any JSON that a parser may return, with the field names that the meter reads."""
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
