"""A text in another language than expected fails; a text that tells too little of its language passes."""

import pytest

from schemas.checks import LanguageCheck
from schemas.values import Message
from services.guard.domain.checks.language import MAX_CHARS, language, language_of
from services.guard.domain.checks.types import InvalidCheckError
from tests.services.guard.domain.checks.checked_texts import checked

GERMAN = "Das ist ganz sicher ein deutscher Satz."
ENGLISH = "Your parcel is on its way and will arrive tomorrow."
ASKED_IN_ENGLISH = (
    Message(role="user", content="Where is my parcel, and when will it arrive?"),
    Message(role="assistant", content="Bald."),
)


@pytest.mark.parametrize(
    ("expected", "text", "is_failed"),
    [
        (("en",), GERMAN, True),
        (("en", "de"), GERMAN, False),
        (("en",), "Ja, gern.", False),
        (("de",), "```python\nfor number in range(10): print(number)\n```", False),
        (("de",), "https://example.com/where-is-my-parcel-and-when-will-it-arrive", False),
        (("de",), "<PERSON_1> <EMAIL_ADDRESS_22> [CREDIT_CARD] <PERSON_2>", False),
        (("de",), f"`code` {ENGLISH}", True),
    ],
)
def test_the_prose_of_a_text_is_in_an_expected_language(
    expected: tuple[str, ...], text: str, is_failed: bool
) -> None:
    run = language(LanguageCheck(name="l", expected=expected))

    assert run(checked(text)).is_failed is is_failed


@pytest.mark.parametrize(
    ("text", "prompt", "is_failed"),
    [
        (GERMAN, ASKED_IN_ENGLISH, True),
        (ENGLISH, ASKED_IN_ENGLISH, False),
        (GERMAN, (Message(role="user", content="ok?"),), False),
        (GERMAN, (), False),
    ],
)
def test_an_answer_is_in_the_language_of_the_last_user_message(
    text: str, prompt: tuple[Message, ...], is_failed: bool
) -> None:
    run = language(LanguageCheck(name="l"))

    assert run(checked(text, prompt=prompt)).is_failed is is_failed


def test_only_an_answer_can_be_compared_with_the_user_message() -> None:
    with pytest.raises(InvalidCheckError, match="give 'expected'"):
        language(LanguageCheck(name="l", on=("input",)))


def test_the_rest_of_a_long_text_is_ignored() -> None:
    text = (ENGLISH + " ") * (MAX_CHARS // len(ENGLISH)) + GERMAN * 1_000

    assert language_of(text, checked(text)) == "en"
