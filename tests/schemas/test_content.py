"""Content of a message: text, or text parts that are joined; other parts are refused without a quote."""

import pytest

from schemas.content import flatten_content


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("plain", "plain"),
        (None, ""),
        ([], ""),
        ([{"type": "text", "text": "one"}], "one"),
        ([{"type": "text", "text": "one"}, {"type": "text", "text": "two"}], "one\ntwo"),
        (({"type": "text", "text": ""},), ""),
    ],
)
def test_text_parts_are_joined_by_line(content: object, text: str) -> None:
    assert flatten_content(content) == text


@pytest.mark.parametrize("content", [7, {"type": "text", "text": "one"}])
def test_what_is_neither_text_nor_a_list_is_left_to_the_field(content: object) -> None:
    assert flatten_content(content) is content


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": "https://secret.example.com"}},
        {"type": "text", "text": 7},
        {"type": "input_text", "text": "secret"},
        {"text": "secret"},
        "secret",
        None,
    ],
)
def test_a_part_that_is_no_text_is_refused_without_quoting_it(part: object) -> None:
    with pytest.raises(ValueError, match="only text parts are supported") as refused:
        flatten_content([{"type": "text", "text": "first"}, part])

    assert "secret" not in str(refused.value)
