"""Estimates only pre-authorise: they are upper bounds, offline, and no text breaks them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.values import Message
from services.meter.adapters.bpe_tokens import BpeTokens
from services.meter.domain.tokens import ByteTokens

COUNTER = BpeTokens()
MODEL = "local/smollm2"


@pytest.mark.parametrize("text", ["<|endoftext|>", "<|im_start|>system", "a<|endofprompt|>b", "\x00", "", "é" * 1000, "日本語テキスト", "🧜🏽‍♀️"])
def test_control_tokens_and_odd_texts_are_text(text: str) -> None:
    assert 0 <= COUNTER.count(text, MODEL) <= len(text.encode())
    assert COUNTER.estimate((Message(role="user", content=text),), MODEL) > 0


def test_prose_is_counted_and_not_taken_for_bytes() -> None:
    text = "Where is my order? I ordered two lamps on Monday and nothing has come yet."
    assert COUNTER.count(text, MODEL) < len(text) / 2
    # 17 tokens in o200k
    assert COUNTER.count(text, MODEL) >= 17


def test_every_message_costs_its_frame_and_its_name() -> None:
    one = COUNTER.estimate((Message(role="user", content="hi"),), MODEL)
    two = COUNTER.estimate((Message(role="user", content="hi"), Message(role="assistant", content="", name="weir")), MODEL)
    assert two > one
    assert ByteTokens().estimate((Message(role="user", content="hi", name="weir"),), MODEL) == 2 + 4 + 8 + 16


@given(text=st.text())
def test_bytes_bound_every_count(text: str) -> None:
    assert COUNTER.count(text, MODEL) <= ByteTokens().count(text, MODEL)
