"""Secrets without a known format and without a name: random strings shortly after a word for a key."""

import re
from collections.abc import Iterator

from services.guard.domain.pii.recogniser import Recogniser
from services.guard.domain.secrets.values import READABLE, entropy, is_random
from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.windowed_search import matches

__all__ = ["RECOGNISERS", "entropy", "random_secrets"]

RANDOM = re.compile(
    r"(?<![\w+/=.:@-])(?:[A-Za-z0-9_-]{20,200}+|[A-Za-z0-9+/]{20,200}+={0,2})(?![\w+/.@-]{1,3})"
)
KEY_WORD = re.compile(
    r"(?<![A-Za-z])(?:pass(?:word|wd|phrase|code)|pwd|passwort|kennwort|contrase[ñn]a|mot[ _]de[ _]passe"
    r"|senha"
    r"|wachtwoord|parola[ _]d.ordine"
    r"|api[ _-]?key|apikey|(?:access|private|secret|encryption|signing|master|shared|account|license|auth"
    r"|client)[ _-]?(?:key|secret|token)|secret|token|credentials?|keys?|bearer|auth\w{0,10}"
    r"|schl[üu]ssel|clave|cl[ée]|chiave|chave|sleutel)(?![a-z])",
    re.IGNORECASE,
)
NO_SECRET_WORD = re.compile(
    r"(?<![a-z])(?:sha\d{0,3}|md5|commit|hash|checksum|digest|integrity|etag|uuid|revision|rev|fingerprint"
    r"|public|publishable|site|cursor|csrf|path|file|import|url|http|id|ids)(?![a-z])|/\w",
    re.IGNORECASE,
)
MAX_DISTANCE_CHARS = 48
"""Between the begin of a value and the begin of the text before it that is searched."""


def random_secrets(text: str) -> Iterator[CharSpan]:
    """Long strings of high entropy shortly after a word for a key, without digests, UUIDs and paths."""
    for match in matches(RANDOM, text):
        if not _is_random_word(match.group()):
            continue
        before = text[max(0, match.start() - MAX_DISTANCE_CHARS) : match.start()]
        if KEY_WORD.search(before) and not NO_SECRET_WORD.search(before):
            yield match.span()


def _is_random_word(word: str) -> bool:
    """Whether it is random, and neither a number of code nor a long name in camel case."""
    return not word.startswith("0x") and is_random(word) and READABLE.fullmatch(word) is None


RECOGNISERS = (Recogniser("SECRET", random_secrets, rank=12),)
