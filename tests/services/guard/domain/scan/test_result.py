"""A result has the spans of each message, merged and in order, and names messages where there are several."""

from decimal import Decimal

from services.guard.domain.detection import Detection, Span
from services.guard.domain.scan.result import ScannedSpan, scanned_of
from services.guard.domain.text.normalization import normalise
from services.guard.domain.types import (
    DetectorInput,
    ParentPosition,
    ScreeningContext,
    ScreeningResult,
    TextSegment,
)
from services.guard.domain.verdict import decide_detections, verdict_of


def screened(texts: tuple[str, ...], *detections: tuple[Detection, ...]) -> ScreeningResult:
    verdict = verdict_of([], ScreeningContext("input"), "rules", (), Decimal(0))
    return ScreeningResult(texts, verdict, {}, detections)


def detection(kind: str, start: int, end: int, score: float = 1.0) -> Detection:
    return Detection(kind, "rules", score, Span(start, end))


def test_overlapping_spans_become_one_and_all_are_sorted() -> None:
    text = "call 030 1234 or 555"
    result = scanned_of(
        screened((text,), (detection("B", 17, 20), detection("A", 5, 8, 0.9), detection("A", 6, 13))),
        [TextSegment(text)],
        1.5,
    )

    assert [(span.type, span.start, span.end) for span in result.spans] == [("A", 5, 13), ("B", 17, 20)]
    assert (result.action, result.tier, result.ms) == ("allow", "rules", 1.5)


def test_a_span_of_a_part_is_given_in_its_message() -> None:
    message = TextSegment("see <document>x@y.example</document>")
    part = TextSegment("x@y.example", "indirect", parent=ParentPosition(0, 14))

    result = scanned_of(
        screened((message.text,), (), (detection("EMAIL_ADDRESS", 0, 11),)), [message, part], 1
    )

    assert result.spans == (ScannedSpan("EMAIL_ADDRESS", 14, 25, 1.0),)


def test_a_detection_of_the_whole_text_has_no_span() -> None:
    whole = Detection("PROMPT_INJECTION", "injection-phrases", 0.9)

    assert scanned_of(screened(("text",), (whole,)), [TextSegment("text")], 1).spans == ()


def test_json_names_the_message_of_a_span_only_where_there_are_several() -> None:
    segments = [TextSegment("a 1"), TextSegment("b 2")]
    spans = (detection("A", 2, 3),)

    single = scanned_of(screened(("a 1",), spans), segments[:1], 1).to_json()
    several = scanned_of(screened(("a 1", "b 2"), (), spans), segments, 1).to_json()

    span = {"type": "A", "start": 2, "end": 3, "score": 1.0}
    assert (single["spans"], several["spans"]) == ([span], [{**span, "message": 1}])
    assert not {"unscanned", "unverified_language"} & set(single)
    assert single["action"] == "allow"


def test_json_names_the_detectors_that_are_not_verified_in_the_language() -> None:
    text, context = TextSegment("text"), ScreeningContext("input")
    found = [
        Detection("UNVERIFIED_LANGUAGE", detector, 1.0, tier="rules") for detector in ("toxicity", "ner")
    ]
    decided = decide_detections(DetectorInput(text, normalise(text.text)), found, context)
    verdict = verdict_of(decided, context, "rules", (), Decimal(0))

    result = scanned_of(ScreeningResult(("text",), verdict, {}, (found,)), [text], 1).to_json()

    assert result["unverified_language"] == ["ner", "toxicity"]
    assert result["action"] == "allow"
