"""The tokens of a prompt reference are those of the prompt that it names, in any version of it."""

from collections.abc import Sequence

import pytest

from schemas.documents import PromptDocument, PromptVersion
from schemas.values import Message
from services.meter.adapters.prompt_sizes import PromptTableTokens


class SinglePrompt:
    """A table with one prompt."""

    def __init__(self, document: PromptDocument) -> None:
        self.document = document

    def get(self, name: str) -> PromptDocument | None:
        return self.document if name == self.document.name else None


class CharacterCounter:
    """Counts characters as tokens."""

    def estimate(self, messages: Sequence[Message], model: str) -> int:
        return sum(self.count(message.content, model) for message in messages)

    def count(self, text: str, model: str) -> int:
        return len(text)


def version(number: int, content: str) -> PromptVersion:
    return PromptVersion(version=number, messages=(Message(role="system", content=content),))


SHORT, LONG = "Be {{ tone }}.", "Always be {{ tone }}."
PROMPTS = SinglePrompt(PromptDocument(name="support", versions=(version(1, SHORT), version(2, LONG))))


@pytest.mark.parametrize(
    ("prompt", "tokens"),
    [
        ("support", len(LONG) + len("kind")),
        ("support@1", len(LONG) + len("kind")),
        ("support@production", len(LONG) + len("kind")),
        ("sales", 0),
        ("sales@1", 0),
    ],
)
def test_a_reference_counts_as_the_longest_version_and_an_unknown_prompt_as_nothing(
    prompt: str, tokens: int
) -> None:
    sizes = PromptTableTokens(PROMPTS, CharacterCounter())

    assert sizes.tokens_of(prompt, {"tone": "kind"}, "local/m") == tokens


def test_a_prompt_that_is_published_later_counts_from_then_on() -> None:
    prompts = SinglePrompt(PromptDocument(name="sales", versions=(version(1, SHORT),)))
    sizes = PromptTableTokens(prompts, CharacterCounter())
    before = sizes.tokens_of("support", {}, "local/m")

    prompts.document = PromptDocument(name="support", versions=(version(1, SHORT),))

    assert (before, sizes.tokens_of("support", {}, "local/m")) == (0, len(SHORT))
