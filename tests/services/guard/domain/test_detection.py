"""A detection is about a span of a text or about the whole of it, and only the first can be moved."""

import pytest

from services.guard.domain.detection import UNSCANNED, Detection, Span

EMAIL = Detection("EMAIL_ADDRESS", "rules", 1.0, Span(4, 9))


def test_a_shifted_detection_differs_only_in_its_span() -> None:
    moved = EMAIL.shifted(10)

    assert (moved.start, moved.end) == (14, 19)
    assert moved.shifted(-10) == EMAIL


def test_a_detection_of_the_whole_text_has_no_start_and_no_end() -> None:
    for position in ("start", "end"):
        with pytest.raises(ValueError, match="UNSCANNED by guard is about the text as a whole"):
            getattr(UNSCANNED, position)


def test_a_replacement_that_may_hold_content_is_never_printed() -> None:
    offered = Detection("short", "guardrails", 1.0, replacement="call Jane")

    assert "Jane" not in repr(offered)
