"""What was found is replaced everywhere and can be restored exactly."""

from hypothesis import given
from hypothesis import strategies as st

from services.guard.domain.detection import Detection, Span
from services.guard.domain.redaction import SpanReplacement, redact, restore

WORDS = st.text(alphabet="ab<>_1PERSON ü\u200b🙂", max_size=40)


@st.composite
def texts_with_spans(draw: st.DrawFn) -> tuple[list[str], list[list[SpanReplacement]]]:
    texts = draw(st.lists(WORDS, min_size=1, max_size=4))
    found: list[list[SpanReplacement]] = []
    for text in texts:
        spans: list[SpanReplacement] = []
        for _ in range(draw(st.integers(0, 3))):
            start = draw(st.integers(0, len(text)))
            end = draw(st.integers(start, len(text)))
            if end > start:
                spans.append(
                    SpanReplacement(
                        Detection(
                            draw(st.sampled_from(["PERSON", "EMAIL_ADDRESS"])), "rules", 1.0, Span(start, end)
                        ),
                        True,
                    )
                )
        found.append(spans)
    return texts, found


@given(case=texts_with_spans())
def test_restoring_gives_the_original_back_exactly(
    case: tuple[list[str], list[list[SpanReplacement]]],
) -> None:
    texts, found = case
    replaced, values = redact(texts, found, {})
    assert [restore(text, values) for text in replaced] == texts


@given(case=texts_with_spans())
def test_no_found_value_of_four_characters_is_left_anywhere(
    case: tuple[list[str], list[list[SpanReplacement]]],
) -> None:
    texts, found = case
    replaced, values = redact(texts, found, {})
    originals = {
        text[one.detection.start : one.detection.end]
        for text, ones in zip(texts, found, strict=True)
        for one in ones
    }
    for value in originals:
        if len(value) >= 4 and not any(value in name for name in values):
            assert all(value not in text for text in _without(replaced, values))


def _without(replaced: tuple[str, ...], values: dict[str, str]) -> list[str]:
    pieces = list(replaced)
    for name in sorted(values, key=len, reverse=True):
        pieces = [part for piece in pieces for part in piece.split(name)]
    return pieces


def test_one_value_gets_one_placeholder_in_all_texts() -> None:
    texts = ["I am Anna.", "Anna again, and <PERSON_1> by hand"]
    replaced, values = redact(
        texts, [[SpanReplacement(Detection("PERSON", "ner", 1.0, Span(5, 9)), True)], []], {}
    )
    assert replaced == ("I am <PERSON_2>.", "<PERSON_2> again, and <PERSON_1> by hand")
    assert values == {"<PERSON_2>": "Anna"}


def test_a_mask_cannot_be_restored() -> None:
    replaced, values = redact(
        ["key sk-abc"], [[SpanReplacement(Detection("SECRET", "rules", 1.0, Span(4, 10)), False)]], {}
    )
    assert (replaced, values) == (("key [SECRET]",), {})
