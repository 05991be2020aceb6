"""Payment cards and IBANs by their check digits, also next to other digits."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from stdnum import iban, luhn, numdb

from services.guard.domain.pii.context import context_words, is_cell
from services.guard.domain.pii.number_labels import (
    CARD,
    MAX_FILLERS,
    NOT_PERSONAL,
    PAYMENT,
    NumberLabel,
    has_own_word,
    number_label,
)
from services.guard.domain.pii.recogniser import Recogniser
from services.guard.domain.text.boundaries import LATIN_OR_DIGIT
from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.windowed_search import matches

DIGIT_GROUPS = re.compile(r"(?<!\d)(?<!\d\.)\d+(?:(?: {1,2}| ?[-\u2010-\u2015.] ?)\d+)*")
GROUP = re.compile(r"\d+")
DIGIT_AND_COMMA = re.compile(r"\d,\Z")
WORD_CHARACTER = re.compile(r"[A-Za-z_]")
CARD_WORDS = context_words(
    r"cards?", "visa", "mastercard", "amex", r"(?:kredit|debit|bank|ec-?)?karten?(?:nummer|nr)?", r"cartes?",
    r"carta", r"tarjetas?", r"cart[ãa]o", "kaart", r"kredi kart\w{0,6}", r"kart(?:y|ę|ą|a)", "kort",
    r"карт[аыеуой]{1,2}", unspaced=("卡", "カード", "카드"),
)  # fmt: skip
CARD_LENGTHS = range(12, 20)
MIN_RUN_CHARS = 12
MIN_FIRST_GROUP_DIGITS, MAX_GROUP_DIGITS = 4, 8
UNEVEN_GROUPS = ((4, 6, 5), (4, 6, 4))
NETWORKS: Sequence[tuple[re.Pattern[str], frozenset[int]]] = (
    (re.compile(r"4"), frozenset({16})),  # Visa
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), frozenset({16})),  # Mastercard
    (re.compile(r"3[47]"), frozenset({15})),  # American Express
    (re.compile(r"30[0-5]|3095|3[689]"), frozenset({14})),  # Diners Club
    (re.compile(r"6011|64[4-9]|65"), frozenset({16})),  # Discover; Troy, RuPay and Elo have parts of 65
    (re.compile(r"352[89]|35[3-8]"), frozenset({16})),  # JCB
    (re.compile(r"2131|1800"), frozenset({15})),  # JCB
    (re.compile(r"62|81"), frozenset({16, 19})),  # UnionPay
    (re.compile(r"220[0-4]"), frozenset({16})),  # Mir
    (re.compile(r"9792"), frozenset({16})),  # Troy
    (re.compile(r"60|82|508"), frozenset({16})),  # RuPay; Hipercard has 606282
    (re.compile(r"506(?:699|7[0-7])|509|5041|63(?:6[23]|70)"), frozenset({16})),  # Elo and Hiper
    (re.compile(r"506(?:099|1)|5078|5079"), frozenset({16})),  # Verve
)
"""First digits and lengths of most card numbers, which ISO/IEC 7812 assigns to networks.

Sources: the ranges and lengths of credit-card-type by Braintree (MIT), and those that NPCI states for RuPay.
"""
RARE_NETWORKS: Sequence[tuple[re.Pattern[str], frozenset[int]]] = (
    (re.compile(r"4"), frozenset({13, 18, 19})),
    (re.compile(r"3(?:0[0-5]|095|[689])|6011|64[4-9]|65|62|35"), frozenset({16, 17, 18, 19})),
    (re.compile(r"220[0-4]|506"), frozenset({17, 18, 19})),
    (re.compile(r"50|5[6-9]|6|0604"), frozenset(range(12, 20))),
)
"""Ranges and lengths that few cards have, such as those of Maestro: other long numbers have them too, so that
digits alone are a card only beside a word for one."""

HEX_BEFORE = re.compile(r"(?<![A-Za-z0-9])(?:[0-9]{1,31}[A-Fa-f]|[A-Fa-f]{1,31}[0-9])[0-9A-Fa-f]{0,31}-\Z")
HEX_BEHIND = re.compile(r"-(?:[0-9]{1,31}[A-Fa-f]|[A-Fa-f]{1,31}[0-9])[0-9A-Fa-f]{0,31}(?![A-Za-z0-9])")
"""A group of a hexadecimal id beside digits of it."""
MAX_HEX_CHARS = 66
_THINGS = (
    r"account|app|channel|chat|client|comment|customer|device|doc|event|file|group|gu|image|item|job|key|log|media|member"
    r"|message|msg|node|object|order|page|parent|photo|post|product|request|resource|row|session|span|status|task|thread"
    r"|ticket|trace|transaction|trans|tweet|txn?|user|uu|video"
)
"""Things whose ids are written as one word in small or capital letters, as in `orderid`."""
ID_BEFORE = re.compile(
    r"(?:(?<![^\W_])(?!(?:my|your|his|her|our|the)[ _-])[^\W\d_]{2,24}(?:[ _-](?:id|ID|Id)|(?<=[a-z])I[dD])"
    rf"|(?<![^\W_])(?i:{_THINGS})(?i:id))s?[\"']?[ ]?[:=#]?[ \"']{{0,2}}\Z"
)
GROUP_BEFORE = re.compile(r"\d[ -]\Z")
MAX_ID_CHARS = 36
"""The id of a thing, such as a key, before the number."""
IBAN_START = re.compile(r"(?:(?<![A-Za-z0-9])|(?<=IBAN))[A-Za-z]{2}\d{2}(?=[ -]?[A-Za-z0-9])")
ALL_DIGITS = re.compile(r"[A-Z]{2}[\d -]{13,64}")
LETTER_OR_DIGIT = re.compile(r"[ -]?([A-Za-z0-9])")


def card_numbers(text: str) -> Iterator[CharSpan]:
    """Card numbers of a network with a valid check digit, without overlaps, also next to an expiry date."""
    for run in DIGIT_GROUPS.finditer(text):
        if len(run.group()) < MIN_RUN_CHARS or _is_decimal(text, run):
            continue
        groups = [match.span() for match in GROUP.finditer(text, *run.span())]
        last_end = 0
        for index, (start, _) in enumerate(groups):
            if start < last_end or _is_fraction(text, start, index):
                continue
            ends = _card_ends(groups, index)
            end = next((end for end in ends if _is_card(text, start, end)), None)
            if end is not None:
                yield start, end
                last_end = end


def _is_decimal(text: str, run: re.Match[str]) -> bool:
    """Whether the digits follow a decimal comma, and no comma between the cells of a table."""
    has_comma = DIGIT_AND_COMMA.search(text, max(0, run.start() - 2), run.start()) is not None
    return has_comma and not is_cell(text, *run.span())


def _is_fraction(text: str, start: int, index: int) -> bool:
    """Whether digits follow a decimal point, also one without a digit before it."""
    if text[start - 1 : start] != ".":
        return False
    return index > 0 or not text[max(0, start - 2) : start - 1].isalpha()


def _card_ends(groups: Sequence[CharSpan], first: int) -> Iterator[int]:
    """Possible ends of a card that starts with this group, the longest first.

    The groups of a card are equal but for a shorter last one, or they have the sizes of UNEVEN_GROUPS.
    """
    size = groups[first][1] - groups[first][0]
    if size < MIN_FIRST_GROUP_DIGITS and first:
        return
    ends: list[int] = []
    digits = 0
    for start, end in groups[first : first + CARD_LENGTHS[-1]]:
        digits += end - start
        if end - start > size or digits > CARD_LENGTHS[-1]:
            break
        ends.append(end)
        if end - start < size or size > MAX_GROUP_DIGITS:
            break
    sizes = tuple(end - start for start, end in groups[first : first + 3])
    if sizes in UNEVEN_GROUPS:
        ends.append(groups[first + 2][1])
    yield from reversed(ends)


def _is_card(text: str, start: int, end: int) -> bool:
    digits = "".join(GROUP.findall(text, start, end))
    if len(set(digits)) == 1 or not (_is_of(NETWORKS, digits) or _is_of(RARE_NETWORKS, digits)):
        return False
    return luhn.is_valid(digits) and _is_in_place_of_card(text, start, end, digits)


def _is_of(networks: Sequence[tuple[re.Pattern[str], frozenset[int]]], digits: str) -> bool:
    return any(len(digits) in lengths and prefix.match(digits) for prefix, lengths in networks)


def _is_in_place_of_card(text: str, start: int, end: int, digits: str) -> bool:
    """Whether the number is grouped like a card, named as one, or of a usual range and without other name."""
    is_grouped = end - start > len(digits)
    label = number_label(text, start, end)
    if label is not None and label.kind in {CARD, PAYMENT}:
        return True
    if _is_part_of_code(text, start, end):
        return False
    if not _is_of(NETWORKS, digits):
        is_part = GROUP_BEFORE.search(text, max(0, start - 2), start) is not None
        return is_grouped and not is_part and not _is_otherwise(label)
    if is_grouped:
        return True
    return _is_bare_card(text, start, label)


def _is_bare_card(text: str, start: int, label: NumberLabel | None) -> bool:
    """Whether digits alone are a card: no id of a thing, and named as nothing else unless as a card, too."""
    if label is None:
        return ID_BEFORE.search(text, max(0, start - MAX_ID_CHARS), start) is None
    return not _is_otherwise(label) or label.fillers > MAX_FILLERS or has_own_word(text, start, CARD_WORDS)


def _is_part_of_code(text: str, start: int, end: int) -> bool:
    """Whether letters or hexadecimal groups stand directly beside the number."""
    if WORD_CHARACTER.match(text, end) or WORD_CHARACTER.match(text, max(0, start - 1), start):
        return True
    is_behind_hex = HEX_BEFORE.search(text, max(0, start - MAX_HEX_CHARS), start) is not None
    return is_behind_hex or HEX_BEHIND.match(text, end) is not None


def _is_otherwise(label: NumberLabel | None) -> bool:
    """Whether the label is directly beside the number, and of a business or a program."""
    return label is not None and label.is_direct and label.kind in NOT_PERSONAL


def ibans(text: str) -> Iterator[CharSpan]:
    """IBANs of their country's length with valid check digits, in any case and grouping."""
    for match in matches(IBAN_START, text):
        length = iban_length(match.group()[:2].upper())
        end = _iban_end(text, match.start(), length) if length else None
        if end is not None and is_iban(text[match.start() : end]):
            yield match.start(), end


def is_iban(number: str) -> bool:
    """Whether it has an IBAN's check digits; those of the bank, which differ in age and use, do not count."""
    return iban.is_valid(number, check_country=False)


def _iban_end(text: str, start: int, length: int) -> int | None:
    """The end of `length` letters and digits; None if there are fewer or the word is longer."""
    end = start
    for _ in range(length):
        match = LETTER_OR_DIGIT.match(text, end)
        if match is None:
            return None
        end = match.end()
    return end if ends_iban(text, start, end) else None


def ends_iban(text: str, start: int, end: int) -> bool:
    """Whether an IBAN may end here: at a boundary, or behind digits alone before a word in small letters."""
    if LATIN_OR_DIGIT.match(text, end) is None:
        return True
    return text[end].islower() and ALL_DIGITS.fullmatch(text, start, end) is not None


@lru_cache(maxsize=700)
def iban_length(country: str) -> int | None:
    """The number of letters and digits of a country's IBAN; None if the country has no IBANs."""
    properties = numdb.get("iban").info(country + "00")[0][1]
    parts = re.findall(r"\d+", properties.get("bban", ""))
    return 4 + sum(int(part) for part in parts) if parts else None


RECOGNISERS = (
    Recogniser("IBAN_CODE", ibans, min_digits=8, rank=30, is_for_ids=True),
    Recogniser("CREDIT_CARD", card_numbers, min_digits=12, rank=50),
)
