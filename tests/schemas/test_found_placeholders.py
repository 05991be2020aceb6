"""A pair of tags is one placeholder, and a tag around a text is none."""

import pytest

from schemas.found_placeholders import FoundPlaceholder, PairedTags, WrittenPlaceholder, without_overlaps

NAME = "<PERSON_1>"


def found_in(text: str) -> list[str]:
    """What is read of the tags `<P>`, `</P>`, `<p>`, `</p>` and the bare word `P`."""
    tags, position = PairedTags(text), 0
    while position < len(text):
        for written in ("</P>", "</p>", "<P>", "<p>", "P"):
            if text.startswith(written, position):
                found = FoundPlaceholder(position, position + len(written), NAME)
                tags.add(WrittenPlaceholder(found, "<" in written, "/" in written), written)
                position += len(written) - 1
                break
        position += 1
    return [text[each.start : each.end] for each in tags.found()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a <P></P> b", ["<P></P>"]),
        ("<P>P</P>", ["<P>P</P>"]),
        ("<P> \n</P>", ["<P> \n</P>"]),
        ("<p></p>", ["<p></p>"]),
        ("<P>x</P>", ["<P>"]),
        ("<p>x</p>", []),
        ("</P>", []),
        ("<P><P>", ["<P>"] * 2),
        ("<p>x</p> <p>", ["<p>"]),
        ("<P></P><P></P>", ["<P></P>"] * 2),
        ("<p><p></p>x</p>", ["<p>", "<p></p>"]),
    ],
)
def test_a_pair_of_tags_is_one_placeholder(text: str, expected: list[str]) -> None:
    assert found_in(text) == expected


def test_a_closing_tag_far_behind_closes_nothing() -> None:
    assert found_in(f"<P>{' ' * 100}</P>") == ["<P>"]


def test_what_overlaps_is_left_out() -> None:
    at = [FoundPlaceholder(start, start + 4, NAME) for start in (0, 3, 4, 9)]
    assert without_overlaps(at[1:], at[:1]) == at[2:]
    assert without_overlaps(at[:1], at[1:2]) == []
