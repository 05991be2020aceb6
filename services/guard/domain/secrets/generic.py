"""Secrets without a known format: values assigned to names like `password`, and random strings."""

import math
import re
from collections import Counter
from collections.abc import Iterator

from services.guard.domain.pii.recogniser import Recogniser
from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.windowed_search import matches

_PASSWORD_NAMES = (
    r"pass(?:word|wd|phrase|code)|pwd|passwort|kennwort|contrase[ñn]a|mot[ _]de[ _]passe|senha|wachtwoord"  # noqa: S105 - names of passwords
    r"|parola[ _]d.ordine"
)
_KEY_NAMES = (
    r"api[ _-]?key|apikey|(?:access|private|secret|encryption|signing|master|shared|account|license|auth"
    r"|client)[ _-]?(?:key|secret|token)|secret|token|credentials?"
)
ASSIGNMENT = re.compile(
    rf"(?P<name>(?:{_PASSWORD_NAMES})|(?:{_KEY_NAMES}))[A-Za-z0-9_]{{0,24}}[\"'`\]]{{0,2}}"
    r"(?P<sign>[ \t]{0,4}(?:=>|:=|[:=])[ \t]{0,4}|[ ]{1,2}(?:is|ist|es|est|lautet|era|[èé])(?:[ ]?:)?[ ])"
    r"(?:[rbuf]?(?P<quote>[\"'`]))?"
    r"(?P<value>(?(quote)[^\s\"'`]{4,400}+|(?:[^\s\"'`,;<>|&]|&(?!\w{1,30}=)){4,400}+))"
    r"(?P<close>(?(quote)[\"'`]|))",
    re.IGNORECASE,
)
VARIABLE_PREFIX = re.compile(r"(?:^|\n|[ ])[A-Z][A-Z0-9_]{0,60}\Z")
PASSWORD_NAME = re.compile(_PASSWORD_NAMES, re.IGNORECASE)
PLACEHOLDER = re.compile(
    r"[$<{%*\[(\\].*|.*(?:\(|\{|\$\{|\{\{|\.\.\.|\*\*\*|xxx|<|://).*"
    r"|(?:your|my|the|some|enter|insert|new|old|user|test|fake|dummy|sample|example|default)[_-].*|"
    r"(?:example|change_?me|placeholder|dummy|test|none|null|nil|true|false|undefined|string|str|int|bool"
    r"|required|optional|redacted|hidden|empty|todo|secret|token|password|"
    r"passwd|pass|invalid|wrong|correct|valid|strong|weak|undefined|encrypted|hashed)[\w!.,:;?)]{0,3}"
    r"|.*(?:environ|getenv|process\.env|secrets?\.|config\.|settings\.|self\.|this\.).*"
    r"|(.)\1*",
    re.IGNORECASE,
)
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z_]*\d{0,1}|[A-Za-z_]\w*(?:[.:/]+[A-Za-z_]\w*)+")
PUNCTUATION = ".,;:!?)]}\\"

RANDOM = re.compile(
    r"(?<![\w+/=.:@-])(?:[A-Za-z0-9_-]{20,200}+|[A-Za-z0-9+/]{20,200}+={0,2})(?![\w+/.@-]{1,3})"
)
KEY_WORD = re.compile(
    rf"(?<![A-Za-z])(?:{_PASSWORD_NAMES}|{_KEY_NAMES}|keys?|bearer|auth\w{{0,10}}"
    r"|schl[üu]ssel|clave|cl[ée]|chiave|chave|sleutel)(?![a-z])",
    re.IGNORECASE,
)
NO_SECRET_WORD = re.compile(
    r"(?<![a-z])(?:sha\d{0,3}|md5|commit|hash|checksum|digest|integrity|etag|uuid|revision|rev|fingerprint"
    r"|public|csrf|path|file|import|url|http|id|ids)(?![a-z])|/\w",
    re.IGNORECASE,
)
HEX = re.compile(r"[0-9a-f]{32,128}|[0-9A-F]{32,128}")
UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
MAX_DISTANCE_CHARS = 48
"""Between the begin of a value and the begin of the text before it that is searched."""
MIN_ENTROPY_BITS, MIN_HEX_ENTROPY_BITS = 3.8, 3.0
"""Per character."""
MIN_DIGITS, MIN_DIGITS_OF_LONG, LONG_CHARS = 3, 1, 32
REQUIRED_WORDS = (
    "pass",
    "pwd",
    "key",
    "token",
    "secret",
    "kennwort",
    "contrase",
    "senha",
    "wachtwoord",
    "parola",
    "credential",
)
"""Each name that ASSIGNMENT matches contains one of them."""
MIN_PASSWORD_CHARS, MIN_KEY_CHARS = 5, 8


def assigned_secrets(text: str) -> Iterator[CharSpan]:
    """Values assigned to a name of a password or key, except placeholders, variables and ordinary words."""
    lower = text.lower()
    if not any(word in lower for word in REQUIRED_WORDS):
        return
    for match in matches(ASSIGNMENT, text):
        if match["quote"] and not match["close"]:
            continue
        value = match["value"] if match["quote"] else match["value"].rstrip(PUNCTUATION)
        min_chars = MIN_PASSWORD_CHARS if PASSWORD_NAME.match(match["name"]) else MIN_KEY_CHARS
        if len(value) >= min_chars and not PLACEHOLDER.fullmatch(value) and _is_secret(text, match, value):
            yield match.start("value"), match.start("value") + len(value)


def _is_secret(text: str, match: re.Match[str], value: str) -> bool:
    is_password = PASSWORD_NAME.match(match["name"]) is not None
    if match["quote"]:
        return _is_quoted_secret(value, is_password=is_password)
    if _is_environment_variable(text, match):
        return True
    if is_password and (value.isdigit() or (_has_letters_and_digits(value) and match["sign"] != "=")):
        return True
    return _is_unquoted_secret(value)


def _is_quoted_secret(value: str, *, is_password: bool) -> bool:
    if _has_letters_and_digits(value):
        return True
    return is_password and not value.islower() and not IDENTIFIER.fullmatch(value)


def _is_unquoted_secret(value: str) -> bool:
    """Outside quotes, names and expressions of code follow an assignment as well."""
    if not _has_letters_and_digits(value) and not _has_special_character(value):
        return False
    return "[" not in value and (not IDENTIFIER.fullmatch(value) or _is_random(value))


def _is_environment_variable(text: str, match: re.Match[str]) -> bool:
    """Whether the assignment is `NAME=value` in capitals, at the start of a line or after a space."""
    if match["sign"] != "=" or not match["name"].isupper():
        return False
    start = match.start()
    return VARIABLE_PREFIX.search(text, max(0, start - MAX_DISTANCE_CHARS), start + 1) is not None


def _has_letters_and_digits(value: str) -> bool:
    return any(character.isdigit() for character in value) and any(character.isalpha() for character in value)


def _has_special_character(value: str) -> bool:
    return any(not (character.isalnum() or character in "_-.'[]") for character in value)


def random_secrets(text: str) -> Iterator[CharSpan]:
    """Long strings of high entropy shortly after a word for a key, without digests, UUIDs and paths."""
    for match in matches(RANDOM, text):
        if not _is_random(match.group()):
            continue
        before = text[max(0, match.start() - MAX_DISTANCE_CHARS) : match.start()]
        if KEY_WORD.search(before) and not NO_SECRET_WORD.search(before):
            yield match.span()


def _is_random(value: str) -> bool:
    min_digits = MIN_DIGITS_OF_LONG if len(value) >= LONG_CHARS else MIN_DIGITS
    if UUID.fullmatch(value) or sum(map(str.isdigit, value)) < min_digits:
        return False
    bits = entropy(value)
    if HEX.fullmatch(value):
        return bits >= MIN_HEX_ENTROPY_BITS
    return bits >= MIN_ENTROPY_BITS and _has_both_cases(value)


def _has_both_cases(value: str) -> bool:
    return any(character.islower() for character in value) and any(character.isupper() for character in value)


def entropy(value: str) -> float:
    """Shannon entropy, in bits per character."""
    return -sum(count / len(value) * math.log2(count / len(value)) for count in Counter(value).values())


RECOGNISERS = (
    Recogniser("SECRET", assigned_secrets, rank=11),
    Recogniser("SECRET", random_secrets, rank=12),
)
