"""Names in Cyrillic and Greek letters, whose languages the classifier does not know: by lists, cases and greetings."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from services.guard.domain.pii.name_lists import (
    AMBIGUOUS_GIVEN_NAMES,
    GIVEN_NAMES,
    ORDINARY_WORDS,
    SURNAMES,
    TERMS,
    is_city,
)
from services.guard.domain.pii.recogniser import FORMAT_ONLY_SCORE, Recogniser
from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.windowed_search import matches

_UPPER, _LOWER = "Ѐ-ЯҐ\u0386-\u038f\u0391-\u03ab", "а-џґ\u0390\u03ac-\u03ce"
LETTERS = re.compile(f"[{_UPPER}][{_LOWER}]")
_WORD = rf"[{_UPPER}][{_LOWER}]{{1,24}}(?:[-'\u2019][{_UPPER}{_LOWER}]{{1,24}})?"
RUN = re.compile(
    rf"(?<![{_UPPER}{_LOWER}\w])(?:[{_UPPER}]\. ?){{0,2}}{_WORD}(?: (?:[{_UPPER}]\. ?){{0,2}}{_WORD}){{0,4}}"
    rf"(?: ?[{_UPPER}]\.){{0,2}}(?![{_LOWER}\w])"
)
"""Neighbouring words with a capital."""
WORD = re.compile(_WORD)
GREETING = re.compile(
    r"(?<!\w)(?:привет(?:ствую)?|здравствуй(?:те)?|добр(?:ый|ое|ого|ої) (?:день|дня|утро|утра|вечер|вечера)"
    r"|дорог(?:ой|ая|ие|ий|а)|уважаем(?:ый|ая|ые|и|а)|милый|милая|любим(?:ый|ая)|привіт|вітаю"
    r"|добри(?:й|день) (?:день|ранок|вечір)|добридень|шановн(?:ий|а|і|ый)|любий|люба|здравей(?:те)?|здраво"
    r"|скъп[иа]|драг[иа]|поштован[иа]|спасибо|дякую|благодаря|хвала"
    r"|господин\w{0,2}|госпож\w{1,2}|г-н\w?|г-ж\w|пан\w{0,3}|пані"
    r"|γεια(?: σου| σας)?|καλημέρα|καλησπέρα|χαίρετε|αγαπητ[έήόοι]\w?|αξιότιμ[εηο]\w?|ευχαριστώ|κύρι[εο]\w?"
    r"|κυρία\w?|κ\."
    r"|меня зовут|мене звати|мо[её] имя|мо[єе] ім['\u2019]я|аз съм|казвам се|зовем се|με λένε|ονομάζομαι"
    r"|лечащий врач|доктор\w{0,2}|др\.|брат\w?|сестр\w|мам\w|пап\w|сын\w?|доч\w{1,3}|муж\w?|жен\w"
    r"|друг\w?|подруг\w|коллег\w|сусід\w?|сосед\w?)"
    r",?\s\Z",
    re.IGNORECASE,
)
"""Greetings, titles, introductions and relations before a given name."""
MAX_GREETING_CHARS = 24
PATRONYMIC = re.compile(r"[а-яёіїє]{2,16}(?:[оеє]вич|[иі]ч|[оеє]вн|[иі]чн|івн|ївн|йович)(?:[аеиіоуюєїы]|ем|ом|ой|ою|у|і)?")
SURNAME = re.compile(
    r"[а-яёіїєґ'\u2019-]{2,20}(?:[оеёє]в|[иыі]н|їн)(?:а|у|ым|им|ом|е|ой|ою|ы|и|і)?"
    r"|[а-яёіїєґ'\u2019-]{2,20}(?:ск|цк|ськ|цьк|зьк)(?:ий|ого|ому|им|ом|ой|ая|ую|а|у|ої|ій|ою|і)"
    r"|[а-яёіїєґ'\u2019-]{2,20}(?:енк|чк|йк)(?:о|а|у|ом|и)|[а-яёіїєґ'\u2019-]{2,20}(?:ук|юк|ак|як|ик|ець|ич|ян|дзе"
    r"|швили|швілі)(?:а|у|ом|ем|е|ові|ам)?"
    r"|[α-ω]{3,20}(?:όπουλο|οπούλο|ίδη|άδη|άκη|έα|ιάδη|ίου|ου|άκο|ά|ής|ίδης|άδης|άκης|ιάς|ας|ος|ης|ιδης)[ςυ]?"
)
_CYRILLIC_CASES = (
    "ович", "ові", "еві", "єві", "ою", "ею", "єю", "ой", "ей", "ом", "ем", "єм", "ия", "ии", "ию", "ием",
    "а", "у", "е", "ы", "и", "і", "ї", "ю", "я", "о", "є",
)
_GREEK_CASES = ("ους", "ου", "ος", "ον", "ης", "ας", "ων", "ο", "ε", "η", "α", "ω", "ι")
_CYRILLIC_ENDINGS = ("", "а", "я", "й", "ь", "ия", "ий", "о")
_GREEK_ENDINGS = ("", "ος", "ης", "ας", "η", "α", "ω", "ις")
MIN_STEM_CHARS = 3
NOT_NAMES = frozenset(
    ("общество", "республика", "федерация", "область", "улица", "площадь", "район", "река")
    + ("рада", "украина", "україна", "россия", "росія", "віра", "слава", "свята", "святая")
)


def _plain(word: str) -> str:
    """The word in small letters without accents on Greek vowels."""
    lower = word.lower()
    if not "\u0370" <= lower[0] <= "\u03ff":
        return lower
    parts = unicodedata.normalize("NFD", lower).replace("ς", "σ")
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


_FOREIGN = re.compile("[\u0370-\u052f]")
_GIVEN = frozenset(_plain(name) for name in (*GIVEN_NAMES, *AMBIGUOUS_GIVEN_NAMES) if _FOREIGN.match(name))
_GIVEN_GREEK_STEMS = frozenset(name.replace("ς", "σ") for name in _GIVEN)


def is_given_in_any_case(word: str) -> bool:
    """Whether it is a given name in Cyrillic or Greek letters in any case."""
    plain = _plain(word)
    if plain in _GIVEN or plain in _GIVEN_GREEK_STEMS:
        return True
    is_greek = "\u0370" <= plain[0] <= "\u03ff"
    cases = tuple(case.replace("ς", "σ") for case in _GREEK_CASES) if is_greek else _CYRILLIC_CASES
    endings = tuple(ending.replace("ς", "σ") for ending in _GREEK_ENDINGS) if is_greek else _CYRILLIC_ENDINGS
    stems = (plain.removesuffix(case) for case in cases if plain.endswith(case))
    return any(
        stem + ending in _GIVEN for stem in stems if len(stem) >= MIN_STEM_CHARS for ending in endings
    )


def is_ordinary(word: str) -> bool:
    """Whether the word has a meaning of its own."""
    lower = word.lower()
    return lower in ORDINARY_WORDS or lower in TERMS or lower in NOT_NAMES or is_city(word)


def _is_surname(word: str) -> bool:
    lower = word.lower()
    return lower in SURNAMES or (SURNAME.fullmatch(lower) is not None and not _is_inflected_place(lower))


def _is_inflected_place(lower: str) -> bool:
    """Whether it is a known word or place in any case, as *України*."""
    return is_ordinary(lower) or is_ordinary(lower[:-1] + "а") or is_ordinary(lower[:-1] + "я")


def names_with_capitals(text: str) -> Iterator[CharSpan]:
    """Full names of known given names, names with a patronymic, and given names behind greetings."""
    if LETTERS.search(text) is None:
        return
    for run in matches(RUN, text):
        words = [(run.start() + word.start(), run.start() + word.end()) for word in WORD.finditer(run.group())]
        span = _name_in(text, words)
        if span is not None:
            yield span


def _name_in(text: str, words: Sequence[CharSpan]) -> CharSpan | None:
    """The name in words with a capital that stand side by side."""
    written = [text[start:end] for start, end in words]
    for index, word in enumerate(written):
        if index and PATRONYMIC.fullmatch(word.lower()) and is_given_in_any_case(written[index - 1]):
            return _joined(words, _begin_of_surname(written, index - 1), _end_of_surname(written, index))
    for index, word in enumerate(written):
        if is_given_in_any_case(word):
            return _with_given_name(text, words, index)
    return None


def _begin_of_surname(written: Sequence[str], index: int) -> int:
    return index - 1 if index and _is_surname(written[index - 1]) else index


def _end_of_surname(written: Sequence[str], index: int) -> int:
    return index + 1 if index + 1 < len(written) and _may_be_surname(written[index + 1]) else index


def _may_be_surname(word: str) -> bool:
    """Whether it is a surname or no word that is known, as behind a sure given name."""
    return _is_surname(word) or not is_ordinary(word)


def _with_given_name(text: str, words: Sequence[CharSpan], index: int) -> CharSpan | None:
    """The name of which the word at `index` is the given name."""
    written = [text[start:end] for start, end in words]
    is_greeted = GREETING.search(text, max(0, words[index][0] - MAX_GREETING_CHARS), words[index][0]) is not None
    following = written[index + 1] if index + 1 < len(written) else ""
    is_doubtful = _is_inflected_place(written[index].lower()) and not is_greeted
    is_full = _is_surname(following) if is_doubtful else _may_be_surname(following)
    if following and is_full:
        return _joined(words, index, index + 1)
    if index and _is_surname(written[index - 1]) and not is_doubtful:
        return _joined(words, index - 1, index)
    return words[index] if is_greeted else None


def _joined(words: Sequence[CharSpan], first: int, last: int) -> CharSpan:
    return words[first][0], words[last][1]


RECOGNISERS = (Recogniser("PERSON", names_with_capitals, score=FORMAT_ONLY_SCORE, rank=142),)
