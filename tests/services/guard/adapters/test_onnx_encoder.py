"""A text's encoding depends on the text alone, is bounded in size, and is made once for all callers."""

import asyncio

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.guard.adapters.onnx_encoder import MAX_CACHED_TEXTS, CachingEncoder
from streaming.errors import BadEventError
from tests.services.guard.adapters.counting_encoder import ATTACK, CLEAR, ENCODER, UNCLEAR, CountingEncoder


async def test_a_text_is_encoded_once_for_all_who_ask_at_the_same_time_or_later() -> None:
    encoder = CountingEncoder()
    shared = CachingEncoder(encoder)
    first, second = await asyncio.gather(
        shared.encode([UNCLEAR, ATTACK]), shared.encode([ATTACK, CLEAR, ATTACK])
    )
    again = await shared.encode([CLEAR])
    assert sorted(encoder.asked) == sorted([UNCLEAR, ATTACK, CLEAR])
    assert first[1] is second[0] is second[2]
    assert again[0] is second[1]


async def test_an_error_of_one_caller_is_not_the_next_one_s() -> None:
    encoder = CountingEncoder(failures=1)
    shared = CachingEncoder(encoder)
    failed, served = await asyncio.gather(
        shared.encode([UNCLEAR]), shared.encode([UNCLEAR]), return_exceptions=True
    )
    assert isinstance(failed, ArithmeticError)
    assert isinstance(served, list)
    assert len(encoder.asked) == 2


async def test_a_cancelled_caller_leaves_nobody_waiting() -> None:
    shared = CachingEncoder(CountingEncoder())
    first = asyncio.create_task(shared.encode([UNCLEAR]))
    await asyncio.sleep(0)
    second = asyncio.create_task(shared.encode([UNCLEAR]))
    await asyncio.sleep(0)
    first.cancel()
    (found,) = await second
    assert np.isclose(np.linalg.norm(found.embedding), 1.0, atol=1e-4)


async def test_only_so_many_texts_are_remembered() -> None:
    shared = CachingEncoder(ENCODER)
    for start in range(0, MAX_CACHED_TEXTS + 200, 100):
        await shared.encode([str(number) for number in range(start, start + 100)])
    assert len(shared._cached) == MAX_CACHED_TEXTS  # pyright: ignore[reportPrivateUsage] - what is remembered shows nowhere else


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text(max_size=400), min_size=1, max_size=8))
async def test_an_embedding_has_length_one_and_is_the_same_alone(texts: list[str]) -> None:
    together = await ENCODER.encode(texts)
    for text, found in zip(texts, together, strict=True):
        (alone,) = await ENCODER.encode([text])
        assert np.array_equal(alone.embedding, found.embedding)
        assert alone.logits == found.logits
        assert np.isclose(np.linalg.norm(found.embedding), 1.0, atol=1e-4)


async def test_too_long_a_text_is_refused() -> None:
    with pytest.raises(BadEventError, match="at most 600 are scanned"):
        await ENCODER.encode(["tell me about it " * 60_000])
