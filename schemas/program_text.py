"""Tells names in program text, such as variables, columns and keys, from words of prose.

A placeholder that lost its brackets looks like a name in a program: `person_1`, `ADDRESS_1`.
"""

import re
from bisect import bisect_right

_CHARS_BEFORE, _CHARS_BEHIND, _TYPE_CHARS = 120, 80, 16
"""How much of a line is read, so that a text with one long line is read in linear time."""
_FENCE = re.compile("```|~~~")
_KEY_BEFORE = re.compile(r"\\{0,7}[\"'`]\Z")
_KEY_BEHIND = re.compile(r"\\{0,7}[\"'`]\s{0,8}(?::|=>)|'\]")
_VALUE_BEFORE = re.compile(r":\s{0,8}\\{0,7}\"\Z")
_QUOTED_BEFORE = re.compile("[\"'\u201c\u201e\u2018]\\Z")
_QUOTED_BEHIND = re.compile("[\"'\u201d\u201c\u2019]")
_NAME_BEFORE = re.compile(r"[.$@#/\\-]\Z|[A-Za-z0-9_]\(\Z|\w\[[\"']\Z")
_NAME_BEHIND = re.compile(r"[ \t]{0,4}[=(\[]|[.(/-][A-Za-z0-9_]|@[A-Za-z0-9]")
_CONSTANT_BEFORE = re.compile(
    r"(?:^|[^$])\$\Z|^[ \t]{0,40}#[ \t]{0,4}(?:define|undef|ifn?def|if)[ \t]{1,8}\Z|\w\[[\"']\Z"
    r"|[A-Za-z]<(?:\w{1,40},[ \t]{0,4}){1,4}\Z"
)
_CONSTANT_BEHIND = re.compile(
    r"(?:[+\-*/|&:]?=|==)[^\s=]|[ \t]{1,4}(?:[+\-*/|&:]?=|[=!]=)[ \t]{0,4}(?:[\d\"'\[{(]|[^\s;]{1,60};)"
    r"|\.[a-z_]\w{0,60}\(|@[A-Za-z0-9]"
)
_DECLARED = re.compile(
    r"^[ \t]{0,80}(?:(?:export|public|private|protected|static|async|pub)[ \t]{1,8}){0,3}"
    r"(?:(?:const|let|var|val|static|final|readonly|enum|struct|def|func|fn|bool|unset|extern)[ \t]{1,8}"
    r"(?:\w{1,60},[ \t]{0,4}){0,8}\0(?:[ \t]{0,4}(?:[=;:({,<]|$)|[ \t]{1,4}[a-z_]\w{0,40}[ \t]{0,4}[=;])"
    r"|(?:class|interface|type|function|import|export|return|del|int|long|string|String|auto|local|global)"
    r"[ \t]{1,8}\0(?:[ \t]{0,4}(?:[=;({<]|:[ \t]{0,8}$)|[ \t]{1,4}(?:extends|implements|from)\b)"
    r"|for[ \t]{1,8}\0[ \t]{1,4}in\b.{0,80}:[ \t]{0,8}$)"
)
"""A declaration or statement, where a null stands for the name."""
_SQL = re.compile(
    r"\bSELECT\b.{1,300}\bFROM\b|\bINSERT[ \t]{1,4}INTO\b|\bDELETE[ \t]{1,4}FROM\b|\bUPDATE\b.{1,200}\bSET\b"
    r"|\b(?:CREATE|ALTER)[ \t]{1,4}(?:TABLE|INDEX|VIEW)\b|\b(?:GROUP|ORDER)[ \t]{1,4}BY\b"
)
_PROGRAM_LINE = re.compile(
    r"^[ \t]{0,80}(?:const|let|var|def|fn|func|function|class|public|private|static|return|import|for|while)"
    r"\b.{0,300}[;:{}()=]"
    r"|[\w\])][ \t]{0,4}(?:[+\-*/|:]?=|=>|->)[ \t]{0,4}\S|[;{][ \t]{0,8}\Z"
)
_SIGNS = re.compile(r"[=;(){}\[\].]|->|::")
_GENERIC_BEFORE = re.compile(
    r"(?:[a-z0-9][A-Z][A-Za-z0-9]{0,20}|(?i:list|map|set|array|vec|vector|option|optional|promise|future|task"
    r"|result|queue|deque|iterable|iterator|collection|sequence|observable|dict|dictionary|function|predicate"
    r"|comparable|enumerable|either|ptr|tuple|repository|readonly))(?:::)?\Z"
)
_GENERIC_BEHIND = re.compile(
    r"[ \t]{0,4}(?:[()\[\]{},;>&*?=.|]|[a-z_]\w{0,40}[ \t]{0,4}(?:[=;(,)]|$)|:|$)", re.MULTILINE
)


def is_type_parameter(text: str, start: int, end: int) -> bool:
    """Whether what stands from `start` to `end`, with angle brackets, is a type in a program: `List<T>`."""
    if not text.startswith("<", start) or not text.startswith(">", end - 1):
        return False
    return bool(
        _GENERIC_BEFORE.search(text[max(0, start - _TYPE_CHARS) : start]) and _GENERIC_BEHIND.match(text, end)
    )


class ProgramText:
    """The program text in a text: blocks and spans of code, and lines that look like a program."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._fences = [fence.start() for fence in _FENCE.finditer(text)]

    def is_key(self, start: int, end: int) -> bool:
        """Whether a word in quotes is the key of an object or an index."""
        before = self._text[max(0, start - 8) : start]
        return bool(_KEY_BEFORE.search(before) and _KEY_BEHIND.match(self._text, end))

    def is_constant(self, start: int, end: int) -> bool:
        """Whether a word in capitals is for sure a name in a program."""
        before, behind = self._line(start, end)
        if _CONSTANT_BEFORE.search(before) or _CONSTANT_BEHIND.match(behind):
            return True
        if _DECLARED.match(f"{before}\0{behind}"):
            return True
        if _QUOTED_BEFORE.search(before) and _QUOTED_BEHIND.match(behind):
            return False
        line = f"{before}x{behind}"
        is_program = _SQL.search(line) is not None or self._is_in_program_span(before, behind)
        return is_program or (self._is_fenced(start) and _PROGRAM_LINE.search(line) is not None)

    def is_variable(self, start: int, end: int) -> bool:
        """Whether a word in small letters looks like a name in a program."""
        before, behind = self._line(start, end)
        if _NAME_BEFORE.search(before) or _NAME_BEHIND.match(behind) or self.is_key(start, end):
            return True
        if _VALUE_BEFORE.search(before) and behind.startswith('"'):
            return False
        is_span = before.count("`") % 2 == 1 and not (before.endswith("`") and behind.startswith("`"))
        is_program = self._is_fenced(start) or is_span
        line = f"{before}x{behind}"
        return bool(is_program or "SELECT " in before or _SQL.search(line) or _PROGRAM_LINE.search(line))

    def _line(self, start: int, end: int) -> tuple[str, str]:
        """What stands around a word in its line."""
        before = self._text[max(0, start - _CHARS_BEFORE) : start]
        behind = self._text[end : end + _CHARS_BEHIND]
        return before.rpartition("\n")[2], behind.partition("\n")[0]

    def _is_fenced(self, start: int) -> bool:
        return bisect_right(self._fences, start) % 2 == 1

    def _is_in_program_span(self, before: str, behind: str) -> bool:
        """Whether a span of code holds the word and signs of a program."""
        if before.count("`") % 2 == 0 or "`" not in behind:
            return False
        return _SIGNS.search(before.rpartition("`")[2] + behind.partition("`")[0]) is not None
