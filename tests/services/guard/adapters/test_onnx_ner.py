"""The shipped token classifier labels personal data, the same alone and beside other texts."""

from array import array

import pytest

from services.guard.adapters.batched_model import ModelThreadPool
from services.guard.adapters.model_files import open_folder
from services.guard.adapters.onnx_ner import OnnxNer, padded
from services.guard.adapters.windows import TokenizedText, TokenWindow, WindowTokenizer
from services.guard.domain.pii.token_entities import MIN_TOKEN_SCORE, LabelledToken
from services.guard.settings import MODELS
from streaming.errors import BadEventError

FILES = open_folder(MODELS / "rampart")
NAMED = "My name is Anna Schmidt and I live at 12 Baker Street, London."


@pytest.fixture(scope="module")
def model() -> OnnxNer:
    return OnnxNer(FILES, 20, ModelThreadPool(2))


def labelled(text: str, tokens: list[LabelledToken]) -> set[tuple[str, str]]:
    return {(token.label, text[token.start : token.end]) for token in tokens if token.score > 0.9}


async def test_names_are_labelled_at_their_characters(model: OnnxNer) -> None:
    (tokens,) = await model.label([NAMED])

    assert {("GIVEN_NAME", "Anna"), ("SURNAME", "Schmidt"), ("CITY", "London")} <= labelled(NAMED, tokens)
    assert all(MIN_TOKEN_SCORE <= token.score <= 1.0001 for token in tokens)


async def test_a_name_far_into_a_long_text_is_labelled_once_where_it_is(model: OnnxNer) -> None:
    text = "the weather is nice today and so on. " * 30 + NAMED

    (tokens,) = await model.label([text])

    names = [token for token in tokens if token.label == "GIVEN_NAME" and token.score > 0.9]
    assert [text[token.start : token.end] for token in names] == ["Anna"]
    assert names[0].start == text.index("Anna")


async def test_labels_have_the_same_bits_alone_and_beside_others(model: OnnxNer) -> None:
    (alone,) = await model.label([NAMED])

    empty, beside, _ = await model.label(["", NAMED, "a text of another length, with Bob in it, " * 5])

    assert beside == alone
    assert empty == []


async def test_more_windows_than_the_limit_are_refused(model: OnnxNer) -> None:
    with pytest.raises(BadEventError, match="at most 20 are scanned"):
        await model.label(["tell me about it " * 2_000])


def test_rows_of_different_length_are_padded_behind_their_special_tokens() -> None:
    cutter = WindowTokenizer(FILES.tokenizer(), keeps_offsets=False)
    tokens = TokenizedText(array("i", [7, 8, 9]), array("i"), array("i"))

    ids, mask = padded([TokenWindow(tokens, 0, 3), TokenWindow(tokens, 1, 2)], 6, cutter)

    first, last = cutter.first, cutter.last
    assert ids.tolist() == [[first, 7, 8, 9, last, 0], [first, 8, last, 0, 0, 0]]
    assert mask.tolist() == [[1, 1, 1, 1, 1, 0], [1, 1, 1, 0, 0, 0]]
