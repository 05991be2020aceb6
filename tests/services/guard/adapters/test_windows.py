"""Texts are cut into windows that lose no token, whatever their length, and padded to a few lengths."""

from array import array
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.guard.adapters.model_files import open_folder
from services.guard.adapters.windows import (
    MAX_CHUNK_CHARS,
    WIDTHS,
    WINDOW_TOKENS,
    TokenizedText,
    WindowTokenizer,
    check_window_count,
    chunks,
    windows,
)
from services.guard.settings import MODELS
from streaming.errors import BadEventError

TOKENIZER = open_folder(MODELS / "rampart").tokenizer()
CUTTER = WindowTokenizer(TOKENIZER, keeps_offsets=True)
STAND_IN = Path(__file__).parents[1] / "models" / "encoder"
WORDS = st.sampled_from(
    [
        "Anna",
        "wohnt",
        "12,",
        "Straße",
        "a@b.example",
        "e\u0301te\u0301",
        "\n",
        "日本語",
        "[SEP]",
        "(x)",
        "und/oder",
        "\t",
        "🙂",
    ]
)


def tokens(count: int) -> TokenizedText:
    return TokenizedText(array("i", range(count)), array("i", range(count)), array("i", range(1, count + 1)))


@given(st.integers(0, 1_000))
def test_each_token_belongs_to_one_window_and_every_window_fits_a_bucket(count: int) -> None:
    found = windows(tokens(count))
    assert [index for window in found for index in window.owned_tokens] == list(range(count))
    assert all(0 < window.end - window.start <= WINDOW_TOKENS and window.width in WIDTHS for window in found)
    assert all(window.end - window.start + 2 <= window.width for window in found)


@settings(max_examples=25, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=60), st.integers(1, 60))
async def test_a_long_text_has_the_tokens_that_it_has_in_one_piece(words: list[str], spread: int) -> None:
    sentence = " ".join(words) + " "
    text = sentence * (MAX_CHUNK_CHARS // len(sentence) + spread)
    (found,) = await CUTTER.tokens([text])
    whole = TOKENIZER.encode(text, add_special_tokens=False)
    assert list(found.ids) == whole.ids
    assert list(zip(found.starts, found.ends, strict=True)) == whole.offsets


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x" * 3 * MAX_CHUNK_CHARS,
        "日" * 2 * MAX_CHUNK_CHARS,
        "a " * 2 * MAX_CHUNK_CHARS,
        "a,b" * MAX_CHUNK_CHARS,
        "\n" * 2 * MAX_CHUNK_CHARS,
    ],
)
def test_chunks_follow_each_other_and_none_is_long(text: str) -> None:
    found = list(chunks(text))
    assert "".join(text[start:end] for start, end in found) == text
    assert all(0 < end - start <= MAX_CHUNK_CHARS for start, end in found)


async def test_special_names_and_half_characters_of_a_caller_are_plain_text() -> None:
    (names, half) = await CUTTER.tokens(["[SEP] [CLS] [PAD]", "a\ud800b"])
    special = {TOKENIZER.token_to_id(name) for name in ("[SEP]", "[CLS]", "[PAD]")}
    assert special & set(names.ids) == set()
    assert half.ends[-1] == 3


def test_a_tokenizer_of_another_model_is_refused() -> None:
    tokenizer = open_folder(STAND_IN).tokenizer()
    WindowTokenizer(tokenizer, keeps_offsets=True)
    plain = type(tokenizer).from_str(tokenizer.to_str().replace("[CLS]", "[BOS]"))
    with pytest.raises(ValueError, match=r"no \[CLS\]"):
        WindowTokenizer(plain, keeps_offsets=True)


def test_more_windows_than_the_cap_are_refused_by_number() -> None:
    check_window_count(3, 3)
    with pytest.raises(BadEventError, match="needs 4 windows of 128 tokens; at most 3"):
        check_window_count(3, 4)
