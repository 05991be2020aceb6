"""Judges a value beside a word for a password or key: a secret, a placeholder, code or an ordinary word."""

import re
from enum import IntEnum

from services.guard.domain.secrets.names import SecretKind, secret_names
from services.guard.domain.secrets.placeholders import is_placeholder
from services.guard.domain.secrets.readability import (
    CAMEL_CASE,
    READABLE,
    entropy,
    has_both_cases,
    has_letters_and_digits,
    has_special,
    is_unreadable,
    is_unreadable_word,
)
from services.guard.domain.text.word_lists import read_sections

TYPE_NAME = re.compile(
    r"(?:u?int|float|double|n?(?:var)?char2?|bytes?|string|str|text|bool|blob|(?:var)?binary|decimal|number|[uif])"
    r"\d{0,3}(?:_t|array)?(?:\(.{0,20})?[?!*&\[\]|;,)]*|[\w.]+\([^)]{0,80}\)?[;,)]*|\w+\[.*|.*=>.*",
    re.IGNORECASE,
)
TECHNICAL = re.compile(
    r"(?:(?:md|sha|hmac|aes|rsa|dsa|ed|ec|ecdsa|argon|[sb]crypt|pbkdf|utf|base|ascii|hs|rs|es|ps|ipv|http|oauth|tls|ssl|wpa|wep"
    r"|bip|erc|pkcs|rfc|iso|win(?:dows)?|ios|android|web|log|fido|u2f|rev|page|step|line|item|part|room|chapter|level"
    r"|type|class|group|gpio|version|form|field|param|arg|var|val|column|row)s?"
    r"[-_/]?\d{1,5}|(?:user|test|value|string|input|password|token|key)s?[-_/]?\d{1,2}|[a-z]\d{1,4})"
    r"(?:[-_/+.:]\w{1,12}){0,3}[a-z]{0,2}",
    re.IGNORECASE,
)
"""Names of algorithms, protocols and versions."""
WEAK_PASSWORDS = frozenset(" ".join(read_sections("secret_words.txt")["weak"]).casefold().split())
"""Words that people choose as passwords, and that say nothing beside a word for one but that they are it."""
STATES = frozenset(" ".join(read_sections("secret_words.txt")["state"]).casefold().split())
"""Words that say what a password or a field is or is for, and that stand where its value would."""
MEASURE = re.compile(
    r"[<>~≤≥±+-]?\d[\d.,:/x-]{0,20}(?:%|[-+ ]?[^\W\d_]{0,3}|-[^\W\d_]{1,20}(?:-[^\W\d_]{1,20}){0,2}|\+"
    r"|(?:bit|byte|char|character|digit|day|hour|min|minute|sec|second|year|month|week|time|word|letter|user|token)s?)"
)
"""Numbers with a unit, dates, times and versions."""
PATH = re.compile(
    r"(?:~|\.{1,2})?/.*|[A-Za-z]:\\.*|.*(?:a-z|A-Z|0-9|\\[wdsb]).*|[\w.+-]{1,64}@(?:[\w-]{1,60}\.){1,6}[A-Za-z]{2,12}"
    r"|[\w.-]{1,60}(?:/[\w.-]{1,60}){3,12}|[\w./-]+\.(?:txt|ya?ml|json|pem|key|crt|cer|pub|env|ini|cfg|conf|toml|py|jsx?|tsx?|go|java|rb|php|sh|xml|html?"
    r"|md|png|svg|css|p12|pfx|jks|gpg|asc|log|com|org|net|io)(?::\d+)?",
)
VERSION = re.compile(r"v?\d{1,4}(?:[.:]\d{1,6}){1,4}[\w.+~:-]{0,40}")
CODE = re.compile(r"[\w.]+[(\[{].*|[A-Za-z_]\w*=.*|.*(?:\[\^|\(\?|\.\*|\]\+|\]\*).*")
"""Calls, arguments and regular expressions."""
CALL_BEGIN = re.compile(r"[A-Za-z_][\w.]*[(\[{]")
ABSOLUTE_PATH = re.compile(r"(?:/[\w.-]{1,60}){2,20}/?|[A-Za-z]:\\.*")
"""What a shell's `PWD` holds."""
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z_]*\d{0,1}|[A-Za-z_]\w*(?:[.:/]+[A-Za-z_]\w*)+")
WEAK_PASSWORD = re.compile(r"[^\W\d_]{3,20}\d{2,6}[!?]?")
NUMBER_INSIDE = re.compile(r"[A-Za-z]{2,20}\d{2,6}[A-Za-z]{1,20}")
SERVICE_KEY = re.compile(r"(?:sk|rk)[-_][A-Za-z0-9_-]{8,200}")
BARE_KEY = re.compile(r"[A-Za-z0-9_+.-]{14,200}={0,2}|[A-Za-z0-9+/]{14,200}=={0,1}")
WORD_PARTS = re.compile(r"(?=[A-Za-z]{0,2}[aeiouyAEIOU])(?:[A-Z]?[a-z]{3,200}+|[A-Z][a-z]{2})")
NAME_PART = re.compile(r"(?:[A-Z]{0,4}[a-z]{1,30}|[A-Z]{1,30})?\d{0,10}")
SEPARATORS = re.compile(r"[-_.+/=]")
GROUPS = re.compile(r"\d{1,200}+|\D{1,200}+")
HEX = re.compile(r"[0-9a-f]{32,128}|[0-9A-F]{32,128}")
UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
MIN_ENTROPY_BITS, MIN_HEX_ENTROPY_BITS = 3.8, 3.0
"""Per character."""
MIN_DIGITS, MIN_DIGITS_OF_LONG, LONG_CHARS = 3, 1, 32
MIN_ASSIGNED_CHARS = 3
MIN_PASSWORD_CHARS, MIN_KEY_CHARS, MIN_KEY_CHARS_OF_PROSE = 5, 8, 10
MIN_ONE_CASE_CHARS, MIN_RUN_CHARS_WITH_DIGIT, MIN_GROUPS = 16, 20, 3
MIN_DIGITS_OF_BARE_KEY, MIN_DIGITS_OF_RUN = 2, 4
MIN_MIXED_RUN_CHARS, MIN_UNREADABLE_RUN_CHARS, MIN_LETTER_RUN_CHARS, MIN_LETTERS = 12, 8, 24, 8
MIN_PIN_DIGITS, MAX_PIN_DIGITS, MAX_DIGITS = 4, 8, 20


class Evidence(IntEnum):
    """How surely the text beside a value says that it is a secret, from the least."""

    NEAR = 0
    """The value stands some words behind the word, with no sign or verb between them."""
    ADJACENT = 1
    """The value stands right behind the word."""
    PROSE = 2
    """A sentence says what the secret is."""
    ASSIGNED = 3
    """A sign assigns the value to the word, without quotes."""
    QUOTED = 4
    """A sign assigns the value in quotes."""
    EXACT = 5
    """Only a secret stands at this position, as behind `DB_PASSWORD=` or in a connection string."""


def is_secret_value(value: str, kind: SecretKind, evidence: Evidence, *, is_equation: bool = False) -> bool:
    """Whether a value beside a word of this kind is a secret; behind `=` may be code."""
    if kind is SecretKind.BARE_KEY or value.isdigit():
        return _is_number_or_bare_key(value, kind, evidence) and not is_placeholder(value)
    if len(value) < _min_chars(kind, evidence) or is_placeholder(value):
        return False
    is_password = kind is SecretKind.PASSWORD
    if is_password and evidence >= Evidence.ASSIGNED and value.casefold() in WEAK_PASSWORDS:
        return True
    if evidence is Evidence.EXACT:
        return not _is_no_exact_value(value)
    return not _is_of_other_form(value) and _has_form_of_secret(
        value, kind, evidence, is_equation=is_equation
    )


def _is_no_exact_value(value: str) -> bool:
    is_code = ABSOLUTE_PATH.fullmatch(value) or CALL_BEGIN.fullmatch(value)
    return is_code is not None or value.casefold() in STATES


def _is_of_other_form(value: str) -> bool:
    return any(pattern.fullmatch(value) for pattern in (PATH, TECHNICAL, MEASURE, TYPE_NAME, VERSION, CODE))


def _has_form_of_secret(value: str, kind: SecretKind, evidence: Evidence, *, is_equation: bool) -> bool:
    if evidence is Evidence.QUOTED:
        return _is_quoted_secret(value, kind)
    return not _names_secret(value) and _is_plain_secret(value, kind, evidence, is_equation=is_equation)


def _is_number_or_bare_key(value: str, kind: SecretKind, evidence: Evidence) -> bool:
    if kind is SecretKind.BARE_KEY:
        return evidence is not Evidence.NEAR and _is_bare_key(value)
    return _is_secret_number(value, kind, evidence)


def _min_chars(kind: SecretKind, evidence: Evidence) -> int:
    if kind is SecretKind.KEY:
        return MIN_KEY_CHARS if evidence >= Evidence.ASSIGNED else MIN_KEY_CHARS_OF_PROSE
    if evidence is Evidence.EXACT:
        return 1
    return MIN_ASSIGNED_CHARS if evidence >= Evidence.ASSIGNED else MIN_PASSWORD_CHARS


def _is_secret_number(value: str, kind: SecretKind, evidence: Evidence) -> bool:
    size = len(value)
    if kind is SecretKind.PIN:
        return MIN_PIN_DIGITS <= size <= MAX_PIN_DIGITS and evidence is not Evidence.NEAR
    if kind is SecretKind.KEY:
        return evidence is Evidence.EXACT and MIN_KEY_CHARS <= size <= MAX_DIGITS
    if evidence is Evidence.EXACT:
        return True
    return evidence > Evidence.ADJACENT and MIN_PASSWORD_CHARS <= size <= MAX_DIGITS


def _is_quoted_secret(value: str, kind: SecretKind) -> bool:
    if has_letters_and_digits(value):
        return kind is not SecretKind.KEY or not READABLE.fullmatch(value) or len(value) >= MIN_KEY_CHARS
    if kind is not SecretKind.PASSWORD:
        return False
    return has_special(value) or is_unreadable_word(value)


def _is_plain_secret(value: str, kind: SecretKind, evidence: Evidence, *, is_equation: bool) -> bool:
    """Outside quotes, names and expressions of code follow an assignment as well, and words a verb."""
    if kind is SecretKind.KEY and SERVICE_KEY.fullmatch(value):
        return sum(map(str.isdigit, value)) >= MIN_DIGITS
    if not has_letters_and_digits(value) and not has_special(value):
        return evidence is Evidence.ASSIGNED and is_unreadable_word(value)
    if evidence <= Evidence.ADJACENT:
        return "/" not in value and (is_unreadable(value) or _is_weak_neighbour(value, kind, evidence))
    if kind is SecretKind.KEY and evidence is Evidence.PROSE:
        return _is_key_of_sentence(value)
    return _is_no_name(value, is_code=kind is SecretKind.KEY or is_equation)


def _is_key_of_sentence(value: str) -> bool:
    return is_unreadable(value) or _is_long_and_unreadable(value) or _longest_run_is_mixed(value)


def _is_no_name(value: str, *, is_code: bool) -> bool:
    """Whether it is no name of a variable; in sentences a digit at the end is enough."""
    is_name = IDENTIFIER.fullmatch(value) is not None
    if is_code:
        return "[" not in value and (not is_name or is_random(value))
    return not is_name or value[-1].isdigit()


def _is_weak_neighbour(value: str, kind: SecretKind, evidence: Evidence) -> bool:
    is_neighbour = evidence is Evidence.ADJACENT and kind is SecretKind.PASSWORD
    if not is_neighbour:
        return False
    is_row = NUMBER_INSIDE.fullmatch(value) is not None and has_both_cases(value)
    return is_row or WEAK_PASSWORD.fullmatch(value) is not None


def _is_long_and_unreadable(value: str) -> bool:
    has_both = len(value) >= MIN_ONE_CASE_CHARS and has_letters_and_digits(value)
    return has_both and not READABLE.fullmatch(value) and not UUID.fullmatch(value)


def _is_bare_key(value: str) -> bool:
    """Whether it is random to the eye, or begins and goes on as keys of services do."""
    if SERVICE_KEY.fullmatch(value):
        return _longest_run_is_mixed(value) or is_unreadable(value)
    if not BARE_KEY.fullmatch(value) or UUID.fullmatch(value) or _names_secret(value):
        return False
    if value.startswith("0x") or not has_both_cases(value) or _is_of_words(value):
        return False
    return is_random(value) or any(map(_is_mixed_run, SEPARATORS.split(value)))


def _is_of_words(value: str) -> bool:
    """Whether half of it are words in lower or camel case, as in `ThinkPadX1Carbon2023`."""
    return 2 * sum(map(len, WORD_PARTS.findall(value))) >= len(value)


def _longest_run_is_mixed(value: str) -> bool:
    """Whether letters and digits alternate without a separator, as in no word with a number."""
    run = max(SEPARATORS.split(value), key=len)
    is_long = len(run) >= MIN_MIXED_RUN_CHARS and run.isalnum()
    return (
        is_long and sum(map(str.isdigit, run)) >= MIN_DIGITS_OF_RUN and len(GROUPS.findall(run)) >= MIN_GROUPS
    )


def is_key_tail(value: str) -> bool:
    """Whether it holds a run as keys have it, which the words and numbers of names in CSS and code do not."""
    runs = SEPARATORS.split(value)
    if is_random(value) or any(map(_is_key_run, runs)):
        return True
    return has_both_cases(value) and not all(map(NAME_PART.fullmatch, runs)) and not _is_of_words(value)


def _is_mixed_run(run: str) -> bool:
    has_digits = sum(map(str.isdigit, run)) >= MIN_DIGITS_OF_BARE_KEY
    return has_digits and len(run) >= MIN_UNREADABLE_RUN_CHARS and not READABLE.fullmatch(run)


def _is_key_run(run: str) -> bool:
    digits = sum(map(str.isdigit, run))
    if _is_mixed_run(run):
        return True
    if len(run) >= MIN_RUN_CHARS_WITH_DIGIT and 0 < digits < len(run) and not run[-1].isdigit():
        return True
    if len(run) >= MIN_ONE_CASE_CHARS and (digits >= MIN_DIGITS_OF_RUN or is_unreadable_word(run)):
        return True
    is_row = len(run) >= MIN_LETTER_RUN_CHARS and len(set(run)) >= MIN_LETTERS
    return (is_row and (run.islower() or not CAMEL_CASE.fullmatch(run))) or _longest_run_is_mixed(run)


def _names_secret(value: str) -> bool:
    """Whether it is a name of code, such as `OAuth2PasswordBearer`, with a word for a secret in it."""
    is_name = "_" in value or "." in value or (value[-1].isalpha() and has_both_cases(value))
    if not is_name or has_special(value):
        return False
    return any(name.kind is not SecretKind.BARE_KEY for name in secret_names(value))


def takes_marks(value: str) -> bool:
    """Whether a mark at the end of a line may belong to it; behind a word and a number it does not."""
    return any(map(str.isdigit, value)) and not WEAK_PASSWORD.fullmatch(value) and not value.isdigit()


def is_random(value: str) -> bool:
    """Whether it is a string of high entropy, and no UUID."""
    min_digits = MIN_DIGITS_OF_LONG if len(value) >= LONG_CHARS else MIN_DIGITS
    if UUID.fullmatch(value) or sum(map(str.isdigit, value)) < min_digits:
        return False
    if _names_secret(value):
        return False
    bits = entropy(value)
    if HEX.fullmatch(value):
        return bits >= MIN_HEX_ENTROPY_BITS
    return bits >= MIN_ENTROPY_BITS and has_both_cases(value)
