"""Tells texts in which the classifier alone may not block: few words, code, settings, a tool's part."""

import re

import re2

MAX_CHARS = 600
"""Longer texts say enough."""
MAX_WORDS = 4
"""With as few words a text is a label, a prompt of a program or a heading as often as an order."""
MIN_SHARE_OF_WORDS, MIN_SHARE_OF_LETTERS = 0.7, 0.5
"""Fewer of the different pieces between spaces, or of their characters, are words in code and settings."""
_NO_WORD = re.compile(r"[\d_@/\\{}()=<>#$|~^%&*+\[\]]")
_WIDE = re.compile(r"[\u2e80-\ud7ff]")
_CHARS_PER_WIDE_WORD = 2
_TOOL_ROLE = re2.compile(
    r"(?i)^\W*(?:(?:please|now|can you|could you|i (?:want|need|would like) you to|i'd like you to) ){0,3}"
    r"(?:(?:act|behave|respond|answer|serve|work|function|play) (?:as|like)|simulate|emulate|imitate|be) "
    r"(?:an?|the|my) (?:[\w.+#/-]{1,20} ){0,3}"
    r"(?:terminal|console|shell|interpreter|repl|compiler|command line|database|spreadsheet|excel sheet"
    r"|calculator|translator|dictionary|proofreader|interviewer|tutor|editor|server|api|linter|debugger|browser|generator|validator|formatter|parser|simulator|emulator)\b"
)
_FREED = re2.compile(
    r"(?i)\b(?:guardrails?|ethic\w{0,4}|moral\w{0,5}|boundar\w{1,4}|censor\w{0,4}|un(?:restrict|filter|censor|limit|ethic|hing|bound)\w{0,6}|reveal|prompt|instructions?|polic\w{1,3}|restrict\w{0,5}|safety|secrets?|passwords?|rules?"
    r"|limits?|filters?|jailb\w{0,8}|dan|ignore|forget)\b"
)


def is_terse(text: str) -> bool:
    """Whether a text has so little prose that it needs a second sign beside the classifier's."""
    if len(text) > MAX_CHARS:
        return False
    pieces = tuple(dict.fromkeys(text.split()))
    words = [piece for piece in pieces if _NO_WORD.search(piece) is None and any(map(str.isalpha, piece))]
    wide = len(_WIDE.findall(text)) // _CHARS_PER_WIDE_WORD
    if len(words) + wide <= MAX_WORDS:
        return True
    letters = sum(letter.isalpha() for word in words for letter in word)
    chars = sum(map(len, pieces))
    return not wide and (
        len(words) < MIN_SHARE_OF_WORDS * len(pieces) or letters < MIN_SHARE_OF_LETTERS * chars
    )


def is_tool_role(text: str) -> bool:
    """Whether a text asks to play a terminal, a translator or the like, and says nothing of limits."""
    return len(text) <= MAX_CHARS and _TOOL_ROLE.search(text) is not None and _FREED.search(text) is None
