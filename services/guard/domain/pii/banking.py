"""Numbers of banks and accounts that have a weak check digit or none, and therefore need a word beside them."""

import re
from collections.abc import Iterator

from stdnum import bic
from stdnum.us import rtn

from services.guard.domain.pii.context import context_words, has_context
from services.guard.domain.pii.payment import Range
from services.guard.domain.text.windowed_search import matches

ABA = re.compile(r"(?<![^\W_])(?<!\d[.-])[0-3]\d{8}(?![^\W_]|[.-]\d)")
ABA_NAMES = context_words("aba", "rtn", r"routing")
BIC = re.compile(r"(?<![^\W_])[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?(?![^\W_])", re.IGNORECASE)
BIC_NAMES = context_words("bic", "swift")
SORT_CODE = re.compile(r"(?<![^\W_])(?<!\d-)\d{2}-\d{2}-\d{2}(?![^\W_]|-\d)")
SORT_NAMES = context_words(r"sort[ -]?code", "sc")
ACCOUNT = re.compile(r"(?<![^\W_])(?<!\d[.,])\d(?:[ -]?\d){5,16}(?![^\W_]|[.,]\d)")
ACCOUNT_NAMES = re.compile(
    r"(?<![^\W_])(?:(?:bank|checking|savings|giro|current)? ?(?:account|acct|a/c) ?(?:number|no|nr|num|#)?|konto(?:nummer|nr|-nr)?|"
    r"(?:n[ºo°]\.? de )?cuenta(?: bancaria)?|num[ée]ro de compte|numero di conto|conto corrente"
    r"|rekening(?:nummer)?|conta(?: corrente)?|num[ée]ro da conta)"
    r"\.?(?: is| lautet| est| es| [èé])?[ ]?[:#=\"']{0,3} ?[\"']?\Z",
    re.IGNORECASE,
)
LONGEST_NAME = 40


def routing_numbers(text: str) -> Iterator[Range]:
    """American bank codes with a right check digit."""
    for match in matches(ABA, text):
        if rtn.is_valid(match.group()) and has_context(text, *match.span(), ABA_NAMES):
            yield match.span()


def bank_codes(text: str) -> Iterator[Range]:
    """SWIFT codes of a country that exists, and British sort codes."""
    for match in matches(BIC, text):
        if (
            has_context(text, *match.span(), BIC_NAMES)
            and bic.is_valid(match.group())
            and not _is_word(match.group())
        ):
            yield match.span()
    yield from (
        match.span() for match in matches(SORT_CODE, text) if has_context(text, *match.span(), SORT_NAMES)
    )


def account_numbers(text: str) -> Iterator[Range]:
    """Digits directly behind the word for an account."""
    for match in matches(ACCOUNT, text):
        if ACCOUNT_NAMES.search(text, max(0, match.start() - LONGEST_NAME), match.start()):
            yield match.span()


def _is_word(written: str) -> bool:
    """Words of eight or eleven letters are words unless they are written large."""
    return written.isalpha() and not written.isupper()
