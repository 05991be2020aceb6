"""How many input tokens a request may have, from above: estimates pre-authorise, the provider's report is what is booked."""

import re
from collections.abc import Mapping, Sequence
from typing import Protocol

from schemas.documents import PromptDocument
from schemas.values import Message

# Chat templates wrap each message in its role and markers (OpenAI 4, Llama 3 and ChatML up to 7), and open the answer.
MESSAGE_TOKENS = 8
REPLY_TOKENS = 16


class TokenCounter(Protocol):
    """Counts tokens before a call; `model` is `provider/model`."""

    def estimate(self, messages: Sequence[Message], model: str) -> int:
        """Estimate the tokens of a conversation from above."""
        ...

    def count(self, text: str, model: str) -> int:
        """Estimate the tokens of one text from above."""
        ...


class ByteTokens:
    """Counts bytes: no byte-level encoding makes more tokens than bytes, so this holds for every model and needs no vocabulary."""

    def estimate(self, messages: Sequence[Message], model: str) -> int:
        """Estimate the tokens of a conversation from above."""
        texts = sum(self.count(message.content, model) + self.count(message.name or "", model) for message in messages)
        return texts + MESSAGE_TOKENS * len(messages) + REPLY_TOKENS

    def count(self, text: str, model: str) -> int:
        """Count the bytes."""
        del model
        return len(text.encode("utf-8", "replace"))


def prompt_tokens(counter: TokenCounter, document: PromptDocument, variables: Mapping[str, str], model: str) -> int:
    """Estimate what a prompt adds: its longest version, since the router picks the version later, with each value wherever it is named."""
    values = {name: counter.count(value, model) for name, value in variables.items()}
    return max(_version_tokens((counter, model), version.messages, values) for version in document.versions)


def _version_tokens(counting: tuple[TokenCounter, str], messages: Sequence[Message], values: Mapping[str, int]) -> int:
    names = [name for message in messages for name in re.findall(r"\w+", message.content)]
    counter, model = counting
    return counter.estimate(messages, model) + sum(values.get(name, 0) for name in names)
