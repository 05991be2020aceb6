"""Prose is what tells a language: words in lower case, each once, without code, names and numbers."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.guard.domain.text.prose import MAX_PIECES, PIECE_CHARS, is_plain_english, pieces, prose_of


@pytest.mark.parametrize(
    ("piece", "words"),
    [
        ("Ask Maria Keller for the big book.", ("for", "the", "big", "book")),
        ("run `docker compose up` and wait", ("run", "and", "wait")),
        ("```\nreturn value\n```\nthat is all", ("that", "is", "all")),
        ("see https://example.com/a/path for more", ("see", "for", "more")),
        ("get get get get", ("get",)),
        ("WHERE IS MY PARCEL", ("where", "is", "my", "parcel")),
        ("Welche Filme sind da?", ("welche", "filme", "sind", "da")),
        ("l'ami d’hier", ("l'ami", "d’hier")),
        ("user_id=7 order_id: 17", ()),
        ("Ask Władysław Żeleński, Grzegorz Brzęczyszczykiewicz", ()),
        ("", ()),
    ],
)
def test_words_are_kept_and_names_code_and_numbers_are_not(piece: str, words: tuple[str, ...]) -> None:
    assert prose_of(piece).words == words


@pytest.mark.parametrize(
    ("piece", "is_enough"),
    [
        ("the parcel went away", True),
        ("the parcel", False),
        ("is it on", False),
        ("id;44;17;2026;parcel;1;2;3;4;5;6;7;8;9;10;11;12;13 and then came", False),
    ],
)
def test_a_few_words_or_a_table_tell_no_language(piece: str, is_enough: bool) -> None:
    assert prose_of(piece).is_enough is is_enough


@given(st.text(max_size=40).map(lambda text: text * 200))
def test_pieces_are_short_and_few_and_hold_both_ends(text: str) -> None:
    parts = list(pieces(text))

    assert len(parts) <= MAX_PIECES
    assert all(len(part) <= PIECE_CHARS for part in parts)
    assert not text or (text.startswith(parts[0]) and text.endswith(parts[-1]))


@pytest.mark.parametrize(
    "text", ["a" * PIECE_CHARS, "`" * PIECE_CHARS, "'" * PIECE_CHARS, "a'" * 650, "``` " * 325]
)
def test_the_worst_texts_take_milliseconds(text: str) -> None:
    started = time.process_time()
    prose_of(text)
    assert time.process_time() - started < 0.1


@pytest.mark.parametrize(
    ("text", "is_english"),
    [
        ("What is the best way to learn to swim?", True),
        ("Please tell me how they made it.", True),
        ("This is one of those that you should give to me.", True),
        ("Was ist das in der Box?", False),
        ("Is de man in of on the bus?", False),
        ("Translate this: the quick Fuchs springt heute schnell und leise durch einen Wald", False),
        ("What is the café that you like?", False),
        ("print(the[and]) for x in range", False),
        ("", False),
    ],
)
def test_frequent_words_tell_plain_english(text: str, is_english: bool) -> None:
    assert is_plain_english(text) is is_english
