"""Whole bodies: where usage, model and the way a call was served stand, in every wrapping they come in."""

from decimal import Decimal

import pytest
from pydantic import JsonValue

from services.meter.domain.usage.bodies import read_body
from services.meter.domain.usage.context import reported_context, without_batch_tier, without_usual_values

CHAT: dict[str, JsonValue] = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
MESSAGES: dict[str, JsonValue] = {"input_tokens": 5, "cache_read_input_tokens": 0, "output_tokens": 7}


@pytest.mark.parametrize(
    ("body", "model", "context"),
    [
        ({"model": "m", "usage": CHAT}, "m", {}),
        (
            {
                "modelVersion": "g",
                "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 7, "totalTokenCount": 12},
            },
            "g",
            {},
        ),
        (
            {
                "model_version": "g",
                "usage_metadata": {
                    "prompt_token_count": 5,
                    "candidates_token_count": 7,
                    "total_token_count": 12,
                },
            },
            "g",
            {},
        ),
        (
            {
                "type": "response.done",
                "response": {
                    "model": "r",
                    "usage": {"input_tokens": 5, "output_tokens": 7, "total_tokens": 12},
                },
            },
            "r",
            {},
        ),
        ({"type": "message_start", "message": {"model": "c", "usage": MESSAGES}}, "c", {}),
        ({"success": True, "result": {"model": "@cf/m", "usage": CHAT}}, "@cf/m", {}),
        ({"model": "m", "choices": [], "x_groq": {"usage": CHAT}}, "m", {}),
        ({"metadata": {"usage": {"inputTokens": 5, "outputTokens": 7, "totalTokens": 12}}}, None, {}),
        (
            {
                "outputs": [],
                "amazon-bedrock-invocationMetrics": {"inputTokenCount": 5, "outputTokenCount": 7},
            },
            None,
            {},
        ),
        ({"inputTextTokenCount": 5, "results": [{"tokenCount": 7, "outputText": "x"}]}, None, {}),
        ({"generation": "x", "prompt_token_count": 5, "generation_token_count": 7}, None, {}),
        ({"model": "llama3", "prompt_eval_count": 5, "eval_count": 7, "done": True}, "llama3", {}),
        ({"content": "x", "model": "gguf", "tokens_evaluated": 5, "tokens_predicted": 7}, "gguf", {}),
        ({"meta": {"billed_units": {"input_tokens": 5, "output_tokens": 7}}}, None, {}),
        (
            {"custom_id": "a", "response": {"status_code": 200, "body": {"model": "m", "usage": CHAT}}},
            "m",
            {"processing": "batch"},
        ),
        (
            {"custom_id": "a", "result": {"type": "succeeded", "message": {"model": "c", "usage": MESSAGES}}},
            "c",
            {"processing": "batch"},
        ),
        ({"model": "m", "usage": CHAT, "service_tier": "flex"}, "m", {"service_tier": "flex"}),
    ],
)
def test_usage_model_and_context_are_found_in_every_wrapping(
    body: JsonValue, model: str | None, context: dict[str, str]
) -> None:
    reading = read_body(body, "")

    assert reading.usage is not None
    assert (reading.usage.input, reading.usage.output, reading.usage.mismatch) == (5, 7, None)
    assert (reading.model, reading.context, reading.reason) == (model, context, None)


@pytest.mark.parametrize(
    ("events", "classes"),
    [
        (
            [
                {"model": "m", "choices": []},
                {"model": "m", "choices": [], "usage": None},
                {"model": "m", "usage": CHAT},
            ],
            (5, 0, 7),
        ),
        (
            [
                {
                    "type": "message_start",
                    "message": {
                        "model": "m",
                        "usage": {**MESSAGES, "cache_read_input_tokens": 9, "output_tokens": 1},
                    },
                },
                {"type": "ping"},
                {
                    "type": "message_delta",
                    "delta": {"stop_reason": "end_turn"},
                    "usage": {"output_tokens": 7},
                },
            ],
            (5, 9, 7),
        ),
        (
            [
                {"modelVersion": "m", "usageMetadata": {"promptTokenCount": 5, "totalTokenCount": 5}},
                {
                    "modelVersion": "m",
                    "usageMetadata": {
                        "promptTokenCount": 5,
                        "candidatesTokenCount": 7,
                        "totalTokenCount": 12,
                    },
                },
            ],
            (5, 0, 7),
        ),
    ],
)
def test_the_events_of_a_stream_are_one_body(events: list[JsonValue], classes: tuple[int, int, int]) -> None:
    reading = read_body(events, "")

    assert reading.usage is not None
    assert ((reading.usage.input, reading.usage.cache_read, reading.usage.output), reading.model) == (
        classes,
        "m",
    )


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (None, "the body is no object"),
        ([], "the body is no object"),
        ([1], "the body is no object"),
        ("text", "the body is no object"),
        ({}, "the body holds no usage block"),
        ({"error": {"type": "overloaded_error"}}, "the body holds no usage block"),
        ({"model": "m", "usage": None}, "the body holds no usage block"),
        ({"model": "m", "metadata": {"team": "care"}}, "the body holds no usage block"),
    ],
)
def test_a_body_without_usage_says_so(body: JsonValue, reason: str) -> None:
    reading = read_body(body, "openai")
    assert (reading.usage, reading.reason) == (None, reason)


@pytest.mark.parametrize(
    ("body", "units"),
    [
        (
            {
                "output": [
                    {"type": "file_search_call"},
                    {"type": "web_search_call", "action": {"type": "find_in_page"}},
                ]
            },
            {"storage_searches": 1},
        ),
        (
            {"output": [{"type": "code_interpreter_call"}, {"type": "image_generation_call"}]},
            {"code_executions": 1, "image_generations": 1},
        ),
        (
            {
                "modelVersion": "gemini-2.5-flash",
                "candidates": [{"groundingMetadata": {"webSearchQueries": ["a", "b"]}}],
            },
            {"web_searches": 1},
        ),
        (
            {
                "modelVersion": "gemini-3-flash",
                "candidates": [{"groundingMetadata": {"webSearchQueries": ["a", "b"]}}],
            },
            {"web_searches": 2},
        ),
        ({"modelVersion": "gemini-3-flash", "candidates": [{"groundingMetadata": {}}, {"content": {}}]}, {}),
    ],
)
def test_tools_that_only_the_body_shows_are_counted(
    body: dict[str, JsonValue], units: dict[str, int]
) -> None:
    reading = read_body({**body, "usage": CHAT}, "")

    assert reading.usage is not None
    assert reading.usage.units == units


@pytest.mark.parametrize(
    ("body", "units"),
    [
        ({"text": "x", "duration": 8.5, "language": "english"}, {"input_audio_seconds": Decimal("8.5")}),
        ({"text": "x", "duration": "8.47"}, {"input_audio_seconds": Decimal("8.47")}),
        ({"created": 1, "data": [{"url": "x"}, {"b64_json": "y"}]}, {"images": 2}),
        ({"usage_info": {"pages_processed": 3}, "pages": []}, {"input_document_pages": 3}),
        (
            {"usage_info": {"pages_processed": 3}, "document_annotation": "{}"},
            {"input_annotated_document_pages": 3},
        ),
        (
            {"usage_info": {"pages_processed": 3}, "pages": [{"images": [{"image_annotation": "x"}]}]},
            {"input_annotated_document_pages": 3},
        ),
    ],
)
def test_bodies_that_are_not_sold_by_the_token_have_units_alone(
    body: dict[str, JsonValue], units: dict[str, JsonValue]
) -> None:
    reading = read_body(body, "")

    assert reading.usage is not None
    assert (reading.usage.units, reading.usage.input, reading.usage.output) == (units, 0, 0)


@pytest.mark.parametrize(
    "body",
    [
        {"text": "x", "duration": "long"},
        {"text": "x", "duration": -1},
        {"usage_info": {"pages_processed": "all"}},
    ],
)
def test_an_unreadable_length_is_unknown(body: dict[str, JsonValue]) -> None:
    reading = read_body(body, "")

    assert reading.usage is not None
    assert (reading.usage.input, reading.usage.mismatch is None) == (None, False)


def test_words_that_were_spoken_and_pictures_that_were_drawn_are_no_text() -> None:
    spoken = read_body(
        {
            "type": "speech.audio.done",
            "usage": {"input_tokens": 14, "output_tokens": 101, "total_tokens": 115},
        },
        "openai",
    )
    drawn = read_body(
        {
            "data": [{"b64_json": "x"}],
            "usage": {"input_tokens": 14, "output_tokens": 101, "total_tokens": 115},
        },
        "openai",
    )

    assert spoken.usage is not None
    assert drawn.usage is not None
    assert (spoken.usage.output, spoken.usage.media) == (0, {"output_audio": 101})
    assert (drawn.usage.output, drawn.usage.media) == (0, {"output_image": 101})


@pytest.mark.parametrize(
    ("block", "context"),
    [
        ({"service_tier": "default"}, {}),
        ({"service_tier": "standard", "inference_geo": "global"}, {}),
        ({"service_tier": "on_demand"}, {}),
        ({"service_tier": "auto"}, {}),
        ({"service_tier": None, "speed": None}, {}),
        ({"service_tier": "priority"}, {"service_tier": "priority"}),
        ({"service_tier": "batch"}, {"processing": "batch"}),
        ({"serviceTier": {"type": "flex"}}, {"service_tier": "flex"}),
        ({"serviceTier": "SERVICE_TIER_PRIORITY"}, {"service_tier": "priority"}),
        ({"trafficType": "ON_DEMAND"}, {}),
        ({"trafficType": "ON_DEMAND_PRIORITY"}, {"service_tier": "priority"}),
        ({"trafficType": "PROVISIONED_THROUGHPUT"}, {"service_tier": "provisioned"}),
        ({"speed": "fast"}, {"speed": "fast"}),
        ({"performanceConfig": {"latency": "optimized"}}, {"speed": "optimized"}),
        ({"inference_geo": "us"}, {"inference_geo": "us"}),
        ({"service_tier": 3, "speed": ["fast"]}, {}),
    ],
)
def test_only_what_changes_a_price_is_context(block: dict[str, JsonValue], context: dict[str, str]) -> None:
    assert without_batch_tier(without_usual_values(reported_context(block))) == context
