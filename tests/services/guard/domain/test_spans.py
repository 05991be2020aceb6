"""Overlapping spans become one, and placeholders are never taken apart."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.guard.domain.detection import Detection, Span
from services.guard.domain.spans import merged, subtract_ranges, united

TEXT = "Dear <PERSON_1> Meyer, hello <PERSON_2>!"


def person(start: int, end: int, detector: str = "ner") -> Detection:
    return Detection("PERSON", detector, 0.9, Span(start, end))


def test_a_rule_names_what_it_shares_with_a_model() -> None:
    card = Detection("CREDIT_CARD", "rules", 1.0, Span(2, 12))
    assert merged([person(0, 20), card]) == [Detection("CREDIT_CARD", "rules", 1.0, Span(0, 20))]


def test_a_check_digit_names_what_it_shares_with_a_shape() -> None:
    card, street = (
        Detection("CREDIT_CARD", "rules", 1.0, Span(2, 12)),
        Detection("ADDRESS", "rules", 0.9, Span(0, 20)),
    )
    assert merged([street, card]) == [Detection("CREDIT_CARD", "rules", 1.0, Span(0, 20))]


def test_the_longest_of_equal_detectors_names_the_rest() -> None:
    assert merged([person(0, 4), Detection("ADDRESS", "ner", 0.7, Span(2, 12))]) == [
        Detection("ADDRESS", "ner", 0.7, Span(0, 12))
    ]


def test_what_stands_beside_a_placeholder_is_kept() -> None:
    protected = [(5, 15), (29, 39)]
    assert subtract_ranges(TEXT, [person(0, 39)], protected) == [person(0, 5), person(15, 29)]
    assert subtract_ranges(TEXT, [person(5, 15), person(15, 16), person(39, 40)], protected) == []
    assert subtract_ranges(TEXT, [person(16, 21)], protected) == [person(16, 21)]


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 10)), max_size=12))
def test_merged_spans_cover_the_same_places_once(places: list[tuple[int, int]]) -> None:
    spans = [person(start, start + length) for start, length in places]
    result = merged(spans)
    assert all(one.end <= other.start for one, other in pairwise(result))
    assert {index for one in result for index in range(one.start, one.end)} == {
        index for one in spans for index in range(one.start, one.end)
    }


def test_a_value_in_plain_and_decoded_text_is_one_detection() -> None:
    card = Detection("CREDIT_CARD", "rules", 1.0, Span(2, 12))

    assert united([card, person(2, 5)], [person(0, 8), person(10, 12)]) == [
        card,
        person(0, 8),
        person(10, 12),
    ]
    assert united([card, person(2, 5)], []) == [card, person(2, 5)]
