"""Properties of any usage block: no exception, classes that add up, and a reason for what is unknown."""

import json
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from schemas.outcomes import TokenUsage
from services.meter.domain.usage.bodies import read_body
from services.meter.domain.usage.counts import known_classes
from services.meter.domain.usage.normalize import normalise

FIELDS = (
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
        "input_tokens_details",
        "output_tokens_details",
        "cached_tokens_details",
    ),
    *(
        "cache_creation_input_tokens",
        "cache_read_input_tokens",
        "cache_creation",
        "ephemeral_1h_input_tokens",
        "iterations",
        "server_tool_use",
    ),
    *(
        "promptTokenCount",
        "candidatesTokenCount",
        "thoughtsTokenCount",
        "totalTokenCount",
        "cachedContentTokenCount",
        "promptTokensDetails",
    ),
    *(
        "inputTokens",
        "outputTokens",
        "totalTokens",
        "cacheReadInputTokens",
        "cacheWriteInputTokens",
        "cacheDetails",
        "ttl",
        "billed_units",
    ),
    *(
        "tokens",
        "images",
        "seconds",
        "type",
        "modality",
        "tokenCount",
        "web_search_requests",
        "prompt_cache_hit_tokens",
        "citation_tokens",
    ),
    *(
        "usage",
        "usageMetadata",
        "meta",
        "response",
        "message",
        "result",
        "custom_id",
        "body",
        "model",
        "service_tier",
        "usage_info",
        "duration",
    ),
    *(
        "text",
        "results",
        "output",
        "candidates",
        "groundingMetadata",
        "webSearchQueries",
        "data",
        "pages",
        "pages_processed",
        "serviceTier",
    ),
)
NAMES = st.sampled_from(FIELDS) | st.text(max_size=4)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-3, 40)
    | st.integers()
    | st.floats()
    | st.sampled_from(["duration", "TEXT", "AUDIO", "1h", "x"])
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=25,
)
KINDS = st.sampled_from(["openai", "anthropic", "google", "bedrock", "cohere", "x-ai", "perplexity", ""])
COUNTS = st.integers(0, 10_000)


@settings(max_examples=250, deadline=None)
@given(raw=JSON, kind=KINDS)
def test_any_json_whatsoever_is_usage_or_none_and_what_is_unknown_is_named(raw: JsonValue, kind: str) -> None:
    found = normalise(kind, raw)

    assert (found is None) == (raw is None)

    if found is not None:
        assert found.mismatch is not None or None not in known_classes(found)
        assert TokenUsage.model_validate(found.model_dump()) == found


@settings(max_examples=250, deadline=None)
@given(body=JSON, kind=KINDS)
def test_any_body_whatsoever_is_read_or_has_a_reason(body: JsonValue, kind: str) -> None:
    reading = read_body(body, kind)

    assert (reading.usage is None) == (reading.reason is not None)
    assert all(word.isascii() for word in reading.context.values())

    if reading.usage is not None:
        assert reading.usage.mismatch is not None or None not in known_classes(reading.usage)
        json.dumps(reading.usage.model_dump(mode="json"))


CHAT = st.sampled_from([name for name in FIELDS[:13] if name != "total_tokens"])
DETAILS = st.dictionaries(
    st.sampled_from(["cached_tokens", "audio_tokens", "reasoning_tokens", "cache_write_tokens"]),
    st.integers(0, 9),
)


@settings(max_examples=250, deadline=None)
@given(
    raw=st.dictionaries(CHAT, st.integers(0, 12) | DETAILS | LEAVES, max_size=8),
    counts=st.tuples(*[st.integers(0, 40)] * 2),
    odd=st.integers(-1, 12),
)
def test_classes_add_up_to_the_total_that_was_reported_unless_that_is_flagged(
    raw: dict[str, JsonValue], counts: tuple[int, int], odd: int
) -> None:
    total = sum(counts) + max(odd, 0)
    found = normalise(
        "openai", {**raw, "prompt_tokens": counts[0], "completion_tokens": counts[1], "total_tokens": total}
    )

    assert found is not None
    assert found.mismatch is not None or tokens_of(found) == total


@given(parts=st.tuples(*[COUNTS] * 9).filter(any))
def test_openais_classes_add_up_whatever_stands_inside(parts: tuple[int, ...]) -> None:
    fresh, cached, written, heard, cached_sound, answer, reasoning, spoken, seen = parts
    prompt, completion = fresh + cached + written + heard + cached_sound + seen, answer + reasoning + spoken
    raw: JsonValue = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {
            "cached_tokens": cached + cached_sound,
            "cached_tokens_details": {"audio_tokens": cached_sound},
            "cache_write_tokens": written,
            "audio_tokens": heard + cached_sound,
            "image_tokens": seen,
        },
        "completion_tokens_details": {"reasoning_tokens": reasoning, "audio_tokens": spoken},
    }
    found = normalise("openai", raw)

    assert found is not None
    assert (found.input, found.cache_read, found.cache_write, found.output, found.reasoning) == (
        fresh,
        cached,
        written,
        answer,
        reasoning,
    )
    assert found.media == used(
        input_audio=heard, cache_audio_read=cached_sound, output_audio=spoken, input_image=seen
    )
    assert (tokens_of(found), found.mismatch) == (prompt + completion, None)


@given(parts=st.tuples(*[COUNTS] * 6).filter(any))
def test_anthropics_classes_are_taken_as_they_are(parts: tuple[int, ...]) -> None:
    fresh, read, short, lasting, answer, thinking = parts
    raw: JsonValue = {
        "input_tokens": fresh,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": short + lasting,
        "cache_creation": {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": lasting},
        "output_tokens": answer + thinking,
        "output_tokens_details": {"thinking_tokens": thinking},
    }
    found = normalise("anthropic", raw)

    assert found == TokenUsage(
        input=fresh,
        cache_read=read,
        cache_write=short,
        cache_write_1h=lasting,
        output=answer,
        reasoning=thinking,
    )


@given(parts=st.tuples(*[COUNTS] * 7).filter(any))
def test_geminis_classes_add_up_whatever_stands_inside(parts: tuple[int, ...]) -> None:
    fresh, cached, sound, tools, answer, thoughts, picture = parts
    raw: JsonValue = {
        "promptTokenCount": fresh + cached + sound,
        "cachedContentTokenCount": cached,
        "promptTokensDetails": [
            {"modality": "TEXT", "tokenCount": fresh + cached},
            {"modality": "AUDIO", "tokenCount": sound},
        ],
        "toolUsePromptTokenCount": tools,
        "candidatesTokenCount": answer + picture,
        "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": picture}],
        "thoughtsTokenCount": thoughts,
        "totalTokenCount": sum(parts),
    }
    found = normalise("google", raw)

    assert found is not None
    assert (found.input, found.cache_read, found.output, found.reasoning) == (
        fresh + tools,
        cached,
        answer,
        thoughts,
    )
    assert found.media == used(input_audio=sound, output_image=picture)
    assert (tokens_of(found), found.mismatch) == (sum(parts), None)


def tokens_of(found: TokenUsage) -> int:
    return sum(count or 0 for count in known_classes(found)) + sum(found.media.values())


def used(**counts: int) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}


def test_a_count_of_seconds_keeps_its_fraction() -> None:
    found = normalise("openai", {"type": "duration", "seconds": 1.25})

    assert found is not None
    assert found.units == {"input_audio_seconds": Decimal("1.25")}
