"""Words for passwords, PINs and keys in many languages, alone and in names of variables and flags."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import re2

from services.guard.domain.text.surrogates import without_surrogates
from services.guard.domain.text.word_lists import read_sections

MAX_PREFIX_CHARS = 24
_MIN_UNSPACED = "\u0e00"
"""Thai, and behind it the scripts of East Asia: words there stand without spaces between them."""
_SPACED_ABOVE_THAI = re.compile(r"[\u10a0-\u10ff\u1200-\u139f\u13a0-\u177f\u1e00-\u2dff]")
ENDING = re.compile(r"(?:[^\W\d_]|[\u0300-\u036f\u0591-\u05c7\u0610-\u065f\u0900-\u0dff]){0,12}")
IDENTIFIER_TAIL = re.compile(r"(?:(?:[_-]?\d|[_-](?=[A-Za-z])|(?=[A-Z]))[A-Za-z0-9]{0,20}){0,4}")
NO_SECRET_TAIL = re.compile(
    r"hash|digest|length|len\b|(?-i:Min|Max|At|Ids?|No)(?![a-z])|[_-](?:min|max|at|ids?|no)(?![a-z])|ref(?:erence)?s?(?![a-z])"
    r"|file|path|field|polic|label|hint|type|name|url|uri|count|size|limit|strength|rule|regex|pattern|prompt|error|message|valid|require|expir|ttl|chang"
    r"|manager|generat|store|provider|encod|algo|format|prefix|version|enable|disable|visib|toggle|button|form"
    r"|page|link|text|title|desc|column|index|attempt|retr|less|based|protected|only|type|usage|budget|iz",
    re.IGNORECASE,
)
"""Names such as `password_length` and `token_type` hold no secret."""
_BEGINS_PART = r"(?:(?<![A-Za-z])|(?-i:(?<=[a-z])(?=[A-Z])))"
NO_SECRET_PREFIX = re.compile(
    rf"{_BEGINS_PART}(?:(?:next|prev\w{{0,5}}|page|cursor|continuation|pagination|sync|cancel\w{{0,6}}"
    r"|public(?:[ _-]?key)?|publishable|[cx]srf|site|special|palabras?|ταχυδρομικ\w{1,3})[ _-]{0,2}"
    r"|(?:max|min|num|total|input|output|prompt|completion|eos|bos|pad|unk|mask|sep|cls|stop|image|led|gpio)[_-]{0,2})\Z",
    re.IGNORECASE,
)
"""Words before a name that make it no secret, as words or parts of an identifier of their own."""
OTHER_KEY_PREFIX = re.compile(
    r"(?:primary|foreign|partition|sort|row|object|index|lookup|hash|unique|shard|routing|composite|candidate|surrogate"
    r"|idempotency|cache|dedup\w{0,12}|message|record|event|map|dict(?:ionary)?|group|storage|query|registry|translation|i18n"
    r"|react|issue|project|item|host|fingerprint|etag|widget|component|style|file|image|document|arrow|shortcut|hot|answer"
    r"|legend|major|minor|musical|low|high|off|turn|öffentliche\w{0,2}|primäre\w{0,2}|fremd|(?:perv|перв)\w{1,5}"
    r"|внешн\w{1,3}|публичн\w{1,3}|открыт\w{1,3}|publiczn\w|główn\w|obc\w|veřejn\w|verejn\w|primárn\w|cizí"
    r")[ _.-]{0,2}\Z",
    re.IGNORECASE,
)
"""Before a bare word for a key: the keys of tables, records, keyboards and music, and public keys."""
OTHER_KEY_BEHIND = re.compile(
    r"[ ](?:prim[aá]\w{2,5}|pub[bl]\w{2,7}|pública|étrangère|for[aá]nea|estran\w{3,6}|straniera"
    r"|extern\w{1,3})\b",
    re.IGNORECASE,
)
JOINED_PREFIX = re.compile(
    r"(?<![A-Za-z])(?:db|user|usr|smtp|imap|mail|my|admin|root|wifi|store|key|trust|require|s?ftp|(?:my|pg)?sql|pg"
    r"|redis|login|auth|proxy|vpn)\Z",
    re.IGNORECASE,
)
"""Words that are written together with `pass` and `pwd` in names."""
_SEPARATORS = re.compile(r"[ _.\-]")


class SecretKind(StrEnum):
    """What a word names; a PIN may be four digits, a key is longer than a password."""

    PASSWORD = "password"  # noqa: S105 - the name of a kind
    PIN = "pin"
    KEY = "key"
    BARE_KEY = "bare_key"
    """A word for any key, of a table or a door as well, beside which only a random value is a secret."""


@dataclass(frozen=True, slots=True)
class SecretName:
    """A word for a password, PIN or key in a text, with its ending and the rest of its identifier."""

    kind: SecretKind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Word:
    kind: SecretKind
    is_compound: bool
    has_endings: bool


def _read_words() -> Mapping[str, _Word]:
    words: dict[str, _Word] = {}
    sections = read_sections("secret_words.txt")
    for kind in SecretKind:
        for entry in sections[kind]:
            normal = unicodedata.normalize("NFKC", entry)
            words.setdefault(normal.strip("*"), _Word(kind, normal.startswith("*"), normal.endswith("*")))
    return words


def _key(word: str) -> str:
    return _SEPARATORS.sub("", word).casefold()


_READ_WORDS = _read_words()
WORDS: Mapping[str, _Word] = {_key(word): entry for word, entry in _READ_WORDS.items()}
WORD = re2.compile(
    "(?i)"
    + "|".join(
        re2.escape(word).replace(r"\ ", "[ _.-]?") for word in sorted(_READ_WORDS, key=len, reverse=True)
    )
)


MAX_WORD_CHARS = max(map(len, _READ_WORDS)) + 4
"""Of a word with separators between its parts."""


def secret_names(text: str) -> Iterator[SecretName]:
    """The words for passwords, PINs and keys, except parts of other words and names of their properties."""
    for start, word, end in _words(without_surrogates(text)):
        tail = IDENTIFIER_TAIL.match(text, end)
        last = tail.end() if tail else end
        if last > end and NO_SECRET_TAIL.search(text, end, last):
            continue
        if _has_no_secret_prefix(text, start, word.kind):
            continue
        if word.kind is SecretKind.BARE_KEY and OTHER_KEY_BEHIND.match(text, last):
            continue
        yield SecretName(word.kind, start, last)


def _words(text: str) -> Iterator[tuple[int, _Word, int]]:
    """Start, entry and end, with its ending, of each word; `otP` in `rootPassword` hides no other one."""
    for match in WORD.finditer(text):
        start, behind, last_start = match.start(), match.end(), match.end()
        while True:
            word = WORDS.get(_key(text[start:behind]))
            end = _end_of_word(text, behind, word) if word else -1
            if word is not None and end >= 0 and (word.is_compound or _begins_word(text, start)):
                yield start, word, end
                break
            found = WORD.search(text[start + 1 : last_start + MAX_WORD_CHARS])
            if found is None or start + 1 + found.start() >= last_start:
                break
            start, behind = start + 1 + found.start(), start + 1 + found.end()


def is_unspaced(character: str) -> bool:
    """Whether it belongs to a script that puts no spaces between words."""
    return character >= _MIN_UNSPACED and _SPACED_ABOVE_THAI.match(character) is None


def _begins_word(text: str, start: int) -> bool:
    """Whether a word or a part of an identifier (`db_pass`, `dbPass`) begins here."""
    if start == 0 or not text[start - 1].isalpha() or is_unspaced(text[start]):
        return True
    if is_unspaced(text[start - 1]) or (text[start].isupper() and text[start - 1].islower()):
        return True
    return JOINED_PREFIX.search(text[max(0, start - MAX_PREFIX_CHARS) : start]) is not None


def _end_of_word(text: str, end: int, word: _Word) -> int:
    """The end of the word with its ending; -1 where it is part of a longer word."""
    if is_unspaced(text[end - 1]):
        return end
    is_lower = text[end - 1].islower()
    if word.has_endings and not (is_lower and text[end : end + 1].isupper()):
        ending = ENDING.match(text, end)
        end = ending.end() if ending else end
    following = text[end : end + 1]
    if not following.isalpha() or is_unspaced(following) or (is_lower and following.isupper()):
        return end
    return -1


def _has_no_secret_prefix(text: str, start: int, kind: SecretKind) -> bool:
    if start == 0 or is_unspaced(text[start]):
        return False
    before = text[max(0, start - MAX_PREFIX_CHARS) : start]
    if kind is SecretKind.BARE_KEY and OTHER_KEY_PREFIX.search(before):
        return True
    return NO_SECRET_PREFIX.search(before) is not None
