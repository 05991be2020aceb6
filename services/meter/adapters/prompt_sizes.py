"""Estimates how many tokens a prompt of `llm.prompts` adds to a request."""

from collections.abc import Mapping
from typing import Protocol

from schemas.documents import PromptDocument
from services.meter.domain.tokens.estimate import TokenCounter, prompt_tokens


class PromptDocuments(Protocol):
    """The current prompts."""

    def get(self, name: str) -> PromptDocument | None:
        """Return the prompt with this name; None if there is no such prompt."""
        ...


class PromptTableTokens:
    """Estimates from the table of prompt documents."""

    def __init__(self, documents: PromptDocuments, tokens: TokenCounter) -> None:
        """`documents` is the table of prompts, `tokens` counts their texts."""
        self._documents = documents
        self._tokens = tokens

    def tokens_of(self, prompt: str, variables: Mapping[str, str], model: str) -> int:
        """Return an upper bound for a prompt reference; 0 for an unknown prompt, which the router refuses."""
        document = self._documents.get(prompt.partition("@")[0])
        return prompt_tokens(self._tokens, document, variables, model) if document is not None else 0
