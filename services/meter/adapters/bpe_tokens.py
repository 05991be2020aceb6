"""Token estimates by OpenAI's encodings (rs-bpe, offline); they only pre-authorise, the provider's count is the truth."""

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

# Shorter texts are counted faster than they are looked up.
MIN_CACHED_BYTES = 500
MAX_CACHED_TEXTS = 4096


class BpeTokenCounter:
    """Exact for OpenAI's models, an upper bound for others; a long text is counted once for all candidates of a route.

    What is remembered of a text is its digest, never the text. `<|endoftext|>` and the like are text.
    """

    def __init__(self, remembered: int = MAX_CACHED_TEXTS) -> None:
        """Load the encodings that ship with rs-bpe; so many long texts are remembered."""
        self._remembered = remembered
        self._encodings = {"o200k": openai.o200k_base(), "cl100k": openai.cl100k_base()}
        self._known: OrderedDict[tuple[TokenizerFamily, bytes], int] = OrderedDict()

    def estimate(self, messages: Sequence[Message], model: str) -> int:
        """Count a conversation with its frame."""
        family = family_of(model)
        return with_chat_overhead(messages, chat_overhead_of(family), lambda text: self._count(text, family))

    def count(self, text: str, model: str) -> int:
        """Count one text."""
        return self._count(text, family_of(model))

    def _count(self, text: str, family: TokenizerFamily) -> int:
        # Half of a surrogate pair has no bytes: it is sent as a replacement, and counted as one.
        data = text.encode("utf-8", "replace")
        if len(data) < MIN_CACHED_BYTES:
            return self._counted(data.decode(), family)
        key = (family, blake2b(data, digest_size=16).digest())
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._counted(data.decode(), family)
            if len(self._known) > self._remembered:
                self._known.popitem(last=False)
        return known

    def _counted(self, text: str, family: TokenizerFamily) -> int:
        count = self._encodings[family.encoding].count
        return count(text) if family.is_exact else max_token_count(family, text, count)
