"""Finds what a renderer of Markdown, HTML or plain text may follow or load: addresses, targets, attributes.

It takes too much rather than too little, since nothing may be restored there: a text that an attacker wrote
into a document can make a model write an address that sends a caller's data away.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

from schemas.address_building import Range, end_of_building
from schemas.address_variables import uses_of_variables

MAX_UNCLOSED_TAGS = 64
"""Beyond that the rest of a text counts as a tag, since each is searched up to its end."""
_ADDRESS = re.compile(
    r"(?<=[A-Za-z0-9+.\-]{2}:)(?:(?:\\{0,4}/){2}|\\{2})"
    r"|(?<![A-Za-z0-9])(?i:https?|ftps?|wss?|file|javascript|vbscript|blob|view-source|mailto|tel|sms):(?=\S)"
    r"|(?<![A-Za-z0-9])(?i:data):(?=[\w.+-]{0,80}[/;,])"
    r"|(?<![A-Za-z0-9])(?i:www)\.(?=\S)"
    r"|(?<![\w:/\\])(?:\\{0,2}/){2}(?=[\w\-]{1,100}[.:])"
    r"|(?<![\\:\w])\\\\(?=[\w.\-]{1,100}\\)"
)
"""The start of an address: a scheme, `www.`, or two slashes before a host."""
_HOST = re.compile(
    r"(?<![A-Za-z0-9.@\-])(?>[A-Za-z0-9\-]{1,100}(?:\.[A-Za-z0-9\-]{1,100}){1,8})(?![A-Za-z0-9@\-])"
)
"""A host without a scheme, which many renderers make a link of."""
_OTHER_HOST = re.compile(
    r"(?<![^\W_])(?<![.@\-])(?=[A-Za-z0-9\-.]{0,300}[^\x00-\x7f])"
    r"(?>(?:[^\W_]|-){1,100}(?:\.(?:[^\W_]|-){1,100}){1,8})(?!@)"
)
"""A host with letters beyond ASCII."""
_PATH = re.compile(r"[/#]|:\d|\?[\w%<&+=\-]")
MIN_DOTS_WITHOUT_PATH = 2
_HOST_ENDING = re.compile(r"\.(?:[^\W\d_]{2,24}|(?i:xn--)[A-Za-z0-9\-]{1,59}|\d{1,3}\.\d{1,3}\.\d{1,3})\Z")
_OTHER_ENDING = re.compile(
    r"\.(?:"
    r"\u0440\u0444|\u0440\u0443\u0441|\u0443\u043a\u0440|\u0431\u0435\u043b|\u0441\u0440\u0431|"
    r"\u0431\u0433|\u043c\u043a\u0434|\u049b\u0430\u0437|\u043c\u043e\u043d|\u4e2d\u56fd|"
    r"\u4e2d\u570b|\u53f0\u7063|\u53f0\u6e7e|\u9999\u6e2f|\ud55c\uad6d|\u092d\u093e\u0930\u0924|"
    r"\u0e44\u0e17\u0e22|"
    r"com|net|org|info|[a-z]{2})\Z"
)
"""The ending of such a host that is read as a link without a path."""
_SCHEME_BEFORE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]{0,30}:?\Z")
_MAX_SCHEME_CHARS = 32
_ADDRESS_END = re.compile(r"[\s<]")
_CONTINUED = re.compile(r"(?<=[=&?%+#])(?:[ \t]{0,4}\r?\n[ \t]{0,8}|[^\S\x00-\x20]{1,8}|<)(?=\S)")
_CLOSING = {
    '"': '"',
    "'": "'",
    "`": "`",
    "<": ">",
    "\u201c": "\u201d",
    "\uff08": "\uff09",
    "\u300c": "\u300d",
    "\u3010": "\u3011",
    "\u300a": "\u300b",
}
"""An address that begins behind one of these ends at its counterpart."""
_BEHIND_QUOTED = re.compile(r"[\s,;:.!?)\]}>*_|\u3000-\u303f\uff01-\uff0f]|\Z")
_TARGET = re.compile(r"\]\(")
_IN_TARGET = re.compile(r"\\.|[()<]|(?<=\s)[\"']", re.DOTALL)
_PARAGRAPH_END = re.compile(r"\n[ \t\r]{0,80}\n")
_DEFINITION = re.compile(r"\]:[ \t]{0,40}(?:\r?\n[ \t>]{0,40})?(?=\S)")
_DEFINITION_END = re.compile(r" |(?<!\\)[\x00-\x1f\x7f]")
"""No other space ends the target of a definition, and no tag; some renderers let a backslash escape these."""
_ENCLOSED_END = re.compile(r"(?<!\\)(?:\\\\){0,8}>|\n")
_TAG = re.compile(r"<(?:[A-Za-z][^\s<>/]{0,60}(?=[\s/])|[!?][A-Za-z])")
_IN_TAG = re.compile(r"=\s{0,80}\\{0,2}([\"'])|>")
_RAW_ELEMENT = re.compile(r"(?i)<(script|style|iframe)\b")
_CSS_ADDRESS = re.compile(r"(?i)\burl\(|@import\s{1,8}[\"']")
_CSS_END = re.compile(r"[)\n;]")


def link_targets(text: str) -> list[Range]:
    """The parts of a text that are addresses, targets of links or images, or tags with attributes, merged."""
    css = list(_css(text))
    enclosed = merged_ranges(
        [*_markdown_targets(text), *_definitions(text), *tags(text), *_raw_elements(text), *css]
    )
    addresses = list(_addresses(text, enclosed))
    return merged_ranges([*enclosed, *addresses, *uses_of_variables(text, [*addresses, *css])])


def merged_ranges(ranges: Sequence[Range]) -> list[Range]:
    """The ranges in order, those that overlap as one."""
    merged: list[Range] = []
    for start, end in sorted(ranges):
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _markdown_targets(text: str) -> Iterator[Range]:
    """What stands in the parentheses behind `]`: target and title of a link or image."""
    end = limit = 0
    last_closing: Mapping[str, int] = {}
    while (match := _TARGET.search(text, end)) is not None:
        start = match.end()
        if start > limit or not limit:
            paragraph_end = _PARAGRAPH_END.search(text, start)
            limit = paragraph_end.start() if paragraph_end else len(text)
            last_closing = {sign: text.rfind(_CLOSING[sign], start, limit) for sign in "<\"'"}
        end = max(start, _end_of_target(text, start, limit, last_closing))
        yield start, end


def _end_of_target(text: str, start: int, limit: int, last_closing: Mapping[str, int]) -> int:
    """Where its parenthesis is closed, or its paragraph ends."""
    depth, position = 1, start
    while (match := _IN_TARGET.search(text, position, limit)) is not None:
        position, sign = match.end(), match.group()
        if sign == "(":
            depth += 1
        elif sign == ")":
            depth -= 1
            if depth == 0:
                return match.start()
        elif last_closing.get(sign, -1) >= position:
            position = text.index(_CLOSING[sign], position) + 1
    return limit


def _definitions(text: str) -> Iterator[Range]:
    """The target behind `[label]:`, up to the next ASCII space, unless it is one word alone."""
    end = 0
    while (match := _DEFINITION.search(text, end)) is not None:
        start = match.end()
        pattern = _ENCLOSED_END if text.startswith("<", start) else _DEFINITION_END
        closing = pattern.search(text, start)
        end = closing.end() - 1 if closing else len(text)
        if not text[start:end].isalnum():
            yield start, end


def tags(text: str) -> Iterator[Range]:
    """Tags with attributes, and addresses in brackets; a value in quotes ends at its quote, however far."""
    position = unclosed = 0
    last_quotes = {quote: text.rfind(quote) for quote in "\"'"}
    while (match := _TAG.search(text, position)) is not None:
        end = _end_of_tag(text, match.end(), last_quotes)
        if end is None and unclosed < MAX_UNCLOSED_TAGS:
            # It is text, and a tag may begin in what looked like its attributes.
            position, unclosed = match.end(), unclosed + 1
            continue
        position = len(text) if end is None else end
        region = text[match.start() : position]
        if "=" in region or "://" in region:
            yield match.start(), position


def _end_of_tag(text: str, start: int, last_quotes: Mapping[str, int]) -> int | None:
    """Where a tag ends; None if nothing closes it."""
    end = start
    while (inner := _IN_TAG.search(text, end)) is not None:
        end = inner.end()
        if inner.group() == ">":
            return end
        if last_quotes[inner[1]] < end:
            # A page around the text may close the quote, and then all of it is the value.
            return len(text)
        end = text.index(inner[1], end) + 1
    return None


def _raw_elements(text: str) -> Iterator[Range]:
    """Scripts, styles and frames with all that is in them."""
    folded, end = text.lower(), 0
    if len(folded) != len(text):
        folded = text
    while (match := _RAW_ELEMENT.search(text, end)) is not None:
        closing = folded.find(f"</{match[1].lower()}", match.end())
        end = closing if closing >= 0 else len(text)
        yield match.start(), end


def _css(text: str) -> Iterator[Range]:
    end = 0
    while (match := _CSS_ADDRESS.search(text, end)) is not None:
        closing = _CSS_END.search(text, match.end())
        # `new URL("...")` of a program begins in the same way.
        end = end_of_building(text, match.start(), closing.start()) if closing else len(text)
        yield match.start(), end


def _addresses(text: str, enclosed: Sequence[Range]) -> Iterator[Range]:
    """Addresses that stand outside the enclosed parts."""
    starts = [start for start, _ in enclosed]
    last_end = word_end = 0
    for begin, start in sorted([*_scheme_starts(text), *_host_starts(text)]):
        index = bisect_right(starts, start) - 1
        if start < last_end or (index >= 0 and start < enclosed[index][1]):
            continue
        # A long text without spaces may hold thousands of addresses in quotes.
        word_end = word_end if start < word_end else _word_end(text, start)
        last_end = end_of_building(text, begin, _end_of_address(text, begin, start, word_end))
        yield begin, last_end


def _scheme_starts(text: str) -> Iterator[Range]:
    """Where addresses begin, with their schemes and behind them."""
    for match in _ADDRESS.finditer(text):
        scheme = _SCHEME_BEFORE.search(text[max(0, match.start() - _MAX_SCHEME_CHARS) : match.start()])
        yield match.start() - (len(scheme.group()) if scheme else 0), match.end()


def _host_starts(text: str) -> Iterator[Range]:
    for match in _HOST.finditer(text):
        host = match.group()
        if _HOST_ENDING.search(host) and (
            _PATH.match(text, match.end()) or host.count(".") >= MIN_DOTS_WITHOUT_PATH
        ):
            yield match.span()
    for match in () if text.isascii() else _OTHER_HOST.finditer(text):
        ending = _HOST_ENDING if _PATH.match(text, match.end()) else _OTHER_ENDING
        if ending.search(match.group()):
            yield match.span()


def _end_of_address(text: str, begin: int, start: int, end: int) -> int:
    """Where an address ends: at the counterpart of what it begins behind, or with the word."""
    closing = _CLOSING.get(text[begin - 1 : begin])
    closed = -1 if closing is None else text.find(closing, start, end)
    if closed >= 0 and _BEHIND_QUOTED.match(text, closed + 1):
        return closed
    continued = _CONTINUED.match(text, end)
    return end if continued is None else _word_end(text, continued.end())


def _word_end(text: str, start: int) -> int:
    """The next space or tag."""
    end = _ADDRESS_END.search(text, start)
    return end.start() if end else len(text)
