"""The classifier on a small encoder: what is asked, what is spared, and what a text's score may depend on."""

from collections.abc import Sequence

import pytest

from services.guard.adapters.classifier import MAX_LINEAR_CHARS, ClassifierDetector
from services.guard.adapters.classifier_files import classifier_card
from services.guard.domain.detection import Detection
from services.guard.domain.text.normalization import normalise
from services.guard.domain.types import DetectorInput, ScreeningContext, TextSegment
from streaming.errors import BadEventError
from tests.services.guard.adapters.counting_encoder import (
    ATTACK,
    CLEAR,
    ENCODER,
    FILES,
    UNCLEAR,
    CountingEncoder,
)

CARD = classifier_card(FILES)


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
