"""Excerpts are short, of the caller's last words, and hold no personal data."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.policies.excerpts import MAX_CHARS, excerpt, masked
from weir.policies.stored import StoredText


def stored(*messages: tuple[str, str], answer: str | None = None) -> StoredText:
    return StoredText([{"role": role, "content": content} for role, content in messages], answer)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (None, "(its text is not kept any more)"),
        (stored(("user", "first"), ("user", "last"), ("assistant", "answer")), "last"),
        (stored(("user", "first"), ("tool", "found it")), "found it"),
        (stored(("system", "be kind"), answer="the answer"), "the answer"),
        (stored(("system", "be kind")), ""),
        (stored(("user", "two\n\n  lines\t")), "two lines"),
    ],
)
def test_the_last_words_of_the_caller_are_shown_or_else_the_answer(
    text: StoredText | None, shown: str
) -> None:
    assert excerpt(text) == shown


@given(st.text(), st.text())
def test_a_long_text_is_cut_in_the_middle(start: str, end: str) -> None:
    line = excerpt(stored(("user", start + " word" * 99 + end)))

    assert len(line) <= MAX_CHARS + len(" ... ")
    assert "\n" not in line


@pytest.mark.parametrize(
    ("text", "secret", "kind"),
    [
        ("Write to jane@example.com, please.", "jane", "[EMAIL_ADDRESS]"),
        ("My card is 4111 1111 1111 1111.", "4111", "[CREDIT_CARD]"),
    ],
)
def test_personal_data_is_replaced_by_its_kind(text: str, secret: str, kind: str) -> None:
    line = excerpt(stored(("user", text)))

    assert secret not in line
    assert kind in line
    assert masked("nothing of the kind") == "nothing of the kind"
