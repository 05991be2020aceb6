"""How many tokens a prompt of our own adds to a request, from the prompts on `llm.prompts`."""

from collections.abc import Mapping
from typing import Protocol

from schemas.documents import PromptDocument
from services.meter.domain.tokens.estimate import TokenCounter, prompt_tokens


class PromptDocuments(Protocol):
    """The prompts as they are now."""

    def get(self, name: str) -> PromptDocument | None:
        """Find the prompt of that name."""
        ...


class PromptTableTokens:
    """Estimates from the prompts on `llm.prompts`."""

    def __init__(self, documents: PromptDocuments, tokens: TokenCounter) -> None:
        """Take the table of prompts and the counter."""
        self._documents = documents
        self._tokens = tokens

    def tokens_of(self, prompt: str, variables: Mapping[str, str], model: str) -> int:
        """Estimate a reference such as `name` or `name@label` from above; 0 for an unknown prompt, which the router refuses."""
        document = self._documents.get(prompt.partition("@")[0])
        return prompt_tokens(self._tokens, document, variables, model) if document is not None else 0
