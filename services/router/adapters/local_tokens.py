"""Counts tokens by OpenAI's encodings (rs-bpe, offline), for calls whose provider reported none."""

import re
from collections.abc import Sequence

from rs_bpe.bpe import openai

from schemas.values import Message

# OpenAI's cookbook: 3 and the role for each message, 1 before a name, 3 to open the reply.
MESSAGE_TOKENS, NAME_TOKENS, REPLY_TOKENS = 4, 1, 3
# Counting blocks the event loop, so the rest of a longer text is estimated from its beginning.
MAX_COUNTED_CHARS = 64 * 1024
_CL100K_MODELS = re.compile(r"(?:ft:)?(?:gpt-4(?![\d.o])|gpt-3\.?5)")


class LocalTokenCounter:
    """Exact for OpenAI's models; other models are counted by o200k, which is close for Latin text."""

    def __init__(self) -> None:
        """Load the encodings."""
        self._o200k, self._cl100k = openai.o200k_base(), openai.cl100k_base()

    def of_text(self, text: str, model: str) -> int:
        """The tokens of a text; special tokens such as `<|endoftext|>` count as text."""
        encoding = self._cl100k if _CL100K_MODELS.match(model.rpartition("/")[2].lower()) else self._o200k
        beginning = text[:MAX_COUNTED_CHARS]
        count = encoding.count(beginning.encode("utf-8", "replace").decode())
        return count if len(beginning) == len(text) else round(count * len(text) / len(beginning))

    def of_messages(self, messages: Sequence[Message], model: str) -> int:
        """The tokens of a conversation, including those around each message."""
        texts = self._of_texts([message.content for message in messages], model)
        names = sum(NAME_TOKENS + self.of_text(message.name, model) for message in messages if message.name)
        return texts + names + MESSAGE_TOKENS * len(messages) + REPLY_TOKENS

    def _of_texts(self, texts: Sequence[str], model: str) -> int:
        count, seen_chars, all_chars = 0, 0, sum(map(len, texts))
        for text in texts:
            count, seen_chars = count + self.of_text(text, model), seen_chars + len(text)
            if seen_chars > MAX_COUNTED_CHARS:
                break
        return count if seen_chars == all_chars else round(count * all_chars / seen_chars)
