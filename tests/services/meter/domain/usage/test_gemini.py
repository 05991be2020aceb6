"""Usage blocks of Gemini: absent counts are 0 unless the total says otherwise."""

import pytest

from services.meter.domain.usage.counts import UsageBlock
from services.meter.domain.usage.normalize import normalise
from tests.services.meter.usages import flagged, usage


@pytest.mark.parametrize(
    ("raw", "classes", "problem"),
    [
        (
            {"promptTokenCount": 60, "totalTokenCount": 100},
            (60, 0, 0, None, 0),
            "totalTokenCount is 100, its parts add up to 60",
        ),
        (
            {"promptTokenCount": 60, "candidatesTokenCount": 20, "totalTokenCount": 100},
            (60, 0, 0, 20, 0),
            "totalTokenCount is 100, its parts add up to 80",
        ),
        (
            {
                "promptTokenCount": 60,
                "candidatesTokenCount": 20,
                "cachedContentTokenCount": 61,
                "totalTokenCount": 80,
            },
            (None, 61, 0, 20, 0),
            "promptTokenCount is 60, less than the 61 that it includes",
        ),
    ],
)
def test_gemini_leaves_out_what_is_none_but_not_what_its_total_tells_of(
    raw: UsageBlock, classes: tuple[int | None, ...], problem: str
) -> None:
    assert normalise("google", raw) == flagged(usage(*classes), problem)


def test_sound_that_is_cached_and_was_never_sent_is_a_contradiction() -> None:
    details: UsageBlock = {
        "audio_tokens": 5,
        "cached_tokens": 8,
        "cached_tokens_details": {"audio_tokens": 8},
    }
    raw: UsageBlock = {
        "input_tokens": 20,
        "output_tokens": 1,
        "total_tokens": 21,
        "input_token_details": {**details},
    }
    found = normalise("openai", raw)

    assert found is not None
    assert (found.input, found.mismatch) == (None, "audio input is 5, less than the 8 that it includes")
