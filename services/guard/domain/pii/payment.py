"""Payment cards and IBANs by their check digits, also next to other digits."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from stdnum import iban, luhn, numdb

from services.guard.domain.pii.recogniser import Recogniser
from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.windowed_search import matches

DIGIT_GROUPS = re.compile(r"(?<!\d)(?<!\d[.,])\d+(?:(?: {1,2}| ?[-\u2010-\u2015.] ?)\d+)*")
GROUP = re.compile(r"\d+")
CARD_LENGTHS = range(13, 20)
MIN_RUN_CHARS = 12
ANY_NETWORK_LENGTHS = frozenset({15, 16})
MIN_FIRST_GROUP_DIGITS = 4
UNEVEN_GROUPS = ((4, 6, 5), (4, 6, 4))
NETWORKS: Sequence[tuple[re.Pattern[str], frozenset[int]]] = (
    (re.compile(r"4"), frozenset({13, 16, 19})),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), frozenset({16})),
    (re.compile(r"3[47]"), frozenset({15})),
    (re.compile(r"30[0-5]|3095|3[689]"), frozenset({14, 16, 19})),
    (re.compile(r"6011|64[4-9]|65|62|60|81|82|508|220[0-4]|9792"), frozenset({16, 17, 18, 19})),
    (re.compile(r"35"), frozenset({16, 17, 18, 19})),
    (re.compile(r"2131|1800"), frozenset({15})),
    (re.compile(r"50|5[6-9]|6[0-9]"), frozenset({13, 14, 15, 16, 17, 18, 19})),
    (re.compile(r"5018|5020|5038|5[678]|6304|6759|676[1-3]|0604|6390"), frozenset({12})),
)
"""First digits and lengths of card numbers: the ISO/IEC 7812 ranges that Visa, Mastercard, Amex, Diners,
Discover, JCB and Maestro publish."""

IBAN_START = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?=[ -]?[A-Za-z0-9])")
LETTER_OR_DIGIT = re.compile(r"[ -]?([A-Za-z0-9])")


def card_numbers(text: str) -> Iterator[CharSpan]:
    """Card numbers with a valid check digit, without overlaps, also next to an expiry date or digits."""
    for run in DIGIT_GROUPS.finditer(text):
        if len(run.group()) < MIN_RUN_CHARS:
            continue
        groups = [match.span() for match in GROUP.finditer(text, *run.span())]
        last_end = 0
        for index, (start, _) in enumerate(groups):
            if start < last_end or _is_fraction(text, start, index):
                continue
            end = next((end for end in _card_ends(groups, index) if _is_card(text, start, end, run)), None)
            if end is not None:
                yield start, end
                last_end = end


def _is_fraction(text: str, start: int, index: int) -> bool:
    return index > 0 and text[start - 1] == "."


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
        if end - start < size:
            break
    sizes = tuple(end - start for start, end in groups[first : first + 3])
    if sizes in UNEVEN_GROUPS:
        ends.append(groups[first + 2][1])
    yield from reversed(ends)


def _is_card(text: str, start: int, end: int, run: re.Match[str]) -> bool:
    digits = "".join(GROUP.findall(text, start, end))
    is_whole_run = (start, end) == run.span() and len(digits) in ANY_NETWORK_LENGTHS
    is_of_network = any(len(digits) in lengths and prefix.match(digits) for prefix, lengths in NETWORKS)
    return (is_whole_run or is_of_network) and len(set(digits)) > 1 and luhn.is_valid(digits)


def ibans(text: str) -> Iterator[CharSpan]:
    """IBANs of their country's length with valid check digits, in any case and grouping."""
    for match in matches(IBAN_START, text):
        length = _iban_length(match.group()[:2].upper())
        end = _iban_end(text, match.start(), length) if length else None
        if end is not None and iban.is_valid(text[match.start() : end]):
            yield match.start(), end


def _iban_end(text: str, start: int, length: int) -> int | None:
    """The end of `length` letters and digits; None if there are fewer or the word is longer."""
    end = start
    for _ in range(length):
        match = LETTER_OR_DIGIT.match(text, end)
        if match is None:
            return None
        end = match.end()
    return None if text[end : end + 1].isalnum() else end


@lru_cache(maxsize=700)
def _iban_length(country: str) -> int | None:
    """The number of letters and digits of a country's IBAN; None if the country has no IBANs."""
    properties = numdb.get("iban").info(country + "00")[0][1]
    parts = re.findall(r"\d+", properties.get("bban", ""))
    return 4 + sum(int(part) for part in parts) if parts else None


RECOGNISERS = (
    Recogniser("IBAN_CODE", ibans, min_digits=8, rank=30, is_for_ids=True),
    Recogniser("CREDIT_CARD", card_numbers, min_digits=12, rank=50),
)
