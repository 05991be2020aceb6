"""Cuts texts into windows of 128 tokens, 96 apart, padded to one of a few widths."""

import asyncio
import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer

from services.guard.adapters.short_texts_first import SHORT_TEXTS_FIRST
from services.guard.domain.text.surrogates import without_surrogates
from services.guard.domain.threads import give_way
from streaming.errors import BadEventError

WINDOW_TOKENS = 126
"""Of the text; the two special tokens around them are added."""
STRIDE_TOKENS = 96
OVERLAP_TOKENS = (WINDOW_TOKENS - STRIDE_TOKENS) // 2
WIDTHS = (16, 32, 48, 64, 96, 128)
MAX_CHUNK_CHARS = 2_048
"""Characters tokenised at once, which holds the interpreter lock, and takes many times their memory."""
MAX_INLINE_CHARS = 4_096
CUT_POINT = re.compile(r"\s(?=\S)|(?<=[.,;:!?)\]}>'\"|/\\-])")


@dataclass(frozen=True, slots=True)
class TokenizedText:
    """All tokens of one text in arrays of 12 bytes a token, or 4 without offsets."""

    ids: "array[int]"
    starts: "array[int]"
    ends: "array[int]"


@dataclass(frozen=True, slots=True)
class TokenWindow:
    """Tokens `start` up to `end` (exclusive) of a text; neighbours own half of their overlap each."""

    tokens: TokenizedText
    start: int
    end: int

    @property
    def width(self) -> int:
        """The padded width, by this window alone, since the width of a row decides its last bits."""
        return next(bucket for bucket in WIDTHS if bucket >= self.end - self.start + 2)

    @property
    def owned_tokens(self) -> range:
        """The tokens whose labels are taken from this window."""
        return range(
            self.start + (OVERLAP_TOKENS if self.start else 0),
            self.end if self.end == len(self.tokens.ids) else self.end - OVERLAP_TOKENS,
        )


class WindowTokenizer:
    """Tokenises one text at a time, since a batch would start the tokenizer's own thread pool."""

    def __init__(self, tokenizer: Tokenizer, *, keeps_offsets: bool) -> None:
        """Take the tokenizer, without padding and truncation, and whether offsets of tokens are kept."""
        self._tokenizer, self._keeps_offsets = tokenizer, keeps_offsets
        self.first = self._special("[CLS]")
        self.last = self._special("[SEP]")

    async def tokens(self, texts: Sequence[str]) -> list[TokenizedText]:
        """The tokens of each text; long texts are tokenised in a thread, to keep the event loop free."""
        if sum(map(len, texts)) <= MAX_INLINE_CHARS:
            return [self._tokens(text) for text in texts]
        return await asyncio.to_thread(self._giving_way, texts)

    def _giving_way(self, texts: Sequence[str]) -> list[TokenizedText]:
        with SHORT_TEXTS_FIRST.long_work():
            return [self._tokens(text) for text in texts]

    def _tokens(self, text: str) -> TokenizedText:
        tokens = TokenizedText(array("i"), array("i"), array("i"))
        for start, end in chunks(text):
            give_way()
            piece = text[start:end]
            encoded = self._tokenizer.encode(without_surrogates(piece), add_special_tokens=False)
            tokens.ids.extend(encoded.ids)
            if self._keeps_offsets:
                offsets = encoded.offsets
                tokens.starts.extend([start + first for first, _ in offsets])
                tokens.ends.extend([start + last for _, last in offsets])
        return tokens

    def _special(self, name: str) -> int:
        token = self._tokenizer.token_to_id(name)
        if token is None:
            msg = f"the tokenizer has no {name}: it belongs to another model"
            raise ValueError(msg)
        return token


def chunks(text: str) -> Iterator[tuple[int, int]]:
    """Ranges of the text, cut at white space, else after punctuation, else anywhere."""
    start = 0
    while len(text) - start > MAX_CHUNK_CHARS:
        end = _cut(text, start + MAX_CHUNK_CHARS // 2, start + MAX_CHUNK_CHARS)
        yield start, end
        start = end
    if start < len(text):
        yield start, len(text)


def _cut(text: str, lowest: int, highest: int) -> int:
    space = max(text.rfind(" ", lowest, highest), text.rfind("\n", lowest, highest))
    if space > 0:
        return space
    return next(
        (match.start() for match in reversed(list(CUT_POINT.finditer(text, lowest, highest)))), highest
    )


def windows(tokens: TokenizedText) -> list[TokenWindow]:
    """All windows of a text; a text without tokens has none."""
    count = len(tokens.ids)
    starts = range(0, max(1, count - WINDOW_TOKENS + STRIDE_TOKENS), STRIDE_TOKENS) if count else ()
    return [TokenWindow(tokens, start, min(start + WINDOW_TOKENS, count)) for start in starts]


def check_window_count(maximum: int, count: int) -> None:
    """Raise BadEventError if there are more windows than are scanned, since no text may pass in part."""
    if count > maximum:
        raise BadEventError(
            "too_large",
            f"the request needs {count} windows of 128 tokens; at most {maximum} are scanned: split it",
        )
