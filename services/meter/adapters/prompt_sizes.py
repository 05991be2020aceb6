"""How many tokens a prompt of our own adds to a request: its longest version, since the router chooses the version later."""

from typing import Protocol

from schemas.documents import PromptDocument
from services.meter.adapters.bpe_tokens import BpeTokens


class PromptDocuments(Protocol):
    """The prompts as they are now."""

    def get(self, name: str) -> PromptDocument | None:
        """The prompt of that name."""
        ...


class TablePromptSizes:
    """Estimates from the prompts on `llm.prompts`."""

    def __init__(self, documents: PromptDocuments, tokens: BpeTokens) -> None:
        """Take the table of prompts and the counter."""
        self._documents = documents
        self._tokens = tokens

    def tokens_of(self, prompt: str) -> int:
        """The estimate for a reference such as `name` or `name@label`."""
        document = self._documents.get(prompt.partition("@")[0])
        return max((self._tokens.estimate(version.messages) for version in document.versions), default=0) if document else 0
