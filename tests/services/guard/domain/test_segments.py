"""A message with a document: each detection is reported once, with the segment that it belongs to."""

from collections.abc import Sequence

from services.guard.domain.detection import Detection, Span
from services.guard.domain.policy import PolicyDecision
from services.guard.domain.segments import (
    deduplicate_detections,
    redactions_of,
    scored_segments,
    split_attacks,
    top_level_segments,
)
from services.guard.domain.text.normalization import normalise
from services.guard.domain.types import DetectorInput, ParentPosition, TextSegment
from services.guard.domain.verdict import DecidedDetection

MESSAGE = TextSegment("ask: mail bob@x.org, thanks")
OWN = TextSegment("ask:                 thanks", parent=ParentPosition(0))
DOCUMENT = TextSegment("mail bob@x.org", "indirect", parent=ParentPosition(0, 5))
TEXTS = [DetectorInput(segment, normalise(segment.text)) for segment in (MESSAGE, OWN, DOCUMENT)]
EMAIL = Detection("EMAIL_ADDRESS", "rules", 1.0, Span(10, 19))


def injection(*points: str) -> Detection:
    return Detection("PROMPT_INJECTION", "injection", 0.9, is_found=bool(points), points=points, tier="model")


def decided(detection: Detection) -> DecidedDetection:
    return DecidedDetection(detection, "indirect", PolicyDecision("mask"))


def test_a_message_is_redacted_as_a_whole_and_scored_in_its_segments() -> None:
    assert (top_level_segments(TEXTS), scored_segments(TEXTS)) == ([0], [1, 2])


def test_a_message_is_scored_too_where_a_cut_splits_its_attack() -> None:
    def split(message: Detection, own: Detection) -> Sequence[int]:
        return split_attacks(TEXTS, [[message], [own], [injection()]])

    assert split(injection("fpr_5%"), injection()) == [0]
    assert split(injection("fpr_5%"), injection("fpr_5%")) == []
    assert split(EMAIL, injection()) == []


def test_a_value_in_a_document_is_reported_with_the_document() -> None:
    message, own, document = deduplicate_detections(TEXTS, [[EMAIL], [], []])

    assert (message, own) == ([], [])
    assert document == [EMAIL.shifted(-5)]


def test_a_score_stays_with_the_message_only_if_it_reaches_more_there() -> None:
    def of_message(*found: Detection) -> Sequence[Detection]:
        return deduplicate_detections(TEXTS, [[injection("fpr_5%")], *([each] for each in found)])[0]

    assert of_message(injection("fpr_5%"), injection()) == []
    assert of_message(injection(), injection()) == [injection("fpr_5%")]


def test_a_masked_document_is_one_replacement_in_its_message() -> None:
    (redaction,) = redactions_of(TEXTS, [[], [], [decided(injection("fpr_0.1%"))]])

    (replacement,) = redaction.replacements
    assert (replacement.detection.span, replacement.detection.kind) == (Span(5, 19), "PROMPT_INJECTION")
    assert not replacement.is_restorable
    assert redaction.mask is None


def test_a_check_s_replacement_is_used_only_for_a_text_without_redactions() -> None:
    offered = Detection("polite", "guardrails", 1.0, replacement="Hello.")
    text = DetectorInput(TextSegment("You fool!", "output"), normalise("You fool!"))
    (redaction,) = redactions_of([text], [[decided(offered)]])

    assert redaction.finished("You fool!") == "Hello."
    assert redaction.finished("You <PERSON_1>!") == "[polite]"
