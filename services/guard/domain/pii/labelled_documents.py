"""Numbers of documents and taxpayers, and dates of birth, behind a word for them in many languages."""

import re
import unicodedata
from collections.abc import Iterator, Mapping

import re2

from services.guard.domain.pii.identity_documents import PAST_CENTURIES
from services.guard.domain.pii.number_labels import FILLER, NUMBER, NUMBER_LABELS
from services.guard.domain.pii.number_words import COPULAS, plain_word
from services.guard.domain.text.boundaries import NO_LATIN_BEFORE, NO_LATIN_BEHIND
from services.guard.domain.text.surrogates import without_surrogates
from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.word_lists import read_sections

MAX_GAP_CHARS, MAX_GAP_WORDS, MAX_UNSPACED_GAP_CHARS = 40, 4, 8
MIN_DIGITS, MIN_CHARS, MAX_CHARS = 5, 6, 24
MIN_DIGITS_OF_CODE, MIN_CODE_CHARS = 4, 8
"""Of a number that has letters as well."""
_LETTER = "A-Z\u0391-\u03a9\u0410-\u042f\u0406\u0407"
_SERIES = r"\d{2} ?\d{2},? (?:номер |№ ?|[Nn]o\.? |nr\.? )\d{6}"
"""Series and number of a Russian passport."""
_LETTERS_BEFORE = rf"(?:[{_LETTER}]{{1,5}}[ -]?(?=\d)|[a-z]{{1,2}}(?=\d{{5}}))?"
_GROUPS = rf"(?:[ ./-](?=[{_LETTER}]{{0,3}}[ ]?\d)[{_LETTER}\d]{{1,12}}){{0,5}}"
NUMBER_FORM = re.compile(
    rf"{NO_LATIN_BEFORE}(?:{_SERIES}"
    rf"|{_LETTERS_BEFORE}(?:\d|[{_LETTER}](?=[{_LETTER}\d]{{0,7}}\d))[{_LETTER}\d]{{0,17}}{_GROUPS})"
    rf"{NO_LATIN_BEHIND}(?![.,:]\d|[ ]?[%€$£])"
)
DATE_OF_BIRTH = "DATE_OF_BIRTH"
DATE = re.compile(
    r"(?<!\d)(?:(?:19|20)\d{2}[ ]?[년年][ ]?\d{1,2}[ ]?[월月][ ]?\d{1,2}[ ]?[일日]"
    r"|(?:19|20)\d{2}(?:[ ]?[./-][ ]?\d{1,2}){2}|\d{1,2}[ ]?[./-][ ]?\d{1,2}[ ]?[./-][ ]?(?:19|20)?\d{2}"
    r"|\d{1,2}\.?[ ](?:de[ ])?[^\W\d_]{3,14}\.?[ ](?:de[ ])?(?:19|20)\d{2}|\d{8})(?!\d)"
)
OTHER = re.compile(
    r"\d+[.,]\d{1,2}|(?!\d{1,3}(?:\.\d{3}){3}\Z)(?:\d{1,3}\.){3}\d{1,3}"
    r"|(?:\d{1,2}[ ./-]){2}(?:19|20)\d{2}|(?:19|20)\d{2}[ ./-]\d{1,2}[ ./-]\d{1,2}"
    r"|(?:19|20)\d{2}[ -](?:19|20)\d{2}"
)
"""Decimals, IP addresses, dates and years."""
GAP = re.compile(r"[^\d!?;\n]{0,40}(?:\n[ \t>*|-]{0,12})?")
LINE_END = re.compile(r"[ \t.,|*]{0,8}(?:\r?\n|\Z)")
"""Behind a number in the line below its word, as in forms."""
SENTENCE_END = re.compile(r"[^\W\d_]{5}\.\s")
WORD_IN_GAP = re.compile(r"[^\W\d_]+")
MAX_ABBREVIATION_CHARS = 2
_FIRST_UNSPACED, _LAST_SPACED = "\u0590", "\u1e00"
"""Hebrew, and behind it Arabic, Indic and East Asian scripts, in which a word has prefixes and endings."""
_ENDING = re.compile(r"[^\W\d_]{0,12}")


def _read_words() -> Mapping[str, tuple[str, bool]]:
    return {
        _key(entry.rstrip("*")): (kind, entry.endswith("*"))
        for kind, entries in read_sections("document_words.txt").items()
        for entry in entries
    }


def _key(word: str) -> str:
    return re.sub(r"[ _.'\u2019\"-]", "", unicodedata.normalize("NFKC", word)).casefold()


def _written(entry: str) -> str:
    return re2.escape(unicodedata.normalize("NFKC", entry)).replace(r"\ ", "[ _.'\u2019-]?")


WORDS = _read_words()
_ENTRIES = {
    entry.rstrip("*") for entries in read_sections("document_words.txt").values() for entry in entries
}
WORD = re2.compile("(?i)" + "|".join(map(_written, sorted(_ENTRIES, key=len, reverse=True))))


def labelled_documents(text: str) -> Iterator[tuple[str, CharSpan]]:
    """The kind and span of each number behind a word for a document, with only small words between them."""
    done = 0
    for match in WORD.finditer(without_surrogates(text)):
        kind, has_ending = WORDS.get(_key(text[match.start() : match.end()]), ("", False))
        end = _end_of_word(text, match.start(), match.end(), has_ending=has_ending)
        find = _date_behind if kind == DATE_OF_BIRTH else _number_behind
        span = find(text, end) if kind and end > done else None
        if span is not None:
            done = span[1]
            yield kind, span


def _end_of_word(text: str, start: int, end: int, *, has_ending: bool) -> int:
    """The end of the word with its ending; -1 where it is part of another word."""
    if text[start] >= _FIRST_UNSPACED:
        return end
    if start and text[start - 1].isalpha() and text[start - 1] < _FIRST_UNSPACED:
        return -1
    ending = _ENDING.match(text, end)
    behind = ending.end() if ending else end
    is_next_script = behind > end and text[end] >= _FIRST_UNSPACED
    return behind if has_ending or behind == end or is_next_script else -1


def _number_behind(text: str, end: int) -> CharSpan | None:
    gap = GAP.match(text, end)
    number = NUMBER_FORM.search(text, end, (gap.end() if gap else end) + MAX_CHARS)
    if number is None or number.start() > end + MAX_GAP_CHARS or not _is_gap(text[end : number.start()]):
        return None
    if "\n" in text[end : number.start()] and not LINE_END.match(text, number.end()):
        return None
    written = number.group()
    digits = sum(map(str.isdigit, written))
    is_long = digits >= MIN_DIGITS and sum(map(str.isalnum, written)) >= MIN_CHARS
    is_long |= digits >= MIN_DIGITS_OF_CODE and len(written) >= MIN_CODE_CHARS
    return number.span() if is_long and len(written) <= MAX_CHARS and not OTHER.fullmatch(written) else None


def _date_behind(text: str, end: int) -> CharSpan | None:
    date = DATE.search(text, end, end + MAX_GAP_CHARS + MAX_CHARS)
    is_date = (
        date is not None and _is_gap(text[end : date.start()]) and not PAST_CENTURIES.search(date.group())
    )
    return date.span() if date is not None and is_date else None


def _is_gap(gap: str) -> bool:
    """Whether only words for numbers, small words and marks stand there."""
    if SENTENCE_END.search(gap) or any(character in gap for character in "!?;"):
        return False
    words = [match.group() for match in WORD_IN_GAP.finditer(gap)]
    return len(words) <= MAX_GAP_WORDS and all(map(_is_small, words))


def _is_small(word: str) -> bool:
    if word[0] >= "\u0e00" and not "\u10a0" <= word[0] < _LAST_SPACED:
        return len(word) <= MAX_UNSPACED_GAP_CHARS
    plain = plain_word(word)
    if len(plain) <= MAX_ABBREVIATION_CHARS or plain in COPULAS:
        return True
    return NUMBER_LABELS.kind(plain, has_number=True) in {NUMBER, FILLER}
