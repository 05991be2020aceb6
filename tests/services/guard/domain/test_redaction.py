"""What was found is replaced everywhere and can be restored exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.guard.domain.detection import Detection, Span
from services.guard.domain.redaction import SpanReplacement, known_value_spans, redact, restore

WORDS = st.text(alphabet="ab<>_1PERSONpersn\\- \nü\u200b🙂", max_size=40)


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
def test_each_found_value_of_four_characters_is_replaced_where_it_stands_alone(
    case: tuple[list[str], list[list[SpanReplacement]]],
) -> None:
    texts, found = case
    originals = {
        text[one.detection.start : one.detection.end]
        for text, ones in zip(texts, found, strict=True)
        for one in ones
    }
    long = sorted(value for value in originals if len(value) >= 4)

    replaced, values = redact([*texts, *(f"({value})" for value in long)], [*found, *([] for _ in long)], {})

    for value, text in zip(long, replaced[len(texts) :], strict=True):
        name = text[1:-1]
        assert values[name] == value


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


def redacted_person(text: str, value: str) -> str:
    start = text.index(value)
    span = Span(start, start + len(value))
    (redacted,), _ = redact([text], [[SpanReplacement(Detection("PERSON", "ner", 1.0, span), True)]], {})
    return redacted


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        (
            "My name is Mark. Please write a Marketing plan and a Market study.",
            "Mark",
            "My name is <PERSON_1>. Please write a Marketing plan and a Market study.",
        ),
        ("Rosa's Rosa-Maria, Rosanna, rosa_id", "Rosa", "<PERSON_1>'s <PERSON_1>-Maria, Rosanna, rosa_id"),
        ("12345 or 9123456, 12345.", "12345", "<PERSON_1> or 9123456, <PERSON_1>."),
        ("Mark, Mark@a.com, Mark.Lee@a.com", "Mark", "<PERSON_1>, Mark@a.com, Mark.Lee@a.com"),
        ("我叫欧阳小明。欧阳小明你好", "欧阳小明", "我叫<PERSON_1>。<PERSON_1>你好"),
    ],
)  # fmt: skip
def test_a_value_is_repeated_as_a_word_or_number_of_its_own_alone(
    text: str, value: str, expected: str
) -> None:
    assert redacted_person(text, value) == expected


def test_a_secret_is_replaced_in_an_address_too() -> None:
    text = "password Zk8vTq2Lm9, postgres://app:Zk8vTq2Lm9@db, app_Zk8vTq2Lm9"
    secret = Detection("SECRET", "rules", 1.0, Span(9, 19))
    (redacted,), _ = redact([text], [[SpanReplacement(secret, False)]], {})
    assert redacted == "password [SECRET], postgres://app:[SECRET]@db, app_[SECRET]"


def test_a_known_value_in_an_answer_follows_the_same_rule() -> None:
    found = known_value_spans("Marketing by Mark.", {"<PERSON_1>": "Mark"})
    assert [(each.start, each.end, each.kind) for each in found] == [(13, 17, "PERSON")]


@pytest.mark.parametrize(
    "written",
    ["<person_1>", "<PERSON 1>", "[PERSON_1]", "PERSON\\_1", "&lt;PERSON_1&gt;", "《PERSON-1》", "xperson_1"],
)  # fmt: skip
def test_a_number_that_a_text_may_be_read_with_is_not_given_out(written: str) -> None:
    assert redacted_person(f"Anna {written}", "Anna") == f"<PERSON_2> {written}"
