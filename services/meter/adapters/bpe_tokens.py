"""Token estimates by OpenAI's o200k encoding (rs-bpe, offline); they only pre-authorise, the provider's count is the truth."""

import math
from collections.abc import Sequence

from rs_bpe.bpe import openai

from schemas.values import Message

OTHER_ENCODINGS = 1.5
MESSAGE_TOKENS = 8
REPLY_TOKENS = 16


class BpeTokens:
    """Counts, times a factor for models that cut text finer; never more than the bytes, which bound every byte-level encoding."""

    def __init__(self) -> None:
        """Load the encoding that ships with rs-bpe."""
        self._encoding = openai.o200k_base()

    def estimate(self, messages: Sequence[Message]) -> int:
        """An upper estimate of the input tokens; `<|endoftext|>` in a prompt is text."""
        counted = sum(self._count(message.content) for message in messages)
        return counted + MESSAGE_TOKENS * len(messages) + REPLY_TOKENS

    def _count(self, text: str) -> int:
        size = len(text.encode("utf-8", "replace"))
        return min(size, math.ceil(self._encoding.count(text.encode("utf-8", "replace").decode()) * OTHER_ENCODINGS))
