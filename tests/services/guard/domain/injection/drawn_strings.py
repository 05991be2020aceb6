"""Draws strings that a regular expression matches, each of its alternatives in turn."""

import random
from importlib import import_module
from typing import Any

# Private modules of the standard library, without types; no public one names the parts of a pattern.
codes: Any = import_module("re._constants")
parser: Any = import_module("re._parser")
CATEGORIES = {
    codes.CATEGORY_WORD: "q",
    codes.CATEGORY_NOT_WORD: "-",
    codes.CATEGORY_SPACE: " ",
    codes.CATEGORY_NOT_SPACE: "q",
    codes.CATEGORY_DIGIT: "7",
}
SHARE_LEFT_OUT = 0.5
"""Of optional parts, since a word in one of them would hide that the others lack it."""


def drawn_strings(pattern: str, count: int) -> list[str]:
    """The same strings for a pattern each time; borders of words are not obeyed, so some do not match."""
    tree, generator = parser.parse(pattern), random.Random(pattern)
    return [_drawn(tree, generator) for _ in range(count)]


def _drawn(tree: Any, generator: random.Random) -> str:
    return "".join(_part(code, argument, generator) for code, argument in tree)


def _part(code: object, argument: Any, generator: random.Random) -> str:
    match code:
        case codes.LITERAL:
            return chr(argument)
        case codes.NOT_LITERAL | codes.ANY:
            return " "
        case codes.IN:
            return _member(argument, generator)
        case codes.BRANCH | codes.SUBPATTERN:
            inner = generator.choice(argument[1]) if code is codes.BRANCH else argument[-1]
            return _drawn(inner, generator)
        case codes.MAX_REPEAT | codes.MIN_REPEAT:
            least, _, repeated = argument
            times = least or int(generator.random() > SHARE_LEFT_OUT)
            return "".join(_drawn(repeated, generator) for _ in range(times))
        case _:
            return ""  # a border of a word or a line


def _member(members: Any, generator: random.Random) -> str:
    if members[0][0] is codes.NEGATE:
        return next(character for character in " xq7" if not _has(members[1:], character))
    code, argument = generator.choice(members)
    if code is codes.LITERAL:
        return chr(argument)
    return chr(argument[0]) if code is codes.RANGE else CATEGORIES[argument]


def _has(members: Any, character: str) -> bool:
    return any(
        (code is codes.LITERAL and chr(argument) == character)
        or (code is codes.RANGE and argument[0] <= ord(character) <= argument[1])
        or (code is codes.CATEGORY and _is_of(argument, character))
        for code, argument in members
    )


def _is_of(category: object, character: str) -> bool:
    if category is codes.CATEGORY_SPACE:
        return character == " "
    return character == "q" if category is codes.CATEGORY_NOT_SPACE else character.isalnum()
