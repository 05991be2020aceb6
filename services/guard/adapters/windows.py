"""Cuts texts into windows of 128 tokens, 96 apart, and pads each to one of a few lengths, so that its score never depends on company."""

import asyncio
import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer

from services.guard.domain.text.surrogates import without_surrogates
from streaming.errors import BadEventError

WINDOW_TOKENS = 126
"""Tokens of a text in a window; two more are the special ones around them."""
STRIDE_TOKENS = 96
OVERLAP_TOKENS = (WINDOW_TOKENS - STRIDE_TOKENS) // 2
WIDTHS = (16, 32, 48, 64, 96, 128)
MAX_CHUNK_CHARS = 8_192
"""Most characters that are tokenised at once: what the tokenizer holds of a text is many times its size."""
MAX_INLINE_CHARS = 4_096
CUT_POINT = re.compile(r"\s(?=\S)|(?<=[.,;:!?)\]}>'\"|/\\-])")


@dataclass(frozen=True, slots=True)
class TokenizedText:
    """All tokens of one text: 12 bytes each, so that a text of a megabyte stays a matter of megabytes; without places, 4."""

    ids: "array[int]"
    starts: "array[int]"
    ends: "array[int]"


@dataclass(frozen=True, slots=True)
class TokenWindow:
    """The tokens start..end of a text, and the length that they are padded to; of an overlap each neighbour owns the half it sees more around."""

    tokens: TokenizedText
    start: int
    end: int

    @property
    def width(self) -> int:
        """The bucket: always padded to it, also alone, since the length of a row decides its last bits."""
        return next(bucket for bucket in WIDTHS if bucket >= self.end - self.start + 2)

    @property
    def owned_tokens(self) -> range:
        """Which tokens this window speaks for."""
        return range(
            self.start + (OVERLAP_TOKENS if self.start else 0),
            self.end if self.end == len(self.tokens.ids) else self.end - OVERLAP_TOKENS,
        )


class WindowTokenizer:
    """Tokenises one text at a time; a batch would start a thread pool of its own beside those that run the models."""

    def __init__(self, tokenizer: Tokenizer, *, keeps_places: bool) -> None:
        """Take the tokenizer, which adds no special tokens, pads nothing and cuts nothing off, and whether it matters where a token stood."""
        self._tokenizer, self._keeps_places = tokenizer, keeps_places
        self.first = self._special("[CLS]")
        self.last = self._special("[SEP]")

    async def tokens(self, texts: Sequence[str]) -> list[TokenizedText]:
        """The tokens of each text; a long one is tokenised beside the event loop, which would stand still for it."""
        if sum(map(len, texts)) <= MAX_INLINE_CHARS:
            return [self._tokens(text) for text in texts]
        return await asyncio.to_thread(lambda: [self._tokens(text) for text in texts])

    def _tokens(self, text: str) -> TokenizedText:
        found = TokenizedText(array("i"), array("i"), array("i"))
        for start, end in chunks(text):
            piece = text[start:end]
            encoded = self._tokenizer.encode(without_surrogates(piece), add_special_tokens=False)
            found.ids.extend(encoded.ids)
            if self._keeps_places:
                offsets = encoded.offsets
                found.starts.extend([start + first for first, _ in offsets])
                found.ends.extend([start + last for _, last in offsets])
        return found

    def _special(self, name: str) -> int:
        found = self._tokenizer.token_to_id(name)
        if found is None:
            msg = f"the tokenizer has no {name}: it belongs to another model"
            raise ValueError(msg)
        return found


def chunks(text: str) -> Iterator[tuple[int, int]]:
    """Ranges of the text that hold whole words: cut at white space, else behind punctuation, else (no word is so long) anywhere."""
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
        (found.start() for found in reversed(list(CUT_POINT.finditer(text, lowest, highest)))), highest
    )


def windows(tokens: TokenizedText) -> list[TokenWindow]:
    """All windows of a text, the last one ending with it; a text without tokens has none."""
    count = len(tokens.ids)
    starts = range(0, max(1, count - WINDOW_TOKENS + STRIDE_TOKENS), STRIDE_TOKENS) if count else ()
    return [TokenWindow(tokens, start, min(start + WINDOW_TOKENS, count)) for start in starts]


def check_window_count(most: int, count: int) -> None:
    """Raise BadEventError where there are more windows than are scanned: nothing may pass half seen."""
    if count > most:
        raise BadEventError(
            "too_large",
            f"the request needs {count} windows of 128 tokens; at most {most} are scanned: split it",
        )
