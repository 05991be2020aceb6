"""How many input tokens a request may have, from above: estimates pre-authorise, the provider's report is what is booked."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from schemas.documents import PromptDocument
from schemas.values import Message
from services.meter.domain.tokens.families import ChatOverhead

# A template may change the letters of a value, and capitals are cut finer.
_CASE_FILTERS = re.compile(r"\|\s*(?:upper|title|capitalize)\b")


class TokenCounter(Protocol):
    """Counts tokens before a call; `model` is `provider/model`."""

    def estimate(self, messages: Sequence[Message], model: str) -> int:
        """Estimate the tokens of a conversation from above."""
        ...

    def count(self, text: str, model: str) -> int:
        """Estimate the tokens of one text from above."""
        ...


def with_chat_overhead(messages: Sequence[Message], frame: ChatOverhead, count: Callable[[str], int]) -> int:
    """Add what a chat puts around its texts."""
    texts = sum(
        count(message.content) + (count(message.name) + frame.name if message.name else 0)
        for message in messages
    )
    return texts + frame.message * len(messages) + frame.reply


def prompt_tokens(
    counter: TokenCounter, document: PromptDocument, variables: Mapping[str, str], model: str
) -> int:
    """Estimate what a prompt adds: its longest version, since the router picks the version later, with each value wherever it is named."""

    def count(text: str) -> int:
        return counter.count(text, model)

    as_sent = {name: count(value) for name, value in variables.items()}
    as_capitals = {
        name: max(count(value), count(value.upper()), count(value.title()))
        for name, value in variables.items()
    }

    def version_tokens(messages: Sequence[Message]) -> int:
        values = (
            as_capitals if any(_CASE_FILTERS.search(message.content) for message in messages) else as_sent
        )
        names = [name for message in messages for name in re.findall(r"\w+", message.content)]
        return counter.estimate(messages, model) + sum(values.get(name, 0) for name in names)

    return max(version_tokens(version.messages) for version in document.versions)
