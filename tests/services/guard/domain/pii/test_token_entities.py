"""Labelled tokens become whole names, addresses and numbers, or are dropped."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.guard.domain.pii.token_entities import KINDS, LabelledToken, entities


def tokens_of(marked: str) -> tuple[str, list[LabelledToken]]:
    """The text and tokens of `word[LABEL]` or `word[LABEL 0.4]`, without the parts in brackets."""
    text, tokens = "", []
    for match in re.finditer(r"([^\s\[\]]*)(?:\[(\w+)(?: ([\d.]+))?\])?(\s*)", marked):
        start = len(text)
        text += match[1]
        if match[2]:
            tokens.append(LabelledToken(start, len(text), match[2], float(match[3] or 0.99)))
        text += match[4]
    return text, tokens


def entities_of(marked: str) -> list[tuple[str, str]]:
    text, tokens = tokens_of(marked)
    return [(span.kind, text[span.start : span.end]) for span in entities(text, tokens)]


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("I am Anna[GIVEN_NAME] Schmidt[SURNAME] now", [("PERSON", "Anna Schmidt")]),
        ("Hi An[GIVEN_NAME]na[GIVEN_NAME] there", [("PERSON", "Anna")]),
        (
            "Derek[GIVEN_NAME] Jeter[SURNAME] , Albert[GIVEN_NAME] Pujols[SURNAME]",
            [("PERSON", "Derek Jeter"), ("PERSON", "Albert Pujols")],
        ),
        ("Schmidt[SURNAME], Anna[GIVEN_NAME]", [("PERSON", "Schmidt, Anna")]),
        ("J[GIVEN_NAME]. Smith[SURNAME]", [("PERSON", "J. Smith")]),
        ("Mrs[GIVEN_NAME]. Smith[SURNAME]", [("PERSON", "Mrs. Smith")]),
        ("with Anna[GIVEN_NAME]. Peter[GIVEN_NAME] said", [("PERSON", "Anna"), ("PERSON", "Peter")]),
        ("Anna[GIVEN_NAME]\nPeter[GIVEN_NAME]", [("PERSON", "Anna"), ("PERSON", "Peter")]),
        ("Tara[GIVEN_NAME] Bird[SURNAME 0.1] moved", [("PERSON", "Tara Bird")]),
        ("Tara[GIVEN_NAME] moved[SURNAME 0.1]", [("PERSON", "Tara")]),
        ("X[GIVEN_NAME] marks the spot", []),
        ("maybe Jeans[GIVEN_NAME 0.5]", []),
        ("The word is summer[GIVEN_NAME 0.95]", []),
        ("The name is anna[GIVEN_NAME 0.99]", [("PERSON", "anna")]),
        ("my name is anna[GIVEN_NAME 0.7]", [("PERSON", "anna")]),
        ("ask anna[GIVEN_NAME 0.7] schmidt[SURNAME 0.7] At once", [("PERSON", "anna schmidt")]),
        (
            "12[BUILDING_NUMBER] Baker[STREET_NAME] Street[STREET_NAME], London[CITY]",
            [("ADDRESS", "12 Baker Street, London")],
        ),
        (
            "at Flat 12[BUILDING_NUMBER] Baker[STREET_NAME] Street[STREET_NAME]",
            [("ADDRESS", "Flat 12 Baker Street")],
        ),
        ("in Baker[STREET_NAME 0.9] Street[STREET_NAME 0.9]", [("LOCATION", "Baker Street")]),
        ("in Baker[STREET_NAME] Street[STREET_NAME]", [("ADDRESS", "Baker Street")]),
        ("in Seattle[CITY]", [("LOCATION", "Seattle")]),
        ("postcode 90023[ZIP_CODE]", []),
        ("call 555[PHONE]-0199[PHONE]", [("PHONE_NUMBER", "555-0199")]),
        ("room 5550[PHONE]", []),
        ("tax 12[TAX_ID]345678", []),
        ("tax 12345678[TAX_ID]", [("TAX_ID", "12345678")]),
        ("chapter 12[PASSPORT]", []),
        ("see www.example.org[URL]", []),
        ("ask Zorvath[GIVEN_NAME 0.9] ![GIVEN_NAME 0.9]", [("PERSON", "Zorvath")]),
        ("tel +[PHONE 0.3]491[PHONE]5112345[PHONE]", [("PHONE_NUMBER", "+4915112345")]),
    ],
)
def test_labels_become_entities(marked: str, expected: list[tuple[str, str]]) -> None:
    assert entities_of(marked) == expected


def test_combining_marks_belong_to_the_word() -> None:
    text = "jo\u0308rg Meyer"
    assert [
        (span.start, span.end)
        for span in entities(
            text,
            [
                LabelledToken(0, 2, "GIVEN_NAME", 0.9),
                LabelledToken(3, 5, "GIVEN_NAME", 0.99),
                LabelledToken(6, 11, "SURNAME", 0.9),
            ],
        )
    ] == [(0, 11)]


@given(text=st.text(max_size=60), data=st.data())
def test_entities_lie_inside_the_text(text: str, data: st.DataObject) -> None:
    edge = st.integers(0, len(text))
    drawn = data.draw(
        st.lists(st.tuples(edge, edge, st.sampled_from([*KINDS, "URL"]), st.floats(0, 1)), max_size=8)
    )
    tokens = [LabelledToken(min(edges), max(edges), label, score) for *edges, label, score in drawn]

    for span in entities(text, tokens):
        assert 0 <= span.start < span.end <= len(text)
        assert 0 <= span.score <= 1
