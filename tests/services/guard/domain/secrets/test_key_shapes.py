"""Keys of services are found by their shape, whole and inside text, and words with the same begin are not."""

import pytest

from services.guard.domain.pii.registry import recognise
from services.guard.domain.secrets.key_shapes import BEGIN, SHAPES, service_keys
from tests.services.guard.domain.secrets.secret_texts import OTHER_SECRETS, SERVICE_KEY_CONTEXTS, SERVICE_KEYS


@pytest.mark.parametrize("key", SERVICE_KEYS)
@pytest.mark.parametrize("context", SERVICE_KEY_CONTEXTS)
def test_a_key_is_found(key: str, context: str) -> None:
    text = context.format(key)
    assert [text[span.start : span.end] for span in recognise(text) if span.kind == "SECRET"] == [key]


@pytest.mark.parametrize(("text", "secret"), OTHER_SECRETS)
def test_webhooks_signatures_and_storage_keys_are_found(text: str, secret: str) -> None:
    whole = text.format(secret)
    assert secret in [whole[span.start : span.end] for span in recognise(whole) if span.kind == "SECRET"]


@pytest.mark.parametrize(
    "text",
    [
        "pattern",
        "re_button",
        "API-Gateway",
        "A3-Paper",
        "pat" + "a" * 14 + "." + "0" * 64,
        "xpul-" + "ab12" * 10,
    ],
)
def test_words_with_the_same_begin_are_none(text: str) -> None:
    assert list(service_keys(text)) == []


def test_each_shape_has_its_begin() -> None:
    assert all(BEGIN.match(begin) for begin in SHAPES)
