"""A value counts where it stands alone, by the rules of its writing."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.guard.domain.text.boundaries import (
    NO_LATIN_BEFORE,
    NO_LATIN_BEHIND,
    NO_WORD_BEFORE,
    NO_WORD_BEHIND,
    begins_token,
    begins_word,
    ends_token,
    ends_word,
    unspaced_end,
)


def stands(text: str, value: str) -> bool:
    start = text.index(value)
    return begins_word(text, start) and ends_word(text, start + len(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Marketing", "Mark"), ("Denmark", "mark"), ("MarkInvoice", "Mark"), ("mark_invoice", "mark"),
        ("invoice_mark", "mark"), ("Mark2", "Mark"), ("mark@example.com", "mark"), ("info@mark.com", "mark"),
        ("mark.txt", "mark"), ("$Mark", "Mark"), ("Mark-Lee@x.org", "Mark"),
        ("a@x.Mark.com", "Mark"), ("9123456", "12345"), ("912345", "12345"),
        ("12345.67", "12345"), ("0.12345", "12345"), ("12345a", "12345"), ("10.0.0.12", "10.0.0.1"),
        ("ann@example.com.au", "ann@example.com"), ("x_ann@example.com", "ann@example.com"),
        ("Anne\u0301", "Anne"), ("Mark\u00adeting", "Mark"), ("Маркетинг", "Марк"), ("احمحمد", "محمد"),
    ],
)  # fmt: skip
def test_a_part_of_something_longer_is_no_value(text: str, value: str) -> None:
    assert not stands(text, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Mark", "Mark"), ("Mark's", "Mark"), ("Mark’s", "Mark"), ("Mark-up", "Mark"), ("d'Alice", "Alice"),
        ("_Mark_", "Mark"), ("Dr.Mark.Then", "Mark"), ("@Mark", "Mark"), ("#Mark", "Mark"),
        ("/Mark/", "Mark"), ("x,12345,67", "12345"), ("id_12345", "12345"), ("12345-12350", "12345"),
        ("+49 170 123456x", "+"), ("10.0.0.1:80", "10.0.0.1"), ("Re:\\nMark", "Mark"), ("%20Mark", "Mark"),
        ("Mark\u200bMark", "Mark"), ("我叫欧阳小明你好", "欧阳小明"), ("电话13812345678号", "13812345678"),
        ("คุณสมชายครับ", "สมชาย"), ("김철수님은", "김철수"),
        ("ومحمد", "محمد"), ("ולמשה", "משה"), ("Ахмет'ин", "Ахмет"),
    ],
)  # fmt: skip
def test_a_value_of_its_own_counts(text: str, value: str) -> None:
    assert stands(text, value)


def test_a_token_may_stand_in_an_address_but_not_in_a_longer_token() -> None:
    assert begins_token("app:Zk8v@db", 4)
    assert ends_token("app:Zk8v@db", 8)
    assert not ends_token("Zk8vX", 4)


@given(st.text(min_size=1), st.data())
def test_any_position_of_any_text_has_an_answer(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))

    assert begins_word(text, start) <= begins_token(text, start)
    assert ends_word(text, end) <= ends_token(text, end)
    assert begins_word(text, 0)
    assert ends_word(text, len(text))


@pytest.mark.parametrize("text", ["は7で", "тел7или", "(7)", "_7_", "ما7"])
def test_another_script_bounds_a_number(text: str) -> None:
    assert re.search(f"{NO_LATIN_BEFORE}7{NO_LATIN_BEHIND}", text)


@pytest.mark.parametrize("text", ["a7", "7b", "é7", "77", "7\u0661"])
def test_latin_letters_and_digits_continue_a_number(text: str) -> None:
    assert not re.search(f"{NO_LATIN_BEFORE}7{NO_LATIN_BEHIND}", text)


@pytest.mark.parametrize(
    ("text", "is_word"), [("はtelは", True), ("tel7", True), ("hotel", False), ("яtel", False)]
)
def test_scripts_without_spaces_bound_a_word(text: str, is_word: bool) -> None:
    assert bool(re.search(f"{NO_WORD_BEFORE}tel{NO_WORD_BEHIND}", text)) is is_word


def test_the_last_character_of_a_script_without_spaces_ends_there() -> None:
    assert unspaced_end("abc", 0, 3) == 0
    assert unspaced_end("x邮箱abc", 0, 6) == 3
