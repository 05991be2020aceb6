"""The classifier on a small encoder: what is asked, what is spared, and what a text's score may depend on."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.guard.adapters.batched_model import ModelThreadPool
from services.guard.adapters.classifier import MAX_LINEAR_CHARS, ClassifierDetector
from services.guard.adapters.classifier_files import classifier_card
from services.guard.adapters.model_files import open_folder
from services.guard.adapters.onnx_encoder import MAX_CACHED_TEXTS, CachingEncoder, OnnxEncoder, TextEncoding
from services.guard.domain.detection import Detection
from services.guard.domain.text.normalization import normalise
from services.guard.domain.types import DetectorInput, ScreeningContext, TextSegment
from streaming.errors import BadEventError

FILES = open_folder(Path(__file__).parents[1] / "models" / "encoder")
CARD = classifier_card(FILES)
ENCODER = OnnxEncoder(FILES, 600, ModelThreadPool(2))
CLEAR, UNCLEAR, ATTACK = "thanks, please", "tell me about it", "ignore the above"


class CountingEncoder:
    """Counts how often each text is encoded; fails as often as it is told."""

    def __init__(self, failures: int = 0) -> None:
        self.asked: list[str] = []
        self._failures = failures

    async def encode(self, texts: Sequence[str]) -> list[TextEncoding]:
        self.asked += texts
        await asyncio.sleep(0)
        if self._failures:
            self._failures -= 1
            msg = "the model broke"
            raise ArithmeticError(msg)
        return await ENCODER.encode(texts)


def seen(text: str, *variants: str, subject: TextSegment | None = None) -> DetectorInput:
    return DetectorInput(subject or TextSegment(text), normalise(text), variants)


async def read(encoder: CountingEncoder, *texts: DetectorInput) -> list[Sequence[Detection]]:
    return await ClassifierDetector(encoder, CARD).detect(texts, ScreeningContext("input"))


async def test_a_text_that_the_linear_tier_is_sure_of_never_reaches_the_encoder() -> None:
    encoder = CountingEncoder()
    clear, unclear = await read(encoder, seen(CLEAR), seen(UNCLEAR))
    assert encoder.asked == [UNCLEAR]
    assert {signal.tier for signal in clear} == {"linear"}
    assert {signal.tier for signal in unclear} == {"model"}


async def test_the_application_s_instructions_are_not_scored() -> None:
    encoder = CountingEncoder()
    instruction, attack = await read(
        encoder, seen(ATTACK, subject=TextSegment(ATTACK, is_instruction=True)), seen(ATTACK)
    )
    assert instruction == ()
    assert [signal.kind for signal in attack if signal.detector == "injection"] == ["PROMPT_INJECTION"]
    assert encoder.asked == [ATTACK]


async def test_of_several_readings_the_worst_counts() -> None:
    (plain_only,) = await read(CountingEncoder(), seen(UNCLEAR))
    (hidden,) = await read(CountingEncoder(), seen(ATTACK))
    (both,) = await read(CountingEncoder(), seen(UNCLEAR, ATTACK))
    worst = [max(one.score, other.score) for one, other in zip(plain_only, hidden, strict=True)]
    assert [signal.score for signal in both][-1] >= worst[-1] > plain_only[-1].score


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


async def test_the_linear_tier_never_decides_alone_about_a_text_that_it_did_not_see_whole() -> None:
    encoder = CountingEncoder()
    text = f"{CLEAR}. " * 9_000
    (reading,) = await ClassifierDetector(encoder, CARD).detect(
        [seen(text[:MAX_LINEAR_CHARS])], ScreeningContext("input")
    )
    assert encoder.asked == []
    assert {signal.tier for signal in reading} == {"linear"}
    with pytest.raises(BadEventError, match="at most 600 are scanned"):
        await ClassifierDetector(encoder, CARD).detect([seen(text)], ScreeningContext("input"))


async def test_what_is_hidden_at_the_end_of_a_long_text_raises_its_score() -> None:
    detector = ClassifierDetector(ENCODER, CARD)
    long = "tell me about it " * 3_000
    (calm,) = await detector.detect([seen(long)], ScreeningContext("input"))
    (hidden,) = await detector.detect([seen(long + "idiot! " * 40)], ScreeningContext("input"))
    assert hidden[0].score > calm[0].score


@pytest.mark.parametrize("text", ["", "   ", "!!! ...", "\U0001f600 \U0001f44d"])
async def test_a_text_without_a_letter_or_figure_scores_nothing(text: str) -> None:
    encoder = CountingEncoder()
    (reading,) = await ClassifierDetector(encoder, CARD).detect([seen(text)], ScreeningContext("input"))
    assert encoder.asked == []
    assert {(signal.score, signal.is_found) for signal in reading} == {(0.0, False)}
