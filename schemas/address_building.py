"""Finds how far program text goes on that builds an address: joined literals, slots, templates, variables."""

import re
from collections.abc import Iterator, Sequence

Range = tuple[int, int]
"""Start and end (exclusive) of a piece of a text."""

MAX_CHARS = 1_000
"""How far a statement is read, so that a text of many addresses is read in linear time."""
_MAX_TEMPLATE_CHARS, _CHARS_BEFORE, _MAX_STEPS = 200, 60, 8
_QUOTES = "\"'`"
_OPERATOR = r"(?:\+|\.=|&(?!amp;)|\.\.|\|\||<<|<>|%|~|\^|/(?!/))"
_JOINED = re.compile(
    rf"\s{{0,40}}\){{0,3}}\s{{0,40}}\\?\s{{0,40}}{_OPERATOR}=?|\){{0,3}}(?:\s{{1,8}}\.\s{{1,8}}|\.)(?=[\"'`$])"
    r"|\s{1,8}\.\s{1,8}(?=\w{1,60}\()"
)
"""An operator that joins texts or fills their slots."""
_METHOD = re.compile(r"\s{0,8}\){0,3}\s{0,40}(?:\??\.\s{0,8}\w{1,60}){1,4}!?\(")
_NEXT_LITERAL = re.compile(r"\s{0,40}\\?\s{0,40}\\?[\"'`]")
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
_ASSIGNED = re.compile(
    r"(?<![\w.])\$?([A-Za-z_]\w{0,40})\s{0,4}(?::\s{0,4}\w{1,20}\s{0,4})?:?=\s{0,4}"
    r"(?:[A-Za-z$@]{1,2}|(?:new )?(?:\w{1,40}\()?)?\\?[\"'`]?\Z"
)
"""A variable that gets the address behind it."""
_VARIABLE_IN_TEXT = re.compile(r"(?:\{\s{0,4}|\$)\Z")
_SIGNS_OF_ADDRESSES = frozenset("/%&+~^")
MAX_VARIABLES = 16
_TOKEN = re.compile(
    r"\\.|\"(?:[^\"\\\n]|\\.){0,1000}\"|'(?:[^'\\\n]|\\.){0,1000}'|`(?:[^`\\]|\\.){0,1000}`|[()\[\]{},;\n]"
)
_GOES_ON = re.compile(rf"\s{{0,40}}(?:{_OPERATOR}|\.)")
_WANTS_MORE = re.compile(rf"(?:{_OPERATOR}=?|[.,(\\])\s{{0,8}}\Z")
_WORD_END = re.compile(r"[\s<]")
_TEMPLATES = {"{": "}", "$(": ")", "<%": "%>"}


def end_of_building(text: str, begin: int, end: int) -> int:
    """Where the program text ends that builds the address from `begin` to `end`; `end` if none does."""
    end = _end_of_template(text, begin, end)
    position = _behind_literal(text, begin, end)
    if position is None:
        return end
    arguments = _start_of_arguments(text, begin, end, position)
    if arguments is not None:
        limit = min(len(text), position + MAX_CHARS)
        end = position = _end_of_statement(text, arguments, limit, ends="")
    return _end_of_chain(text, position) or end


def uses_of_variables(text: str, addresses: Sequence[Range]) -> Iterator[Range]:
    """The program text that joins something to a variable which holds one of the addresses."""
    before = (text[max(0, begin - _CHARS_BEFORE) : begin] for begin, _ in addresses)
    names = {match[1]: None for each in before if "=" in each and (match := _ASSIGNED.search(each))}
    if not names:
        return
    pattern, last_end = "|".join([*names][:MAX_VARIABLES]), 0
    for match in re.finditer(rf"\$(?:{pattern})|(?<![\w.])(?:{pattern})(?!\w)", text):
        if match.start() >= last_end and (end := _end_of_use(text, *match.span())):
            last_end = end
            yield match.start(), end


def _end_of_use(text: str, start: int, end: int) -> int:
    """Where the program text ends that uses a variable; 0 if it joins nothing to it."""
    in_text = _VARIABLE_IN_TEXT.search(text[max(0, start - _CHARS_BEFORE) : start]) or text[start] == "$"
    is_operand = not in_text or text[end : end + 1] not in _SIGNS_OF_ADDRESSES
    chain = _end_of_chain(text, end) if is_operand else 0
    if chain or not in_text:
        return chain
    word_end = _WORD_END.search(text, end)
    return _end_of_template(text, start, word_end.start() if word_end else len(text))


def _end_of_chain(text: str, position: int) -> int:
    """Where the operators and calls end that go on at the position; 0 if there are none."""
    end, limit = 0, min(len(text), position + MAX_CHARS)
    for _ in range(_MAX_STEPS):
        method = _METHOD.match(text, position, limit)
        joined = None if method else _JOINED.match(text, position, limit)
        if method is not None:
            position = min(limit, _end_of_statement(text, method.end(), limit, ends="") + 1)
        elif joined is not None:
            position = _end_of_statement(text, joined.end(), limit, ends=",")
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
    is_joined = _LIST_BEFORE.search(before) is not None and _is_joined_list(text, position)
    return position if is_joined else None


def _is_joined_list(text: str, position: int) -> bool:
    """Whether a list goes on here whose items are joined behind it."""
    if _ARGUMENTS.match(text, position) is None:
        return False
    limit = min(len(text), position + _MAX_TEMPLATE_CHARS)
    return _JOINED_LIST.match(text, _end_of_statement(text, position, limit, ends="")) is not None


def _end_of_statement(text: str, start: int, limit: int, ends: str) -> int:
    """Where an expression ends: at the bracket that closes it, a semicolon, its line, or one of `ends`."""
    depth = 0
    for token in _TOKEN.finditer(text, start, limit):
        sign = token.group()
        if sign in "([{":
            depth += 1
        elif sign in ")]}":
            if not depth:
                return token.start()
            depth -= 1
        elif not depth and (sign in f";{ends}" or (sign == "\n" and _is_last_line(text, token.start()))):
            return token.start()
    return limit


def _is_last_line(text: str, line_end: int) -> bool:
    line = text[max(0, line_end - _CHARS_BEFORE) : line_end]
    return not _GOES_ON.match(text, line_end + 1) and not _WANTS_MORE.search(line)


def _end_of_template(text: str, begin: int, end: int) -> int:
    """The end of the address behind the variables in it, which may be written with spaces: `{{ name }}`."""
    for _ in range(_MAX_STEPS):
        start, opening = max((text.rfind(sign, begin, end + len(sign)), sign) for sign in _TEMPLATES)
        if start < begin or (text[start - 1] == "}" and text[start - 2] != "}"):
            return end
        closing = _TEMPLATES[opening]
        line_end = text.find("\n", end, end + _MAX_TEMPLATE_CHARS)
        limit = line_end if line_end >= 0 else end + _MAX_TEMPLATE_CHARS
        closed = text.find(closing, start, limit)
        if closed < end:
            return end
        word_end = _WORD_END.search(text, closed + len(closing))
        end = word_end.start() if word_end else len(text)
    return end
