"""Token estimates by OpenAI's o200k encoding (rs-bpe, offline); they only pre-authorise, the provider's count is the truth."""

import math
from collections.abc import Sequence

from rs_bpe.bpe import openai

from schemas.values import Message
from services.meter.domain.tokens import MESSAGE_TOKENS, REPLY_TOKENS

# o200k is among the largest vocabularies, so others cut text finer; where they hardly know a script, the count of bytes is the bound.
OTHER_ENCODINGS = 1.5


class BpeTokens:
    """Counts, times a factor for models that cut text finer; never more than the bytes, which bound every byte-level encoding."""

    def __init__(self) -> None:
        """Load the encoding that ships with rs-bpe."""
        self._encoding = openai.o200k_base()

    def estimate(self, messages: Sequence[Message], model: str) -> int:
        """Estimate the input tokens from above; `<|endoftext|>` in a prompt is text."""
        texts = sum(self.count(message.content, model) + self.count(message.name or "", model) for message in messages)
        return texts + MESSAGE_TOKENS * len(messages) + REPLY_TOKENS

    def count(self, text: str, model: str) -> int:
        """Estimate one text."""
        del model
        data = text.encode("utf-8", "replace")
        return min(len(data), math.ceil(self._encoding.count(data.decode()) * OTHER_ENCODINGS))
