"""What is sealed opens for its own tenant, purpose and request only, and what opens is what was sealed."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.values import Message
from streaming.errors import BadEventError
from streaming.seal import Sealer
from streaming.sealed_content import open_answer, open_content, open_pseudonyms, seal_answer, seal_content, seal_pseudonyms

SEALER = Sealer(bytes(32))
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RECORD = UUID(int=7)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(TEXTS), st.dictionaries(TEXTS, TEXTS))
def test_content_pseudonyms_and_answers_open_as_they_were_sealed(texts: list[str], variables: dict[str, str]) -> None:
    messages = tuple(Message(role="user", content=text) for text in texts)

    content = seal_content(SEALER, "acme", "r-1", messages, variables, NOW)
    pseudonyms = seal_pseudonyms(SEALER, "acme", RECORD, variables, NOW)
    answer = seal_answer(SEALER, "acme", RECORD, "".join(texts), NOW)

    assert open_content(SEALER, "acme", "r-1", content) == (messages, variables)
    assert open_pseudonyms(SEALER, "acme", RECORD, pseudonyms) == variables
    assert open_answer(SEALER, "acme", RECORD, answer) == "".join(texts)


@pytest.mark.parametrize(
    "opening",
    [
        lambda token: open_content(SEALER, "globex", "r-1", token),
        lambda token: open_content(SEALER, "acme", "r-2", token),
        lambda token: open_pseudonyms(SEALER, "acme", RECORD, token),
        lambda token: open_answer(SEALER, "acme", RECORD, token),
        lambda token: open_content(Sealer(bytes(31) + b"x"), "acme", "r-1", token),
        lambda token: open_content(SEALER, "acme", "r-1", token[:-8]),
    ],
)
def test_a_seal_opens_for_nobody_else(opening: Callable[[str], object]) -> None:
    token = seal_content(SEALER, "acme", "r-1", (Message(role="user", content="clear"),), {}, NOW)

    with pytest.raises(BadEventError) as raised:
        opening(token)

    assert raised.value.reason == "seal_not_open"


@pytest.mark.parametrize("clear", [b"\xff", b"{", b'{"messages": [{"role": "robot", "content": "secret"}]}'])
def test_sealed_nonsense_is_refused_without_quoting_it(clear: bytes) -> None:
    token = SEALER.seal(clear, tenant="acme", purpose="request", context="r-1", at=NOW)

    with pytest.raises(BadEventError) as raised:
        open_content(SEALER, "acme", "r-1", token)

    assert raised.value.reason == "sealed_content_invalid"
    assert "secret" not in str(raised.value)


def test_a_sealed_answer_that_is_no_text_is_refused() -> None:
    token = SEALER.seal(b"\xff", tenant="acme", purpose="answer", context=str(RECORD), at=NOW)

    with pytest.raises(BadEventError):
        open_answer(SEALER, "acme", RECORD, token)
