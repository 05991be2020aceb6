"""Finds program text that joins something to a variable which holds an address, in many languages."""

import re
from collections.abc import Iterator, Sequence

from schemas.address_building import (
    MAX_CHARS,
    Range,
    end_of_chain,
    end_of_statement,
    end_of_template,
    is_joined_list,
)

_CHARS_BEFORE, _NAME_CHARS = 320, 100
"""How much is read before an address or variable, and of the end of a name."""
_GAP = r"\s{0,40}+"
_NAME = rf"(?P<name>\w{{1,{_NAME_CHARS}}}+)"
_TYPE = r"[\w.:*&?<>\[\]' ]{1,60}"
_DECLARED = (
    rf"(?:\b(?i:var|const|dim|declare)\s{{1,8}}@?{_NAME}\s{{1,8}}"
    rf"(?P<declared>{_TYPE})(?:\(\d{{1,5}}\))?{_GAP}=)"
)
"""A declaration with the type behind the name and no colon: `var u string =`, `Dim u As String =`."""
_SET = (
    rf"(?:{_NAME.replace('name', 'set')}(?:\[\w{{0,20}}\])?{_GAP}"
    rf"(?::{_GAP}(?P<type>{_TYPE}))?(?::?=|<{{1,2}}-))"
)
_KEY = rf"(?:{_NAME.replace('name', 'key')}[\"']?{_GAP}(?::|=>){_GAP}(?=[A-Za-z$@]{{0,2}}\\?[\"'`]))"
_BUILT = (
    r"(?:(?<!\w)(?!(?:return|await|new|yield|throw|in|and|or|not|echo|go|defer|print|else|do|case|if)\s)"
    rf"[\w:<>*&]{{1,60}}\s{{1,8}}[*&]?{_NAME.replace('name', 'built')}{_GAP}[({{]{_GAP})"
)
"""A declaration with the text in brackets: `std::string u("...")`."""
_STATED = (
    r"(?i:(?:(?<!\w)(?:(?:str|wcs)n?cpy|(?:str|wcs)n?cat|str[lw]cpy|sprintf|snprintf|setq|setf|defvar|defparameter|def|define"
    rf"|set|setenv|let)(?:_s)?[( ]{{1,3}}){_GAP}[\"']?{_NAME.replace('name', 'stated')}[\"']?"
    rf"(?:{_GAP},(?:{_GAP}[\w() *]{{1,40}},)?|\s){_GAP})"
)
"""A call or form that sets a variable: `strcpy(u, "...")`, `(setq u "...")`, `set u ...`."""
_WRAPPED = (
    r"(?:(?:new|&|await)\s{0,8}|\(\s{0,8}|\w{1,40}!?[({]\s{0,8}"
    r"|[\w.:]{0,60}(?i:ur[il]|str|text|parse|from|buf|builder|path|link|addr|concat|format|join)\w{0,20}[({]\s{0,8}"
    r"|[\"'`][^\"'`\n]{0,40}[\"'`]\s{0,8}[+.&|<>~]{1,3}\s{0,8}){0,4}"
)
_ASSIGNED = re.compile(
    rf"(?:{_DECLARED}|{_SET}|{_KEY}|{_BUILT}|{_STATED}){_GAP}{_WRAPPED}[A-Za-z$@]{{0,2}}\\?[\"'`]?\Z"
)
"""A variable that gets the address or the variable behind it."""
_NAME_GROUPS = ("name", "set", "key", "built", "stated")
_IDENTIFIER = re.compile(r"[^\W\d]\w{0,99}+")
_TYPE_NAMES = frozenset(
    {"string", "str", "char", "text", "url", "uri", "any", "static", "varchar", "as", "object"}
)
_WORD = re.compile(r"\$?(?<!\w)\w{1,4096}+")
_VARIABLE_IN_TEXT = re.compile(r"(?:\{\s{0,4}|\$|\\\()\Z")
_SIGNS_OF_ADDRESSES = frozenset("/%&+~^")
_WORD_END = re.compile(r"[\s<]")
_INDEX_END = re.compile(r"[\"']?\]{1,2}")
_BUILDING_CALL = re.compile(
    r"(?i)(?:(?:join|concat|resolve|paste|str_c|glue|ur[li]|(?:str|wcs)[nl]?cat|append|printf|format|fmt|interpolat|combine"
    r"|merge|build)\w{0,16}!?(?:[(\[:{]{1,2}|\s)|\bstr\s|%\s{0,4}\(|-f\s)[^()\n;]{0,200}\Z"
)
"""A call whose arguments become one text, up to one of them."""
_NEXT_ARGUMENT = re.compile(r"\s{0,40},|\s{1,8}(?=[@$LuU]?\\?[\"'`<$])")
_QUERY_ARGUMENT = re.compile(r"\s{0,8},\s{0,20}\{?\s{0,20}(?:params|query|qs|searchParams)\s{0,4}[=:]")
_MESSAGE = re.compile(r"\s{1,8}(?:stringBy|URLBy)\w{1,40}:")
_IN_LIST = re.compile(r"[\[(]\s{0,40}\Z")


def uses_of_variables(text: str, addresses: Sequence[Range]) -> Iterator[Range]:
    """The program text that joins something to a variable which holds one of the addresses."""
    names = _names(text, addresses)
    if not names:
        return
    last_end = read = 0
    for match in _WORD.finditer(text):
        variable_end = _end_of_variable(match, names)
        if not variable_end or match.start() < last_end:
            continue
        # Nothing is read twice, so that a text of many variables is read in linear time.
        before = text[max(read, match.start() - _CHARS_BEFORE) : match.start()]
        read = variable_end
        if "=" in before or "<-" in before:
            names.update(_assigned_names(before))
        if end := _end_of_use(text, before, match.start(), variable_end):
            last_end = end
            yield match.start(), end


def _names(text: str, addresses: Sequence[Range]) -> set[str]:
    """The variables that get one of the addresses."""
    names, read = set[str](), 0
    for begin, end in sorted(addresses):
        names.update(_assigned_names(text[max(read, begin - _CHARS_BEFORE) : begin]))
        read = max(read, end)
    return names


def _assigned_names(before: str) -> list[str]:
    """The variable that gets what follows, and what may be one: `const String u =` and `const u string =`."""
    match = _ASSIGNED.search(before)
    if match is None:
        return []
    types = _IDENTIFIER.findall(match["declared"] or match["type"] or "")[-1:]
    name = next(match[group] for group in _NAME_GROUPS if match[group])
    return [_folded(name), *(_folded(each) for each in types if each.lower() not in _TYPE_NAMES)]


def _folded(name: str) -> str:
    """The end of a name in small letters: languages differ in whether capitals matter, so none do."""
    return name[-_NAME_CHARS:].lower()


def _end_of_variable(match: re.Match[str], names: set[str]) -> int:
    """Where the name of a variable ends; behind `$`, letters may go on directly. 0 if it is another word."""
    word = match.group()
    if _folded(word.removeprefix("$")) in names:
        return match.end()
    if not word.startswith("$"):
        return 0
    longest_first = range(min(len(word), _NAME_CHARS + 1), 1, -1)
    return next((match.start() + size for size in longest_first if word[1:size].lower() in names), 0)


def _end_of_use(text: str, before: str, start: int, end: int) -> int:
    """Where the program text ends that uses a variable; 0 if it joins nothing to it."""
    in_text = _VARIABLE_IN_TEXT.search(before) or text[start] == "$"
    is_operand = not in_text or text[end : end + 1] not in _SIGNS_OF_ADDRESSES
    index = None if in_text else _INDEX_END.match(text, end)
    chain = end_of_chain(text, index.end() if index else end) if is_operand else 0
    chain = chain or _end_of_call(text, before, end)
    if chain or not in_text:
        return chain
    word_end = _WORD_END.search(text, end)
    return end_of_template(text, start, word_end.start() if word_end else len(text))


def _end_of_call(text: str, before: str, end: int) -> int:
    """Where a call or list ends that joins its other arguments to a variable; 0 if there is none."""
    argument = _NEXT_ARGUMENT.match(text, end)
    if argument is None or not _BUILDING_CALL.search(before):
        argument = _QUERY_ARGUMENT.match(text, end) or _MESSAGE.match(text, end)
    if argument is not None:
        return end_of_statement(text, argument.end(), end + MAX_CHARS, ends="")
    if _IN_LIST.search(before) and is_joined_list(text, end):
        return end_of_statement(text, end, end + MAX_CHARS, ends="")
    return 0
