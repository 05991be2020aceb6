"""Pieces are replaced, and every character keeps the span of the original that it comes from."""

from hypothesis import given
from hypothesis import strategies as st

from services.guard.domain.text.normalization import normalise
from services.guard.domain.text.offset_maps import Replacement, in_order, replaced, unchanged


def test_a_shorter_text_stands_for_its_whole_piece() -> None:
    mapped = replaced(unchanged(normalise("a%40b")), [Replacement(1, 4, "@")])

    assert mapped.text == "a@b"
    assert [mapped.original_span(index, index + 1) for index in range(3)] == [(0, 1), (1, 4), (4, 5)]


def test_a_text_of_the_same_length_is_mapped_character_by_character() -> None:
    mapped = replaced(unchanged(normalise("x ١٢")), [Replacement(2, 4, "12")])

    assert (mapped.text, mapped.original_span(3, 4)) == ("x 12", (3, 4))


def test_a_span_over_a_piece_without_text_holds_the_piece() -> None:
    mapped = replaced(unchanged(normalise("an=\nna")), [Replacement(2, 4, "")])

    assert (mapped.text, mapped.original_span(0, 4)) == ("anna", (0, 6))
    assert [mapped.is_changed(*span) for span in ((0, 1), (1, 2), (2, 3))] == [False, True, True]


def test_a_second_round_keeps_the_marks_and_the_offsets_of_the_first() -> None:
    first = replaced(unchanged(normalise("a %2540 b")), [Replacement(2, 5, "%")])
    second = replaced(first, [Replacement(2, 5, "@")])

    assert (second.text, second.original_span(2, 3)) == ("a @ b", (2, 7))
    assert second.changed == b"\0\0\1\0\0"


def test_of_overlapping_replacements_the_first_counts() -> None:
    given_first = [
        Replacement(5, 9, "a"),
        Replacement(0, 2, "b"),
        Replacement(1, 3, "c"),
        Replacement(8, 9, "d"),
    ]

    assert in_order(given_first) == [Replacement(0, 2, "b"), Replacement(5, 9, "a")]


@given(
    st.text(max_size=30),
    st.lists(st.tuples(st.integers(0, 29), st.integers(1, 4), st.text(max_size=5)), max_size=6),
)
def test_spans_lie_in_the_original_in_its_order(text: str, pieces: list[tuple[int, int, str]]) -> None:
    base = unchanged(normalise(text))
    size = len(base.text)
    mapped = replaced(base, in_order(Replacement(a, a + n, new) for a, n, new in pieces if a + n <= size))

    spans = [mapped.original_span(index, index + 1) for index in range(len(mapped.text))]
    assert len(mapped.changed) == len(mapped.text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert spans == sorted(spans)
