"""What was read of placeholders in a text, and how pairs of tags are read as one placeholder."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

_MAX_SPACES = 80


@dataclass(frozen=True, slots=True)
class FoundPlaceholder:
    """A placeholder in a text: its span, its name as the guard wrote it, and an ending that stays."""

    start: int
    end: int
    name: str
    ending: str = ""


@dataclass(frozen=True, slots=True)
class WrittenPlaceholder:
    """A placeholder as it is written: whether as a tag, and whether that is a closing one."""

    found: FoundPlaceholder
    is_tag: bool = False
    is_closing_tag: bool = False


def without_overlaps(
    others: Sequence[FoundPlaceholder], found: Sequence[FoundPlaceholder]
) -> list[FoundPlaceholder]:
    """The other placeholders that overlap none of the found ones; both are in order."""
    ends = [each.end for each in found]
    indexes = [bisect_right(ends, each.start) for each in others]
    return [
        each
        for each, index in zip(others, indexes, strict=True)
        if index == len(found) or found[index].start >= each.end
    ]


class PairedTags:
    """Reads placeholders that a model wrote as a pair of tags, with nothing or the placeholder in it, as one.

    A closing tag is never a placeholder, and neither are tags in small letters around a text.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._written: list[WrittenPlaceholder | None] = []
        self._open_elements: dict[str, int] = {}

    def found(self) -> list[FoundPlaceholder]:
        """The placeholders, in order."""
        return [each.found for each in self._written if each is not None]

    def add(self, written: WrittenPlaceholder, words: str) -> None:
        """Take the next placeholder, whose words and number are written so."""
        if written.is_closing_tag:
            self._close(written.found)
            return
        if written.is_tag and not words.isupper():
            self._open_elements[written.found.name] = len(self._written)
        self._written.append(written)

    def _close(self, tag: FoundPlaceholder) -> None:
        last = self._pop_before(tag)
        if last is None:
            element = self._open_elements.pop(tag.name, None)
            if element is not None:
                self._written[element] = None
            return
        opening = None if last.is_tag else self._pop_before(last.found)
        first = (opening or last).found
        self._written.append(
            WrittenPlaceholder(FoundPlaceholder(first.start, tag.end, tag.name, first.ending))
        )
        self._open_elements.pop(tag.name, None)

    def _pop_before(self, found: FoundPlaceholder) -> WrittenPlaceholder | None:
        """Take off the same placeholder directly before this one."""
        last = self._written[-1] if self._written else None
        if last is None or last.found.name != found.name or found.start - last.found.end > _MAX_SPACES:
            return None
        return None if self._text[last.found.end : found.start].strip() else self._written.pop()
