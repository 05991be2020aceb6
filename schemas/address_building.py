"""Finds how far program text goes on that builds an address: joined literals, slots, templates, calls."""

import re

Range = tuple[int, int]
"""Start and end (exclusive) of a piece of a text."""

MAX_CHARS = 16_384
"""How far a statement or template is read; where it is longer, the rest of the text counts as its part."""
MAX_TEMPLATES = 64
"""How many templates with spaces an address may hold; beyond, the rest of the text counts as its part."""
_LIST_CHARS, _CHARS_BEFORE = 200, 60
_QUOTES = "\"'`"
_OPERATOR = r"(?:\+|\.=|&(?!amp;)|\.\.|\|\||<<|<>|%|~|\^|/(?!/))"
_GAP = r"\s{0,1000}+"
_JOINED = re.compile(
    rf"{_GAP}(?:\){{1,9}}+{_GAP})?(?:\\{_GAP})?{_OPERATOR}=?|\){{0,3}}(?:\s{{1,8}}\.\s{{1,8}}|\.)(?=[\"'`$])"
    r"|\s{1,8}\.\s{1,8}(?=\w{1,60}\()"
)
"""An operator that joins texts or fills their slots."""
_METHOD = re.compile(rf"{_GAP}(?:\){{1,9}}+{_GAP})?(?:[?!]?\.\s{{0,8}}\w{{1,60}}+){{1,4}}!?\(")
_NEXT_LITERAL = re.compile(rf"{_GAP}(?:\\{_GAP})?(?:\\)?[\"'`]")
_UNFINISHED = re.compile(r"[=/?&#+:%\-_]\\?\Z")
"""How an address ends that the next literal goes on with."""
_SLOT = re.compile(r"%(?:[svqxi@]|d(?![0-9A-Fa-f])|\(\w)|\{(?:\d{1,2}|:[^}\s]{0,8})?\}")
_CALL_BEFORE = re.compile(r"(?:\(|printf[ \t]{1,4}|format[ \t]{1,4})\s{0,8}[A-Za-z$@]{0,2}\\?[\"'`]\Z")
_BUILDER_BEFORE = re.compile(
    r"(?i)(?:join|concat|resolve|paste0?|url|uri)!?[(\[]{1,2}\s{0,8}[A-Za-z$@]{0,2}\\?[\"'`]\Z"
)
"""A call whose arguments become one address."""
_ARGUMENTS = re.compile(r"\s{0,8},")
_SHELL_ARGUMENTS = re.compile(r"[ \t]{1,8}(?=[\"'$\w<])")
_QUERY_ARGUMENT = re.compile(r"\s{0,8},\s{0,20}\{?\s{0,20}(?:params|query|qs|searchParams)\s{0,4}[=:]")
_LIST_BEFORE = re.compile(r"[\[(]\s{0,20}\\?[\"'`]\Z")
_JOINED_LIST = re.compile(r"[\])]\s{0,20}(?:\.\s{0,8}(?:join|concat)\(|[*%])")
_JOINING_SIGNS = ("join(", "concat(", "]*", "] *", ")%", ") %")
_SIGN = re.compile(r"\\.|[\"'`()\[\]{},;\n]", re.DOTALL)
_LITERAL_ENDS = {quote: re.compile(rf"\\.|[{quote}\n]", re.DOTALL) for quote in "\"'"} | {
    "`": re.compile(r"\\.|`", re.DOTALL)
}
_GOES_ON = re.compile(rf"{_GAP}(?:{_OPERATOR}|\.)")
_WANTS_MORE = re.compile(rf"(?:{_OPERATOR}=?|[.,(\\])\s{{0,8}}\Z")
_WORD_END = re.compile(r"[\s<]")
_TEMPLATES = {"{": "}", "$(": ")", "<%": "%>"}


def end_of_building(text: str, begin: int, end: int) -> int:
    """Where the program text ends that builds the address from `begin` to `end`; `end` if none does."""
    end = end_of_template(text, begin, end)
    position = _behind_literal(text, begin, end)
    if position is None:
        return end
    arguments = _start_of_arguments(text, begin, end, position)
    if arguments is not None:
        end = position = end_of_statement(text, arguments, position + MAX_CHARS, ends="")
    return end_of_chain(text, position) or end


def end_of_chain(text: str, position: int) -> int:
    """Where the operators and calls end that go on at the position; 0 if there are none."""
    end, limit = 0, position + MAX_CHARS
    while end < len(text):
        method = _METHOD.match(text, position)
        joined = None if method else _JOINED.match(text, position)
        if method is not None:
            position = min(len(text), end_of_statement(text, method.end(), limit, ends="") + 1)
        elif joined is not None:
            position = end_of_statement(text, joined.end(), limit, ends=",")
        else:
            break
        end = position
    return end


def _behind_literal(text: str, begin: int, end: int) -> int | None:
    """The position behind the literal that holds an address; None if it is in no literal."""
    if text[end : end + 1] and text[end] in _QUOTES:
        return end + 1
    return end if any(quote in text[begin:end] for quote in _QUOTES) else None


def _start_of_arguments(text: str, begin: int, end: int, position: int) -> int | None:
    """Where the values begin that a call puts into the address, or the rest of a list that is joined."""
    before = text[max(0, begin - _CHARS_BEFORE) : begin]
    has_slots = _CALL_BEFORE.search(before) is not None and _SLOT.search(text, begin, end) is not None
    if has_slots or _BUILDER_BEFORE.search(before):
        separator = _ARGUMENTS.match(text, position) or (has_slots and _SHELL_ARGUMENTS.match(text, position))
        return separator.end() if separator else None
    if query := _QUERY_ARGUMENT.match(text, position):
        return query.end()
    if _UNFINISHED.search(text, begin, end) and (literal := _NEXT_LITERAL.match(text, position)):
        return literal.end() - 1
    is_joined = _LIST_BEFORE.search(before) is not None and is_joined_list(text, position)
    return position if is_joined else None


def is_joined_list(text: str, position: int) -> bool:
    """Whether a list goes on here whose items are joined behind it; a long one if anything is joined then."""
    if _ARGUMENTS.match(text, position) is None:
        return False
    limit = position + _LIST_CHARS
    end = end_of_statement(text, position, limit, ends="")
    if end < limit:
        return _JOINED_LIST.match(text, end) is not None
    limit = position + MAX_CHARS
    return limit < len(text) or any(text.find(sign, position, limit) >= 0 for sign in _JOINING_SIGNS)


def end_of_statement(text: str, start: int, limit: int, ends: str) -> int:
    """Where an expression ends: at the bracket that closes it, a semicolon, its line, or one of `ends`.

    The end of the text if it does not end before the limit.
    """
    depth, position = 0, start
    while (match := _SIGN.search(text, position, limit)) is not None:
        sign, position = match.group(), match.end()
        if sign in _LITERAL_ENDS:
            position = _end_of_literal(text, position, limit, sign)
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            if not depth:
                return match.start()
            depth -= 1
        elif not depth and (sign in f";{ends}" or (sign == "\n" and _is_last_line(text, match.start()))):
            return match.start()
    return len(text)


def _end_of_literal(text: str, start: int, limit: int, quote: str) -> int:
    """The position behind its closing quote; the start if its line or the text ends before, as in prose."""
    position = start
    while (match := _LITERAL_ENDS[quote].search(text, position, limit)) is not None:
        position = match.end()
        if match.group() == quote:
            return position
        if match.group() == "\n":
            return start
    return limit if limit < len(text) else start


def _is_last_line(text: str, line_end: int) -> bool:
    line = text[max(0, line_end - _CHARS_BEFORE) : line_end]
    return not _GOES_ON.match(text, line_end + 1) and not _WANTS_MORE.search(line)


def end_of_template(text: str, begin: int, end: int) -> int:
    """The end of the address behind the variables in it, which may be written with spaces: `{{ name }}`."""
    for _ in range(MAX_TEMPLATES):
        start, opening = max((text.rfind(sign, begin, end + len(sign)), sign) for sign in _TEMPLATES)
        if start < begin or (text[start - 1] == "}" and text[start - 2] != "}"):
            return end
        closing = _TEMPLATES[opening]
        line_end = text.find("\n", end, end + MAX_CHARS)
        limit = line_end if line_end >= 0 else end + MAX_CHARS
        closed = text.find(closing, start, limit)
        if closed < end:
            return len(text) if closed < 0 and line_end < 0 and limit < len(text) else end
        word_end = _WORD_END.search(text, closed + len(closing))
        end = word_end.start() if word_end else len(text)
    return len(text)
