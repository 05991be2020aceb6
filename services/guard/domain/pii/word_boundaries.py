"""The boundaries of the words that the tokens of a classifier are parts of."""

import unicodedata


class WordBoundaries:
    """The boundaries of words; the last ones are kept, so that a word of many tokens is scanned once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._left = self._right = (0, 0)

    def left(self, offset: int) -> int:
        """The start of the word around this offset, or the offset itself."""
        start, (known_start, known_offset) = offset, self._left
        while start != known_offset and _is_inside(self._text, start):
            start -= 1
        start = known_start if start == known_offset else start
        self._left = start, offset
        return start

    def right(self, offset: int) -> int:
        """The end of the word around this offset, or the offset itself."""
        known_offset, known_end = self._right
        if known_offset <= offset <= known_end:
            return known_end
        end = offset
        while _is_inside(self._text, end):
            end += 1
        self._right = offset, end
        return end


def _is_inside(text: str, index: int) -> bool:
    """Whether the characters before and at this offset are of one word."""
    return 0 < index < len(text) and _is_word_character(text[index - 1]) and _is_word_character(text[index])


def _is_word_character(character: str) -> bool:
    return character.isalnum() or unicodedata.combining(character) > 0
