"""Every part of a reply is limited, and a part outside its limit differs from a missing one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue
from pydantic_core import from_json, to_json

from services.router.domain.provider_call import PartialResponse, ProviderError, ProviderReply
from services.router.domain.reply_bounds import (
    MAX_ANSWER_BYTES,
    MAX_INTEGER,
    MAX_USAGE_BYTES,
    OVERSIZED,
    bounded_usage,
)
from services.router.domain.retries import MAX_RETRY_AFTER_S

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=80)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=70), inner, max_size=5),
    max_leaves=30,
)


def reply(**changes: object) -> ProviderReply:
    parts: dict[str, object] = {
        "content": "four",
        "finish_reason": "stop",
        "usage": None,
        "response_model": "a",
        "status_code": 200,
        **changes,
    }
    return ProviderReply(**parts)  # pyright: ignore[reportArgumentType] - odd parts are the subject


def test_a_usual_usage_block_stays_as_it_is() -> None:
    block: dict[str, JsonValue] = {
        "prompt_tokens": 12,
        "completion_tokens": 0,
        "service_tier": "flex",
        "cost": 0.00021,
        "is_byok": False,
        "queue_time": None,
        "prompt_tokens_details": {"cached_tokens": 3, "cached_tokens_details": {"audio_tokens": 1}},
        "cacheDetails": [{"ttl": "1h", "inputTokens": 5}],
    }

    assert bounded_usage(block) == block


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (MAX_INTEGER, MAX_INTEGER),
        (MAX_INTEGER + 1, "out of range"),
        (-(10**40), "out of range"),
        (10**400, "out of range"),
        (float("nan"), "out of range"),
        (float("-inf"), "out of range"),
        ("about Robert Marlow", "unreadable"),
        ("x" * 65, "unreadable"),
        ("a\x00b", "unreadable"),
        ([[[[[[1]]]]]], [[[[["unreadable"]]]]]),
    ],
)
def test_a_value_out_of_bounds_is_a_text_that_nobody_takes_for_a_count_or_for_nothing(
    value: JsonValue, kept: JsonValue
) -> None:
    assert bounded_usage({"prompt_tokens": value}) == {"prompt_tokens": kept}


@pytest.mark.parametrize(
    "block", [{f"k{n}": n for n in range(5_000)}, {"x": [0] * 1_000_000}, {"x": [{"y" * 60: "z" * 60}] * 200}]
)
def test_a_block_that_is_too_large_names_no_class(block: dict[str, JsonValue]) -> None:
    assert bounded_usage(block) == OVERSIZED


def test_a_name_that_no_reader_knows_is_left_out() -> None:
    assert bounded_usage({"Robert Marlow": 1, "": 2, "x" * 70: 3, "input_tokens": 4}) == {"input_tokens": 4}


@given(value=JSON)
def test_any_block_is_bounded_and_is_read_back_as_it_was_written(value: JsonValue) -> None:
    kept = bounded_usage(value if isinstance(value, dict) else {"x": value})

    written = to_json(kept)
    assert len(written) <= MAX_USAGE_BYTES
    assert from_json(written) == kept


@pytest.mark.parametrize(
    ("model", "kept"),
    [
        ("openai/gpt-4o", "openai/gpt-4o"),
        ("x" * 201, None),
        ("", None),
        ("a b", None),
        ("\x00", None),
        (5, None),
    ],
)
def test_a_model_is_a_name_of_bounded_length(model: object, kept: str | None) -> None:
    assert reply(response_model=model).response_model == kept
    assert PartialResponse(response_model=model).response_model == kept  # pyright: ignore[reportArgumentType] - odd parts are the subject


@pytest.mark.parametrize(
    ("reason", "kept"),
    [
        ("stop", "stop"),
        ("MAX_TOKENS", "MAX_TOKENS"),
        ("x" * 1_000_000, "unknown"),
        ("he said no", "unknown"),
        ("<|im_end|>", "unknown"),
    ],
)
def test_a_finish_reason_is_a_label_or_unknown(reason: str, kept: str) -> None:
    assert reply(finish_reason=reason).finish_reason == kept


@pytest.mark.parametrize(
    ("status", "kept"), [(200, 200), (599, 599), (600, None), (99, None), (0, None), (None, None)]
)
def test_a_status_is_one_that_http_knows(status: int | None, kept: int | None) -> None:
    assert reply(status_code=status).status_code == kept
    assert ProviderError("unavailable", "x", status_code=status).status_code == kept


def test_how_a_call_was_served_is_told_by_short_labels() -> None:
    context = {
        "service_tier": "flex",
        "speed": "x" * 41,
        "Geo": "us",
        "note": "about Robert",
        **{f"k{n}": "v" for n in range(50)},
    }

    kept = reply(price_context=context).price_context

    assert list(kept)[:2] == ["service_tier", "k0"]
    assert len(kept) == 8


@pytest.mark.parametrize(
    ("letter", "size"), [("x", 1), ("\x01", 6), ('"', 2), ("\N{GRINNING FACE}", 4), ("\ud800", 1)]
)
def test_a_text_may_be_as_large_as_it_is_in_a_record(letter: str, size: int) -> None:
    most = (MAX_ANSWER_BYTES - 2) // size
    assert reply(content=letter * most).content == letter * most

    with pytest.raises(ProviderError, match="larger than") as caught:
        reply(content=letter * (most + 1), usage={"prompt_tokens": 3})

    assert (caught.value.kind, caught.value.usage) == ("bad_reply", {"prompt_tokens": 3})


def test_an_error_has_bounds_too() -> None:
    error = ProviderError(
        "rate_limited", "x" * 10_000, retry_after_s=float("inf"), usage={"prompt_tokens": 10**40}
    )

    assert (len(str(error)), error.retry_after_s, error.usage) == (
        400,
        MAX_RETRY_AFTER_S,
        {"prompt_tokens": "out of range"},
    )
