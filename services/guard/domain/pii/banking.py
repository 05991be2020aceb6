"""Bank codes and account numbers, which have a weak check digit or none and therefore need a context word."""

import re
from collections.abc import Iterator

from stdnum import bic
from stdnum.us import rtn

from services.guard.domain.pii.context import context_words, has_context
from services.guard.domain.pii.recogniser import Recogniser
from services.guard.domain.text.boundaries import NO_LATIN_BEFORE, NO_LATIN_BEHIND
from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.windowed_search import matches

ABA = re.compile(rf"{NO_LATIN_BEFORE}(?<!\d[.-])[0-3]\d{{8}}{NO_LATIN_BEHIND}(?![.-]\d)")
ABA_WORDS = context_words("aba", "rtn", r"routing")
BIC = re.compile(
    rf"{NO_LATIN_BEFORE}[A-Z]{{4}}[A-Z]{{2}}[A-Z0-9]{{2}}(?:[A-Z0-9]{{3}})?{NO_LATIN_BEHIND}", re.IGNORECASE
)
BIC_WORDS = context_words("bic", "swift")
SORT_CODE = re.compile(rf"{NO_LATIN_BEFORE}(?<!\d-)\d{{2}}-\d{{2}}-\d{{2}}{NO_LATIN_BEHIND}(?!-\d)")
SORT_CODE_WORDS = context_words(r"sort[ -]?code", "sc")
ACCOUNT = re.compile(rf"{NO_LATIN_BEFORE}(?<!\d[.,])\d(?:[ -]?\d){{5,16}}{NO_LATIN_BEHIND}(?![.,]\d)")
ACCOUNT_WORD_BEFORE = re.compile(
    r"(?<![^\W_])(?:(?:bank|checking|savings|giro|current)? ?(?:account|acct|a/c) ?(?:number|no|nr|num"
    r"|#)?|konto(?:nummer|nr|-nr)?|"
    r"(?:n[ºo°]\.? de )?cuenta(?: bancaria)?|num[ée]ro de compte|numero di conto|conto corrente"
    r"|rekening(?:nummer)?|conta(?: corrente)?|num[ée]ro da conta)"
    r"\.?(?: is| lautet| est| es| [èé])?[ ]?[:#=\"']{0,3} ?[\"']?\Z",
    re.IGNORECASE,
)
MAX_ACCOUNT_WORD_CHARS = 40
RUSSIAN_ACCOUNT = re.compile(
    rf"{NO_LATIN_BEFORE}(?:40[1-8]|42[0-6]|30[12]|47[4-6]|454|455)\d{{2}}[ ]?810"
    rf"[ ]?\d[ ]?\d{{4}}[ ]?\d{{7}}{NO_LATIN_BEHIND}"
)
RUSSIAN_ACCOUNT_WORDS = context_words(
    r"сч[её]т\w{0,3}", r"[\u0440\u043a\u043b]/\u0441", r"account\w{0,2}", "iban", r"реквизит\w{1,3}"
)
"""Also words for a bill or score, so that the form of the number decides."""


def routing_numbers(text: str) -> Iterator[CharSpan]:
    """ABA routing numbers of American banks with a valid check digit."""
    for match in matches(ABA, text):
        if rtn.is_valid(match.group()) and has_context(text, *match.span(), ABA_WORDS):
            yield match.span()


def bank_codes(text: str) -> Iterator[CharSpan]:
    """SWIFT codes (BIC) with a valid country, and British sort codes."""
    for match in matches(BIC, text):
        has_word = has_context(text, *match.span(), BIC_WORDS)
        if has_word and bic.is_valid(match.group()) and not _is_word(match.group()):
            yield match.span()
    for match in matches(SORT_CODE, text):
        if has_context(text, *match.span(), SORT_CODE_WORDS):
            yield match.span()


def account_numbers(text: str) -> Iterator[CharSpan]:
    """Numbers of 6 to 17 digits directly after a word for an account, and Russian ones of 20 near it."""
    for match in matches(ACCOUNT, text):
        if ACCOUNT_WORD_BEFORE.search(text, max(0, match.start() - MAX_ACCOUNT_WORD_CHARS), match.start()):
            yield match.span()
    for match in matches(RUSSIAN_ACCOUNT, text):
        if has_context(text, *match.span(), RUSSIAN_ACCOUNT_WORDS):
            yield match.span()


def _is_word(code: str) -> bool:
    """Whether it may be an ordinary word: letters only, and not in capitals."""
    return code.isalpha() and not code.isupper()


RECOGNISERS = (
    Recogniser("BANK_ACCOUNT", routing_numbers, min_digits=9, rank=110),
    Recogniser("BANK_ACCOUNT", bank_codes, rank=111),
    Recogniser("BANK_ACCOUNT", account_numbers, min_digits=6, rank=112),
)
