"""Where the name of a known person stands: in the genitive (`Nowaks`) and in names of files too."""

import re

from services.guard.domain.pii.name_lists import is_other_word
from services.guard.domain.text.boundaries import begins_token, begins_word, ends_token, ends_word
from services.guard.domain.text.occurrences import ValueBoundaries

PERSON = "PERSON"
MIN_NAME_LETTERS = 5
"""A shorter name begins too many other words."""
_MAX_CHARS = 80
_LAST_WORD = re.compile(r"[^\W\d_]{1,64}\Z")
_GENITIVE = re.compile(r"s(?![^\W_]|_[^\W_]|@|\.[^\W\d_]{1,64}@)")
_EXTENSION = (
    r"\.(?i:pdf|docx?|odt|rtf|txt|md|csv|xlsx?|ods|pptx?|jpe?g|png|gif|tiff?|heic|svg|mp[34]|wav|mov|zip|eml|msg"
    r"|json|xml|html?|vcf|ics|pages|key)(?![^\W_])"
)
_FILE_BEHIND = re.compile(rf"[_\-](?:\d(?![\w.\-]{{0,64}}@)|[\w\-]{{1,60}}{_EXTENSION})|{_EXTENSION}")
_FILE_BEFORE = re.compile(r"(?<![.@$\w\-])[\w\-]{1,60}[_\-]\Z")
_REST_OF_FILE = re.compile(rf"[\w\- ]{{0,80}}{_EXTENSION}")


def begins_name(text: str, start: int) -> bool:
    """Whether a name begins here, also behind other words in the name of a file."""
    if begins_word(text, start):
        return True
    return (
        text.startswith("_", start - 1)
        and begins_token(text, start)
        and _FILE_BEFORE.search(text, max(0, start - _MAX_CHARS), start) is not None
        and _REST_OF_FILE.match(text, start) is not None
    )


def ends_name(text: str, end: int) -> bool:
    """Whether a name ends here, also before a genitive -s and in the name of a file."""
    if ends_word(text, end):
        return True
    if not text[end - 1].isalpha():
        return False
    if _GENITIVE.match(text, end) is not None:
        word = _LAST_WORD.search(text, max(0, end - _MAX_CHARS), end)
        return word is not None and not is_other_word(f"{word.group()}s")
    return ends_token(text, end) and _FILE_BEHIND.match(text, end) is not None


NAMES = ValueBoundaries(begins_name, ends_name)
"""For names of known persons."""


def has_forms(value: str) -> bool:
    """Whether a name is long enough to be sought in other forms than its own."""
    return sum(map(str.isalpha, value)) >= MIN_NAME_LETTERS
