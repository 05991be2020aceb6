"""Counts tokens by OpenAI's encodings (rs-bpe, offline), for calls whose provider reported none."""

import re
from collections.abc import Sequence

from rs_bpe.bpe import openai

from schemas.values import Message

# As OpenAI's cookbook counts a chat: 3 and the role for each message, 1 before a name, 3 to open the reply.
MESSAGE_TOKENS, NAME_TOKENS, REPLY_TOKENS = 4, 1, 3
# Counting takes the event loop, which other calls wait for; a longer text is counted by its beginning.
COUNTED_CHARS = 64 * 1024
_OLDER = re.compile(r"(?:ft:)?(?:gpt-4(?![\d.o])|gpt-3\.?5)")


class LocalTokenCounter:
    """Exact for OpenAI's models; for others it is o200k's count, which most large vocabularies come near in Latin text."""

    def __init__(self) -> None:
        """Load the encodings."""
        self._newer, self._older = openai.o200k_base(), openai.cl100k_base()

    def of_text(self, text: str, model: str) -> int:
        """Count one text; `<|endoftext|>` and the like are text. Beyond COUNTED_CHARS the rest counts as the beginning does."""
        encoding = self._older if _OLDER.match(model.rpartition("/")[2].lower()) else self._newer
        beginning = text[:COUNTED_CHARS]
        count = encoding.count(beginning.encode("utf-8", "replace").decode())
        return count if len(beginning) == len(text) else round(count * len(text) / len(beginning))

    def of_messages(self, messages: Sequence[Message], model: str) -> int:
        """Count a conversation with its frame; one that is long beyond COUNTED_CHARS counts as its beginning does."""
        texts = self._of_texts([message.content for message in messages], model)
        names = sum(NAME_TOKENS + self.of_text(message.name, model) for message in messages if message.name)
        return texts + names + MESSAGE_TOKENS * len(messages) + REPLY_TOKENS

    def _of_texts(self, texts: Sequence[str], model: str) -> int:
        count, seen, whole = 0, 0, sum(map(len, texts))
        for text in texts:
            count, seen = count + self.of_text(text, model), seen + len(text)
            if seen > COUNTED_CHARS:
                break
        return count if seen == whole else round(count * whole / seen)
