"""What all recognisers keep to: their kinds are declared, and what they ask of a text is needed."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.detections import DETECTORS
from services.guard.domain.pii.recogniser import FORMAT_ONLY_SCORE, LAST_RANK, Recogniser
from services.guard.domain.pii.registry import DETECTOR, DIGIT, recognisers

TEXTS = st.text(max_size=80) | st.text(alphabet="0123456789 -.:@/+AFx", max_size=80)


def named(recogniser: Recogniser) -> str:
    return f"{recogniser.rank}-{recogniser.kind}"


def test_there_are_recognisers_and_each_finds_a_kind_that_the_rules_declare() -> None:
    kinds = {recogniser.kind for recogniser in recognisers()}

    assert {"EMAIL_ADDRESS", "CREDIT_CARD", "SECRET", "PHONE_NUMBER"} <= kinds
    assert kinds <= DETECTORS[DETECTOR].kinds


def test_recognisers_run_by_rank_and_score_at_least_as_a_mere_format() -> None:
    assert all(first.rank <= second.rank for first, second in pairwise(recognisers()))
    assert all(recogniser.rank <= LAST_RANK for recogniser in recognisers())
    assert all(FORMAT_ONLY_SCORE <= recogniser.score <= 1 for recogniser in recognisers())


@pytest.mark.parametrize("recogniser", recognisers(), ids=named)
@given(text=TEXTS)
def test_no_span_is_found_in_a_text_that_would_be_skipped(recogniser: Recogniser, text: str) -> None:
    spans = list(recogniser.find(text))

    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert not spans or recogniser.required in text
    assert not spans or len(DIGIT.findall(text)) >= recogniser.min_digits
