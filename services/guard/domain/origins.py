"""Who wrote what in a request: the application, the caller, or somebody else whose document the caller passes on."""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from schemas.values import Message
from services.guard.domain.text.windowed_search import matches
from services.guard.domain.types import ParentPosition, TextSegment

INSTRUCTION_ROLES = frozenset({"system", "developer"})
MAX_BLOCKS = 64
"""Each block is a text of its own; from the last of these on, one block reaches to the end of what is marked."""
MIN_BLOCK_CHARS = 24
"""Shorter blocks stay the caller's: words of an attack, each in tags of its own, would be read by nobody as a whole."""
Range = tuple[int, int]

_DOCUMENT_NAME = (
    r"(?:context|docs?|documents?|sources?|passages?|chunks?|snippets?|articles?|knowledge(?:[ _-]base)?|references|retriev\w{1,20}"
    r"|retrieved[ _-]\w{1,20}|search[ _-]?results?|results|web[ _-]?pages?|page[ _-]content|e?[ _-]?mails?|attachments?|file[ _-]contents?"
    r"|(?:tool|function)[ _-]?(?:results?|outputs?|responses?)|observations?)"
)
DOCUMENT_VARIABLE = re.compile(rf"{_DOCUMENT_NAME}(?:_(?:text|content|body|\d{{1,4}}))?", re.IGNORECASE)
TAG = re.compile(rf"<(?P<close>/?)(?P<name>{_DOCUMENT_NAME})(?:[ \t\n][^<>]{{0,300}})?>", re.IGNORECASE)
TITLE = re.compile(
    rf"[ \t]{{0,8}}(?P<marks>#{{0,6}})[ \t]{{0,8}}\**(?:the |retrieved |relevant )?{_DOCUMENT_NAME}[ \t]?[#\d]{{0,4}}\**:?\**[ \t\r]{{0,8}}",
    re.IGNORECASE,
)
HEADING = re.compile(r"[ \t]{0,3}(#{1,6})[ \t]")
FENCE = re.compile(r"[ \t]{0,3}(```|~~~|\"\"\"|''')[\w-]{0,20}[ \t\r]{0,8}")
REQUEST_LINE = re.compile(
    r"[ \t]{0,8}\**(?:the |user |user's |my )?(?:question|query|request|instructions?|task|answer)\**[ \t]?:",
    re.IGNORECASE,
)
"""Where a section without a next heading ends: the caller speaks again."""
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def segments_of(
    messages: Sequence[Message], variables: Mapping[str, str], untrusted: Collection[str]
) -> list[TextSegment]:
    """Every message and variable as a text to screen, then the parts of those that hold documents."""
    whole = [_message_segment(message) for message in messages] + [
        _variable_segment(name, value, untrusted) for name, value in variables.items()
    ]
    return whole + [
        part for index, subject in enumerate(whole) for part in _document_segments(index, subject)
    ]


def is_untrusted(name: str, untrusted: Collection[str]) -> bool:
    """Whether a variable holds what somebody else wrote: the request says so, or its name does."""
    return (
        name in untrusted or DOCUMENT_VARIABLE.fullmatch(CAMEL.sub("_", name).replace("-", "_")) is not None
    )


def document_ranges(text: str) -> list[Range]:
    """Where a text holds documents, by the usual marks: tags, a fence after a title, a section under a heading."""
    tagged = list(_tagged(text))
    ends = [end for _, end in tagged]
    marked = [found for found in _titled(text) if not _overlaps(found, tagged, bisect_right(ends, found[0]))]
    found = sorted(
        block for block in (_trimmed(text, *one) for one in (*tagged, *marked)) if block[0] < block[1]
    )
    return (
        found
        if len(found) <= MAX_BLOCKS
        else [*found[: MAX_BLOCKS - 1], (found[MAX_BLOCKS - 1][0], found[-1][1])]
    )


def _overlaps(found: Range, tagged: Sequence[Range], first: int) -> bool:
    """Whether it shares characters with the first range that ends behind its start; ranges are sorted and do not overlap."""
    return first < len(tagged) and tagged[first][0] < found[1]


def strip_document_tags(text: str) -> str:
    """The text as a model reads it on when it takes no notice of the tags around documents."""
    pieces, at = list[str](), 0
    for tag in matches(TAG, text):
        pieces.append(text[at : tag.start()])
        at = tag.end()
    return "".join([*pieces, text[at:]]) if at else text


def _message_segment(message: Message) -> TextSegment:
    """Tool results are what somebody else wrote, not the caller."""
    return TextSegment(
        message.content, "indirect" if message.role == "tool" else "input", message.role in INSTRUCTION_ROLES
    )


def _variable_segment(name: str, value: str, untrusted: Collection[str]) -> TextSegment:
    return TextSegment(value, "indirect" if is_untrusted(name, untrusted) else "input")


def _document_segments(index: int, subject: TextSegment) -> Iterator[TextSegment]:
    """What the caller says without the documents, in the places where it stands, and each document."""
    if subject.direction != "input" or subject.is_instruction:
        return
    found = [block for block in document_ranges(subject.text) if block[1] - block[0] >= MIN_BLOCK_CHARS]
    if not found:
        return
    yield TextSegment(blank_documents(subject.text, found), parent=ParentPosition(index))
    for start, end in found:
        yield TextSegment(subject.text[start:end], "indirect", parent=ParentPosition(index, start))


def blank_documents(text: str, found: Sequence[Range]) -> str:
    """The text with spaces in the place of its documents, so that all else keeps its place."""
    pieces, at = list[str](), 0
    for start, end in found:
        pieces += [text[at:start], " " * (end - start)]
        at = end
    return "".join([*pieces, text[at:]])


def _tagged(text: str) -> Iterator[Range]:
    """Between the tags of one name; tags inside belong to the outermost, one that is never closed opens nothing."""
    tags = list(matches(TAG, text))
    # From the end back: the last place at which each name is still closed, so that an open tag knows whether it counts.
    last_close = {tag["name"].lower(): tag.start() for tag in tags if tag["close"]}
    name, start, depth = "", 0, 0
    for tag in tags:
        this = tag["name"].lower()
        if not depth and not tag["close"] and last_close.get(this, -1) > tag.start():
            name, start, depth = this, tag.end(), 1
        elif depth and this == name:
            depth += -1 if tag["close"] else 1
            if not depth or (tag["close"] and tag.start() == last_close[name]):
                yield start, tag.start()
                depth = 0


@dataclass(frozen=True, slots=True)
class _TextLine:
    start: int
    end: int
    text: str


def _titled(text: str) -> Iterator[Range]:
    """What stands in a fence after a title such as `Context:`, or under a heading such as `### Context` up to the next heading."""
    lines = list(_lines(text))
    lasts = {line.text.strip(): index for index, line in enumerate(lines)}
    at = 0
    while at < len(lines):
        title = TITLE.fullmatch(lines[at].text)
        fence = _fenced(lines, at + 1, lasts) if title else None
        if fence is not None:
            yield lines[fence[0]].end, lines[fence[1]].start
            at = fence[1]
        elif title and title["marks"]:
            last = _section(lines, at + 1, len(title["marks"]))
            yield lines[at].end, lines[last - 1].end
            at = last - 1
        at += 1


def _lines(text: str) -> Iterator[_TextLine]:
    start = 0
    for line in text.split("\n"):
        end = min(start + len(line) + 1, len(text))
        yield _TextLine(start, end, line)
        start = end


def _fenced(lines: Sequence[_TextLine], at: int, lasts: Mapping[str, int]) -> Range | None:
    """The lines of the fence that opens here, blank lines aside, and of the one that closes it."""
    while at < len(lines) and not lines[at].text.strip():
        at += 1
    opened = FENCE.fullmatch(lines[at].text) if at < len(lines) else None
    if opened is None:
        return None
    close = next(
        (
            index
            for index in range(at + 1, lasts.get(opened[1], -1) + 1)
            if lines[index].text.strip() == opened[1]
        ),
        None,
    )
    return None if close is None else (at, close)


def _section(lines: Sequence[_TextLine], at: int, level: int) -> int:
    """The first line that is no longer under a heading of this level, or in which the caller asks."""
    for index in range(at, len(lines)):
        heading = HEADING.match(lines[index].text)
        if (heading and len(heading[1]) <= level) or REQUEST_LINE.match(lines[index].text):
            return index
    return len(lines)


def _trimmed(text: str, start: int, end: int) -> Range:
    block = text[start:end]
    return start + len(block) - len(block.lstrip()), max(start, end - len(block) + len(block.rstrip()))
