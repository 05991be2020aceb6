"""Names in Chinese, Japanese and Korean writing, by frequent surnames and the words around them."""

import re
from collections.abc import Iterator

from services.guard.domain.pii.language_words import is_korean_word
from services.guard.domain.pii.recogniser import FORMAT_ONLY_SCORE, Recogniser
from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.windowed_search import matches
from services.guard.domain.text.word_lists import read_sections

_SECTIONS = read_sections("names_in_scripts.txt")
_HAN, _KANA, _HANGUL = "\u3400-\u9fff", "\u3040-\u30ff", "\uac00-\ud7a3"
LETTERS = re.compile(f"[{_HAN}{_KANA}{_HANGUL}]")


def _either(section: str) -> str:
    return "|".join(sorted(_SECTIONS[section], key=lambda name: (-len(name), name)))


def _any_of(section: str) -> str:
    return f"[{''.join(_SECTIONS[section])}]"


_WORDS = read_sections("person_words.txt")


def _words(section: str) -> str:
    return "|".join(_WORDS[section])


_MARKS = r"\s,\uff0c\u3001\u3002.:\uff1a;\uff1b!\uff01?\uff1f"
_CLAUSE = rf"(?:^|(?<=[{_MARKS}\u300c(\uff08]))"
_CLAUSE_END = rf"[{_MARKS}\u300d)\uff09]|\Z"
_HAN_SURNAME, _HAN_GIVEN = _either("han surnames"), _any_of("han given")
_CHINESE_LONG = rf"(?:{_HAN_SURNAME}){_HAN_GIVEN}{{2}}"
_CHINESE_ANY = rf"(?:{_HAN_SURNAME})[{_HAN}]{{1,2}}?"
_HONORIFIC, _OWNED = _words("chinese honorifics"), _words("chinese possessions")
_ROLE, _TO = _words("chinese roles"), _words("chinese prepositions")
CHINESE = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        rf"(?:{_words('chinese introductions')}) ?({_CHINESE_ANY})(?={_HONORIFIC}|{_CLAUSE_END})",
        rf"(?:{_ROLE}) ?({_CHINESE_LONG})",
        rf"(?:{_CLAUSE}|{_TO}|{_ROLE}) ?((?:{_HAN_SURNAME}){_HAN_GIVEN}{{1,2}})(?= ?(?:{_HONORIFIC}))",
        rf"(?:{_CLAUSE}|{_TO})({_CHINESE_LONG})(?=\u7684(?:{_OWNED}))",
    )
)
_SURNAME_JA, _HONORIFIC_JA = _either("japanese surnames"), _words("japanese honorifics")
_FULL_JA = (
    rf"(?:{_SURNAME_JA})(?!\u672c\u4eba) ?"
    rf"(?:[{_HAN}]{{0,2}}{_any_of('japanese given')}|[\u3041-\u3096]{{2,4}}(?={_HONORIFIC_JA}))"
)
_AFTER_JA = rf"(?={_HONORIFIC_JA}|{_words('japanese particles')}|{_CLAUSE_END})"
JAPANESE = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        rf"(?<![{_HAN}])({_FULL_JA}){_AFTER_JA}",
        rf"(?<![{_HAN}])((?:{_SURNAME_JA})) ?(?={_HONORIFIC_JA})",
        rf"(?:{_words('japanese introductions')}) ?({_FULL_JA}){_AFTER_JA}",
    )
)
_SURNAME_KO = _either("korean surnames")
_FULL_KO = rf"(?:{_SURNAME_KO}){_any_of('korean given')}{{2}}"
_KNOWN_KO = rf"(?:{_SURNAME_KO})(?:{_either('korean given names')})"
_END_KO = rf"(?:{_words('korean particles')})?(?![{_HANGUL}])"
KOREAN = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        rf"(?:{_words('korean introductions')}|{_words('korean roles')}) ({_FULL_KO}){_END_KO}",
        rf"(?<![{_HANGUL}])({_FULL_KO})(?= ?(?:{_words('korean honorifics')}){_END_KO})",
        rf"(?<![{_HANGUL}])({_KNOWN_KO}){_END_KO}",
    )
)


def east_asian_names(text: str) -> Iterator[CharSpan]:
    """Names by surname, letters of given names, and an introduction, a role, an honorific or a particle."""
    if LETTERS.search(text) is None:
        return
    for pattern in (*CHINESE, *JAPANESE, *KOREAN):
        yield from (match.span(1) for match in matches(pattern, text) if not is_korean_word(match[1]))


RECOGNISERS = (Recogniser("PERSON", east_asian_names, score=FORMAT_ONLY_SCORE, rank=144),)
