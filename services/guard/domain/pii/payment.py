"""Numbers with a check digit: payment cards and IBANs, also with other digits beside them."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from stdnum import iban, luhn, numdb

from services.guard.domain.text.windowed_search import matches

Range = tuple[int, int]

DIGITS = re.compile(r"(?<!\d)(?<!\d[.,])\d+(?:(?: {1,2}| ?[-\u2010-\u2015.] ?)\d+)*")
GROUP = re.compile(r"\d+")
CARD_LENGTHS = range(13, 20)
FEWEST_OF_CARD = 12
UNNAMED_LENGTHS = frozenset({15, 16})
SHORTEST_FIRST_GROUP = 4
ODD_GROUPS = ((4, 6, 5), (4, 6, 4))
ISSUERS: Sequence[tuple[re.Pattern[str], frozenset[int]]] = (
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
"""First digits and lengths of the card networks (ISO/IEC 7812 ranges as Visa, Mastercard, Amex, Diners, Discover, JCB, Maestro publish them)."""

IBAN_START = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?=[ -]?[A-Za-z0-9])")
LETTER_OR_DIGIT = re.compile(r"[ -]?([A-Za-z0-9])")


def card_numbers(text: str) -> Iterator[Range]:
    """Card numbers with a right check digit, alone or beside an expiry date or code; each digit belongs to one card at most."""
    for run in DIGITS.finditer(text):
        if len(run.group()) < FEWEST_OF_CARD:
            continue
        groups = [match.span() for match in GROUP.finditer(text, *run.span())]
        over = 0
        for index, (start, _) in enumerate(groups):
            if start < over or _is_fraction(text, start, index):
                continue
            end = next((end for end in _card_ends(groups, index) if _is_card(text, start, end, run)), None)
            if end is not None:
                yield start, end
                over = end


def _is_fraction(text: str, start: int, index: int) -> bool:
    return index > 0 and text[start - 1] == "."


def _card_ends(groups: Sequence[Range], first: int) -> Iterator[int]:
    """Where a card that starts with this group may end: equal groups with a shorter last one, or a network's own pattern; longest first."""
    size = groups[first][1] - groups[first][0]
    if size < SHORTEST_FIRST_GROUP and first:
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
    three = tuple(end - start for start, end in groups[first : first + 3])
    if three in ODD_GROUPS:
        ends.append(groups[first + 2][1])
    yield from reversed(ends)


def _is_card(text: str, start: int, end: int, run: re.Match[str]) -> bool:
    digits = "".join(GROUP.findall(text, start, end))
    is_alone = (start, end) == run.span() and len(digits) in UNNAMED_LENGTHS
    is_named = any(len(digits) in lengths and first.match(digits) for first, lengths in ISSUERS)
    return (is_alone or is_named) and len(set(digits)) > 1 and luhn.is_valid(digits)


def ibans(text: str) -> Iterator[Range]:
    """Account numbers of a country's length with right check digits, in any case and grouping, whatever words follow."""
    for match in matches(IBAN_START, text):
        length = _iban_length(match.group()[:2].upper())
        end = _end_of(text, match.start(), length) if length else None
        if end is not None and iban.is_valid(text[match.start() : end]):
            yield match.start(), end


def _end_of(text: str, start: int, length: int) -> int | None:
    """Where `length` letters and digits are over, or None if there are fewer or the word goes on."""
    end = start
    for _ in range(length):
        step = LETTER_OR_DIGIT.match(text, end)
        if step is None:
            return None
        end = step.end()
    return None if text[end : end + 1].isalnum() else end


@lru_cache(maxsize=700)
def _iban_length(country: str) -> int | None:
    """Letters and digits of a country's IBAN; None where there is no such country."""
    facts = numdb.get("iban").info(country + "00")[0][1]
    parts = re.findall(r"\d+", facts.get("bban", ""))
    return 4 + sum(int(part) for part in parts) if parts else None
