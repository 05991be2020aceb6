"""Upper bounds of a request's input tokens, for its reservation; what is booked is the reported usage."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from schemas.documents import PromptDocument
from schemas.values import Message
from services.meter.domain.tokens.families import ChatOverhead

# These filters change the case of a value, and capitals take more tokens.
_CASE_FILTERS = re.compile(r"\|\s*(?:upper|title|capitalize)\b")


class TokenCounter(Protocol):
    """Estimates tokens before a call; `model` is `provider/model`."""

    def estimate(self, messages: Sequence[Message], model: str) -> int:
        """Return an upper bound of the tokens of a chat."""
        ...

    def count(self, text: str, model: str) -> int:
        """Return an upper bound of the tokens of a text."""
        ...


def with_chat_overhead(
    messages: Sequence[Message], overhead: ChatOverhead, count: Callable[[str], int]
) -> int:
    """Count the texts of a chat and its overhead."""
    texts = sum(
        count(message.content) + (count(message.name) + overhead.name if message.name else 0)
        for message in messages
    )
    return texts + overhead.message * len(messages) + overhead.reply


def prompt_tokens(
    counter: TokenCounter, document: PromptDocument, variables: Mapping[str, str], model: str
) -> int:
    """Return an upper bound of a prompt's tokens, with each value wherever its variable is named.

    It is that of the longest version, since the router chooses the version later.
    """

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
