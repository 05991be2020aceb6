"""Passwords and keys that no shape tells: values given to a name like `password`, and random strings beside a word for a key."""

import math
import re
from collections import Counter
from collections.abc import Iterator

from services.guard.domain.pii.payment import Range
from services.guard.domain.text.windowed_search import matches

_PASSWORD = r"pass(?:word|wd|phrase|code)|pwd|passwort|kennwort|contrase[ñn]a|mot[ _]de[ _]passe|senha|wachtwoord|parola[ _]d.ordine"  # noqa: S105 - names of passwords, not one
_KEY = (
    r"api[ _-]?key|apikey|(?:access|private|secret|encryption|signing|master|shared|account|license|auth"
    r"|client)[ _-]?(?:key|secret|token)|secret|token|credentials?"
)
ASSIGNMENT = re.compile(
    rf"(?P<name>(?:{_PASSWORD})|(?:{_KEY}))[A-Za-z0-9_]{{0,24}}[\"'`\]]{{0,2}}"
    r"(?P<sign>[ \t]{0,4}(?:=>|:=|[:=])[ \t]{0,4}|[ ]{1,2}(?:is|ist|es|est|lautet|era|[èé])(?:[ ]?:)?[ ])"
    r"(?:[rbuf]?(?P<quote>[\"'`]))?(?P<value>(?(quote)[^\s\"'`]{4,400}+|(?:[^\s\"'`,;<>|&]|&(?!\w{1,30}=)){4,400}+))(?P<close>(?(quote)[\"'`]|))",
    re.IGNORECASE,
)
LINE_OF_ENVIRONMENT = re.compile(r"(?:^|\n|[ ])[A-Z][A-Z0-9_]{0,60}\Z")
IS_PASSWORD = re.compile(_PASSWORD, re.IGNORECASE)
PLACEHOLDER = re.compile(
    r"[$<{%*\[(\\].*|.*(?:\(|\{|\$\{|\{\{|\.\.\.|\*\*\*|xxx|<|://).*|(?:your|my|the|some|enter|insert|new|old|user|test|fake|dummy|sample|example|default)[_-].*|"
    r"(?:example|change_?me|placeholder|dummy|test|none|null|nil|true|false|undefined|string|str|int|bool|required|optional|redacted|hidden|empty|todo|secret|token|password|"
    r"passwd|pass|invalid|wrong|correct|valid|strong|weak|undefined|encrypted|hashed)[\w!.,:;?)]{0,3}|.*(?:environ|getenv|process\.env|secrets?\.|config\.|settings\.|self\.|this\.).*|(.)\1*",
    re.IGNORECASE,
)
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z_]*\d{0,1}|[A-Za-z_]\w*(?:[.:/]+[A-Za-z_]\w*)+")
PUNCTUATION = ".,;:!?)]}\\"

RANDOM = re.compile(
    r"(?<![\w+/=.:@-])(?:[A-Za-z0-9_-]{20,200}+|[A-Za-z0-9+/]{20,200}+={0,2})(?![\w+/.@-]{1,3})"
)
NAMED = re.compile(
    rf"(?<![A-Za-z])(?:{_PASSWORD}|{_KEY}|keys?|bearer|auth\w{{0,10}}|schl[üu]ssel|clave|cl[ée]|chiave|chave|sleutel)(?![a-z])",
    re.IGNORECASE,
)
NO_SECRET = re.compile(
    r"(?<![a-z])(?:sha\d{0,3}|md5|commit|hash|checksum|digest|integrity|etag|uuid|revision|rev|fingerprint|public|csrf|path|file|import|url|http|id|ids)(?![a-z])|/\w",
    re.IGNORECASE,
)
HEX = re.compile(r"[0-9a-f]{32,128}|[0-9A-F]{32,128}")
UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
NEAR = 48
ENOUGH_BITS, ENOUGH_HEX_BITS = 3.8, 3.0
FEWEST_DIGITS, FEWEST_OF_LONG, LONG = 3, 1, 32
HINTS = (
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
"""One of them is in every name that ASSIGNMENT knows."""
SHORTEST_PASSWORD, SHORTEST_KEY = 5, 8


def assigned_secrets(text: str) -> Iterator[Range]:
    """What is given to a name for a password or key and is no placeholder, no name of a variable and no word of a sentence."""
    small = text.lower()
    if not any(hint in small for hint in HINTS):
        return
    for match in matches(ASSIGNMENT, text):
        value = match["value"].rstrip(PUNCTUATION) if not match["quote"] else match["value"]
        if match["quote"] and not match["close"]:
            continue
        shortest = SHORTEST_PASSWORD if IS_PASSWORD.match(match["name"]) else SHORTEST_KEY
        if len(value) >= shortest and not PLACEHOLDER.fullmatch(value) and _is_secret(text, match, value):
            yield match.start("value"), match.start("value") + len(value)


def _is_secret(text: str, match: re.Match[str], value: str) -> bool:
    is_mixed = any(character.isdigit() for character in value) and any(
        character.isalpha() for character in value
    )
    if match["quote"]:
        is_password = IS_PASSWORD.match(match["name"]) is not None
        return is_mixed or (is_password and not value.islower() and not IDENTIFIER.fullmatch(value))
    is_environment = (
        match["sign"] == "="
        and match["name"].isupper()
        and LINE_OF_ENVIRONMENT.search(text, max(0, match.start() - NEAR), match.start() + 1)
    )
    if is_environment:
        return True
    if IS_PASSWORD.match(match["name"]) and (value.isdigit() or (is_mixed and match["sign"] != "=")):
        return True
    is_odd = is_mixed or any(not (character.isalnum() or character in "_-.'[]") for character in value)
    return is_odd and "[" not in value and (not IDENTIFIER.fullmatch(value) or _is_random(value))


def random_secrets(text: str) -> Iterator[Range]:
    """Long strings of high entropy shortly behind a word for a key; digests, UUIDs and paths are none."""
    for match in matches(RANDOM, text):
        value = match.group()
        if not _is_random(value):
            continue
        before = text[max(0, match.start() - NEAR) : match.start()]
        if NAMED.search(before) and not NO_SECRET.search(before):
            yield match.span()


def _is_random(value: str) -> bool:
    if UUID.fullmatch(value) or sum(map(str.isdigit, value)) < (
        FEWEST_OF_LONG if len(value) >= LONG else FEWEST_DIGITS
    ):
        return False
    bits = entropy(value)
    if HEX.fullmatch(value):
        return bits >= ENOUGH_HEX_BITS
    return (
        bits >= ENOUGH_BITS
        and any(character.islower() for character in value)
        and any(character.isupper() for character in value)
    )


def entropy(value: str) -> float:
    """Shannon's, in bits a character."""
    return -sum(count / len(value) * math.log2(count / len(value)) for count in Counter(value).values())
