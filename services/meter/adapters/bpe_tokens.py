"""Token estimates by OpenAI's encodings (rs-bpe, offline), for reservations; the reported usage is booked."""

from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b

from rs_bpe.bpe import openai

from schemas.values import Message
from services.meter.domain.tokens.estimate import with_chat_overhead
from services.meter.domain.tokens.families import (
    TokenizerFamily,
    chat_overhead_of,
    family_of,
    max_token_count,
)

# Shorter texts are counted faster than they are looked up in the cache.
MIN_CACHED_BYTES = 500
MAX_CACHED_TEXTS = 4096


class BpeTokenCounter:
    """Exact for OpenAI's models, an upper bound for others; long texts are counted once and cached by digest.

    Special tokens such as `<|endoftext|>` are counted as text.
    """

    def __init__(self, max_cached_texts: int = MAX_CACHED_TEXTS) -> None:
        """Load the encodings that ship with rs-bpe."""
        self._max_cached_texts = max_cached_texts
        self._encodings = {"o200k": openai.o200k_base(), "cl100k": openai.cl100k_base()}
        self._cache: OrderedDict[tuple[TokenizerFamily, bytes], int] = OrderedDict()

    def estimate(self, messages: Sequence[Message], model: str) -> int:
        """Count the messages of a chat and its overhead."""
        family = family_of(model)
        return with_chat_overhead(messages, chat_overhead_of(family), lambda text: self._count(text, family))

    def count(self, text: str, model: str) -> int:
        """Count one text."""
        return self._count(text, family_of(model))

    def _count(self, text: str, family: TokenizerFamily) -> int:
        # A lone surrogate cannot be encoded; it is sent as a replacement character, and counted as one.
        data = text.encode("utf-8", "replace")
        if len(data) < MIN_CACHED_BYTES:
            return self._counted(data.decode(), family)
        key = (family, blake2b(data, digest_size=16).digest())
        tokens = self._cache.get(key)
        if tokens is None:
            tokens = self._cache[key] = self._counted(data.decode(), family)
            if len(self._cache) > self._max_cached_texts:
                self._cache.popitem(last=False)
        return tokens

    def _counted(self, text: str, family: TokenizerFamily) -> int:
        count = self._encodings[family.encoding].count
        return count(text) if family.is_exact else max_token_count(family, text, count)
