"""Labels of speakers and names above an address are told by the lines around them."""

import time

import pytest

from services.guard.domain.pii.name_layout import fills_line, is_above_address, is_speaker


def span_of(marked: str) -> tuple[str, int, int]:
    """The text without the brackets around a word, and the word's span."""
    before, _, rest = marked.partition("[")
    word, _, after = rest.partition("]")
    return before + word + after, len(before), len(before) + len(word)


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("[Anna]: What a day.\nTom: Yes.", True),
        ('[Anna]: "Who are you?"\nTom: "A friend."', True),
        ("Tom: Yes.\n**[Anna]:** What a day.", True),
        ("[Anna]: What a day.\nAnd so on.", False),
        ("[Anna]: 12\nTom: 13", False),
        ("ask [Anna]: What a day.\nTom: Yes.", False),
    ],
)
def test_speakers_have_labels_in_two_lines(marked: str, expected: bool) -> None:
    assert is_speaker(*span_of(marked)) is expected


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("[Anna Meyer]\n12 Main Road", True),
        ("> [Anna Meyer]\n> Partners Ltd\n> Hauptweg 3a", True),
        ("[Anna Meyer]\nDentist\nP.O. Box 12", True),
        ("[Anna Meyer]\nDentist\nSunday", False),
        ("with [Anna Meyer]\n12 Main Road", False),
        ("[Anna Meyer] wrote\n12 Main Road", False),
    ],
)
def test_a_name_above_an_address(marked: str, expected: bool) -> None:
    assert is_above_address(*span_of(marked)) is expected


@pytest.mark.parametrize(
    ("marked", "expected"),
    [("Best,\n[Anna Meyer]", True), ("[Anna Meyer]\n\nDentist", True), ("a [Anna]", False)],
)
def test_a_name_alone_in_its_line(marked: str, expected: bool) -> None:
    assert fills_line(*span_of(marked)) is expected


def test_long_texts_take_no_longer() -> None:
    text = "A: " + "Anna: \n" * 50_000
    started = time.process_time()
    for _ in range(100):
        is_speaker(text, 200_003, 200_007)
        is_above_address(text, 200_003, 200_007)
    assert time.process_time() - started < 0.5
