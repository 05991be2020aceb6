"""Finds the origins in a request: instructions, the caller's text, tool results and documents."""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from schemas.values import Message
from services.guard.domain.text.windowed_search import matches
from services.guard.domain.types import ParentPosition, TextSegment

INSTRUCTION_ROLES = frozenset({"system", "developer"})
MAX_BLOCKS = 64
"""Documents of one text; the last of them reaches to the end of all further ones."""
MIN_BLOCK_CHARS = 24
"""Shorter documents are the caller's own text, or an attack of tagged words would be missed."""
Range = tuple[int, int]

_DOCUMENT_NAME = (
    r"(?:context|docs?|documents?|sources?|passages?|chunks?|snippets?|articles?|knowledge(?:[ _-]base)?"
    r"|references|retriev\w{1,20}|retrieved[ _-]\w{1,20}|search[ _-]?results?|results|web[ _-]?pages?"
    r"|page[ _-]content|e?[ _-]?mails?|attachments?|file[ _-]contents?"
    r"|(?:tool|function)[ _-]?(?:results?|outputs?|responses?)|observations?)"
)
DOCUMENT_VARIABLE = re.compile(rf"{_DOCUMENT_NAME}(?:_(?:text|content|body|\d{{1,4}}))?", re.IGNORECASE)
TAG = re.compile(rf"<(?P<close>/?)(?P<name>{_DOCUMENT_NAME})(?:[ \t\n][^<>]{{0,300}})?>", re.IGNORECASE)
TITLE = re.compile(
    rf"[ \t]{{0,8}}(?P<marks>#{{0,6}})[ \t]{{0,8}}\**(?:the |retrieved |relevant )?{_DOCUMENT_NAME}"
    r"[ \t]?[#\d]{0,4}\**:?\**[ \t\r]{0,8}",
    re.IGNORECASE,
)
HEADING = re.compile(r"[ \t]{0,3}(#{1,6})[ \t]")
FENCE = re.compile(r"[ \t]{0,3}(```|~~~|\"\"\"|''')[\w-]{0,20}[ \t\r]{0,8}")
REQUEST_LINE = re.compile(
    r"[ \t]{0,8}\**(?:the |user |user's |my )?(?:question|query|request|instructions?|task|answer)\**[ \t]?:",
    re.IGNORECASE,
)
"""A line of the caller, which ends a section that no heading follows."""
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def segments_of(
    messages: Sequence[Message], variables: Mapping[str, str], untrusted: Collection[str]
) -> list[TextSegment]:
    """The segment of each message and variable, then the segments inside those that hold documents."""
    whole = [_message_segment(message) for message in messages] + [
        _variable_segment(name, value, untrusted) for name, value in variables.items()
    ]
    return whole + [
        part for index, subject in enumerate(whole) for part in _document_segments(index, subject)
    ]


def is_untrusted(name: str, untrusted: Collection[str]) -> bool:
    """Whether a variable holds a document, by the request's list or by its name."""
    return (
        name in untrusted or DOCUMENT_VARIABLE.fullmatch(CAMEL.sub("_", name).replace("-", "_")) is not None
    )


def document_ranges(text: str) -> list[Range]:
    """The spans of the documents in a text: between tags, in a fence after a title, or under a heading."""
    tagged = list(_tagged(text))
    ends = [end for _, end in tagged]
    titled = [block for block in _titled(text) if not _overlaps(block, tagged, bisect_right(ends, block[0]))]
    trimmed = (_trimmed(text, start, end) for start, end in (*tagged, *titled))
    blocks = sorted((start, end) for start, end in trimmed if start < end)
    if len(blocks) <= MAX_BLOCKS:
        return blocks
    return [*blocks[: MAX_BLOCKS - 1], (blocks[MAX_BLOCKS - 1][0], blocks[-1][1])]


def _overlaps(block: Range, ranges: Sequence[Range], first: int) -> bool:
    """Whether a range overlaps the sorted ranges, of which `first` is the first that ends after its start."""
    return first < len(ranges) and ranges[first][0] < block[1]


def strip_document_tags(text: str) -> str:
    """The text without the tags around documents, in which an attack may be split."""
    pieces, at = list[str](), 0
    for tag in matches(TAG, text):
        pieces.append(text[at : tag.start()])
        at = tag.end()
    return "".join([*pieces, text[at:]]) if at else text


def _message_segment(message: Message) -> TextSegment:
    """The segment of a message; a tool result is `indirect`."""
    return TextSegment(
        message.content, "indirect" if message.role == "tool" else "input", message.role in INSTRUCTION_ROLES
    )


def _variable_segment(name: str, value: str, untrusted: Collection[str]) -> TextSegment:
    return TextSegment(value, "indirect" if is_untrusted(name, untrusted) else "input")


def _document_segments(index: int, message: TextSegment) -> Iterator[TextSegment]:
    """The caller's own part of a text, with documents blanked, and each document, if there are any."""
    if message.direction != "input" or message.is_instruction:
        return
    documents = [block for block in document_ranges(message.text) if block[1] - block[0] >= MIN_BLOCK_CHARS]
    if not documents:
        return
    yield TextSegment(blank_documents(message.text, documents), parent=ParentPosition(index))
    for start, end in documents:
        yield TextSegment(message.text[start:end], "indirect", parent=ParentPosition(index, start))


def blank_documents(text: str, documents: Sequence[Range]) -> str:
    """The text with its documents replaced by spaces, so that all offsets stay."""
    pieces, at = list[str](), 0
    for start, end in documents:
        pieces += [text[at:start], " " * (end - start)]
        at = end
    return "".join([*pieces, text[at:]])


def _tagged(text: str) -> Iterator[Range]:
    """The ranges between the outermost tags of one name; a tag that is never closed is ignored."""
    tags = list(matches(TAG, text))
    # The last closing tag of each name: an opening tag after it is never closed.
    last_close = {tag["name"].lower(): tag.start() for tag in tags if tag["close"]}
    outer, start, depth = "", 0, 0
    for tag in tags:
        name, is_close = tag["name"].lower(), bool(tag["close"])
        if not depth:
            if not is_close and last_close.get(name, -1) > tag.start():
                outer, start, depth = name, tag.end(), 1
        elif name == outer:
            depth += -1 if is_close else 1
            if not depth or tag.start() == last_close[outer]:
                yield start, tag.start()
                depth = 0


@dataclass(frozen=True, slots=True)
class _TextLine:
    """A line of a text with its offsets."""

    start: int
    end: int
    text: str


def _titled(text: str) -> Iterator[Range]:
    """The ranges in a fence after a title (`Context:`), or from a heading (`### Context`) to the next."""
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
    """The line indexes of the fence that opens here, after blank lines, and of the one that closes it."""
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
    """The index of the line that ends a section of this level: a heading or a line of the caller."""
    for index in range(at, len(lines)):
        heading = HEADING.match(lines[index].text)
        if (heading and len(heading[1]) <= level) or REQUEST_LINE.match(lines[index].text):
            return index
    return len(lines)


def _trimmed(text: str, start: int, end: int) -> Range:
    block = text[start:end]
    return start + len(block) - len(block.lstrip()), max(start, end - len(block) + len(block.rstrip()))
