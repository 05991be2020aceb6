"""Signs, tags, arguments and verbs lead from a word for a secret to its value."""

import re

import pytest

from services.guard.domain.secrets import connectors
from services.guard.domain.text.windowed_search import MAX_REACH_CHARS


@pytest.mark.parametrize(
    ("pattern", "text", "rest"),
    [
        (connectors.SIGN, ": x", "x"),
        (connectors.SIGN, "'] => 'x'", "'x'"),
        (connectors.SIGN, ":** x", "x"),
        (connectors.SIGN, " (admin):\nx", "x"),
        (connectors.ATTRIBUTE, '" value="x"', '"x"'),
        (connectors.ATTRIBUTE, '\n  value: "x"', '"x"'),
        (connectors.CALL, "', 'x')", "'x')"),
        (connectors.ELEMENT, ' type="a">x</p>', "x</p>"),
        (connectors.MARKUP, ":</b> x1", "x1"),
        (connectors.PROSE, " for the server is x1", "x1"),
        (connectors.PROSE, " lautet: x1", "x1"),
        (connectors.UNSPACED, "是x1", "x1"),
        (connectors.ADJACENT, " x1", "x1"),
        (connectors.NEAR, " of jane x1", "x1"),
    ],
)
def test_a_pattern_ends_where_the_value_begins(pattern: re.Pattern[str], text: str, rest: str) -> None:
    match = pattern.match(text)
    assert match is not None
    assert text[match.end() :] == rest


@pytest.mark.parametrize("text", [" policy is A1", " must have 8", " is wrong", ", see A1"])
def test_sentences_about_passwords_lead_to_no_value(text: str) -> None:
    assert connectors.PROSE.match(text) is None


def test_the_value_before_the_word_is_read() -> None:
    match = connectors.REVERSED.search("so Zk8!v is my ")
    assert match is not None
    assert match["value"] == "Zk8!v"
    assert len(match.group()) < MAX_REACH_CHARS
