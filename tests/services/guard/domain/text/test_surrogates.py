"""Surrogates are replaced one for one, so that the text can be encoded and offsets stay."""

from hypothesis import given
from hypothesis import strategies as st

from services.guard.domain.text.surrogates import without_surrogates


@given(st.text(st.characters(codec=None), max_size=40))
def test_any_text_can_be_encoded_and_keeps_its_length(text: str) -> None:
    replaced = without_surrogates(text)

    assert replaced.encode() is not None
    assert len(replaced) == len(text)


def test_other_characters_stay() -> None:
    assert without_surrogates("a\ud800é\udfff🙂") == "a\ufffdé\ufffd🙂"
