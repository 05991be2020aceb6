"""Telephone numbers: international ones by their country's plan, national ones by grouping or context."""

import re
from collections.abc import Container, Iterator, Sequence

import phonenumbers

from services.guard.domain.pii.context import (
    context_words,
    has_context,
    is_cell,
)
from services.guard.domain.pii.number_labels import (
    NUMBER_LABELS,
    PHONE,
    is_labelled_not_personal,
    label_before,
    label_behind,
)
from services.guard.domain.pii.phone_context import has_phone_word
from services.guard.domain.pii.recogniser import Recogniser
from services.guard.domain.text.boundaries import NO_LATIN_BEFORE, NO_LATIN_BEHIND
from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.windowed_search import matches

_SEPARATOR = r"[ ./\u2010-\u2015-]"
_EXTENSION = r"(?:[ ,]{0,2}(?:x|ext\.?|extension|#|durchwahl|poste)[ .:]{0,2}\d{1,6})?"
_WORD_BEHIND = r"(?=[a-f]{0,12}[g-z]{1,12}[a-z])"
_WORD_BEFORE = r"(?:(?<=tel|fax)|(?<=phone|mobil)|(?<=mobile))"
INTERNATIONAL = re.compile(
    rf"(?:{NO_LATIN_BEFORE}|{_WORD_BEFORE}(?=\+))(?<![_+])(?<!\d\.)(?<![-+]\.)"
    rf"(?:\+|(?<![\d)=] )\+ |00 ?(?=[1-9]))\(?\d{{1,4}}\)?"
    rf"(?:{_SEPARATOR}?\(\d{{1,5}}\))?(?:{_SEPARATOR}{{0,2}}\d{{1,15}}){{1,8}}{_EXTENSION}",
    re.IGNORECASE,
)
NATIONAL = re.compile(
    rf"{NO_LATIN_BEFORE}(?<!\d[./:+-])(?<![^\W\d_]/)(?<![$€£+<])(?:\(\d{{1,5}}\)|\d{{1,14}}+)"
    rf"(?:(?:{_SEPARATOR}{{1,2}}| [/-] )\d{{1,14}}+"
    rf"|{_SEPARATOR}{{0,2}}\(\d{{1,5}}\)|(?<=\))\d{{1,14}}+){{0,7}}{_EXTENSION}"
    rf"(?:{NO_LATIN_BEHIND}|(?<=\d\d){_WORD_BEHIND})"
    rf"(?!{_SEPARATOR}{{1,2}}\d{{3,14}}+[A-Za-z]|[.:-]\d|%|[ ]?[€$£])",
    re.IGNORECASE,
)
GROUP = re.compile(r"\d+")
DIGIT_AND_COMMA, COMMA_AND_DIGIT = re.compile(r"\d,\Z"), re.compile(r",\d")
NUMBER_WORD_GAP = re.compile(r"[\W_]{0,4}(?:(?:numbers?|no|nr|id|code)[\W_]{1,4})?", re.IGNORECASE)
"""What may stand between a word such as "ticket" and its number, also if that looks like a telephone's."""
NO_PHONE_BEFORE = re.compile(
    r"(?<![^\W_])1Z[ A-Z0-9]{0,14}\Z|(?<![^\W_])(?!tel|fax|mob|fon)[a-z_]\w{0,14}\(\Z"
    r"|(?<![^\W_])(?!TEL|PHONE|FAX|MOB|FON|CELL|CALL|GSM|SMS|HANDY|WHATSAPP|U[KS]-)[A-Z][A-Z0-9]{1,11}[-_]\Z"
    r"|(?<![^\W_])(?i:cve|cwe|ghsa|rfc|pep|iso|iec|din|ieee|ansi|astm|nist|bsi|ean|doi)"
    r"(?:[ /-][A-Z]{2,5})?[ :_-]{1,2}\Z"
)
"""A parcel number of UPS, the arguments of a function, and the name of a register, standard or project."""
SINGLE_DIGITS = re.compile(r"(?<!\d)\d\.\d(?!\d)")
"""Of a number with hyphens, too, only a version or section: `1300-6.2.1`."""
MAX_CODE_CHARS = 24
LETTER = re.compile(r"[A-Za-z_]")
GLUED_WORD = re.compile(r"[a-f]{0,12}[g-z]|_(?![^\W_])")
"""A word, and no hexadecimal digits, behind a number without a space."""
GROUP_BEHIND = re.compile(rf"{_SEPARATOR}?\d")
EXTENSION = re.compile(r"[ ,]{0,2}(?:x|ext|#|durchwahl|poste).*", re.IGNORECASE)
TRUNK_ZERO = re.compile(r"\(0\)")
OTHER_NUMBER_WORDS = context_words(
    r"order\w{0,3}", r"account", r"invoice\w{0,2}", r"card", r"ticket", r"iban", r"id", r"version",
    r"isbn\w{0,4}", r"serial", r"reference", "ref", r"konto\w{0,6}", r"bestell\w{0,9}",
    r"rechnung\w{0,8}", r"tracking", r"case", r"ssn", r"routing", r"passport", r"licen[cs]e", r"product",
    r"model", r"part", r"patent", r"pin", r"code", r"zip", r"lottery", r"integers?", r"prime", r"list",
)  # fmt: skip
NORTH_AMERICAN = re.compile(
    rf"(?:1[ .-])?(?:\([2-9]\d{{2}}\)[ -]{{0,2}}|[2-9]\d{{2}}([.-]))\d{{3}}(?(1)\1|[ .-])\d{{4}}{_EXTENSION}",
    re.IGNORECASE,
)
GROUPED_TRUNK = re.compile(
    rf"(?:\(0\d{{1,5}}\)|0\d{{1,5}})(?:(?:{_SEPARATOR}{{1,2}}| [/-] )\d{{2,8}}){{1,5}}(?:-\d)?{_EXTENSION}",
    re.IGNORECASE,
)
OTHER_NUMBER = re.compile(
    r"\d{5}-\d{4}|(?:1\d|20)\d{2}[ \u2010-\u2015-]{1,3}(?:1\d|20)\d{2}|\d{1,5}\.\d+|(?:\d{1,2}[ ./-]){2}(?:19"
    r"|20)?\d{2}|(?:19|20)\d{2}-\d{5,7}|(?:19|20)\d{2}[ ./-]\d{1,2}[ ./-]\d{1,2}(?:[ T]\d.*)?"
)
SINGLE_DIGIT_ROW = re.compile(r"(?:\d[ ./-]){5,14}\d{1,3}")
REGION_HINTS: Sequence[tuple[re.Pattern[str], tuple[str, ...]]] = (
    (re.compile(r"\b(?:und|der|die|bitte|ich|ist|unter|nicht|mein|Sie)\b"), ("DE", "AT", "CH")),
    (re.compile(r"\b(?:le|les|est|mon|vous|je|une|pour|appelez|au)\b"), ("FR", "BE", "CH", "CA")),
    (re.compile(r"\b(?:el|los|mi|por|una|es|llama|para|con)\b"), ("ES", "MX", "AR", "CO", "CL", "PE")),
    (re.compile(r"\b(?:il|mio|che|una|per|chiama|con|al|numero)\b"), ("IT", "CH")),
    (re.compile(r"\b(?:meu|para|por|uma|ligue|o|da|n[ãa]o)\b"), ("BR", "PT")),
    (re.compile(r"\b(?:het|een|mijn|van|bel|niet|op|is)\b"), ("NL", "BE")),
    (re.compile(r"\b(?:the|my|is|at|call|please|you|to)\b"), ("GB", "IN", "AU", "IE", "NZ", "ZA")),
)
"""Regions by common words of a text; a wrong region costs a lookup only, since more evidence is required."""
DEFAULT_REGIONS = ("GB", "DE", "FR", "IT", "ES", "NL")
MIN_GROUPED_DIGITS, MIN_DIGITS, MAX_DIGITS, MIN_UNGROUPED_DIGITS = 9, 7, 15, 8
MAX_REGION_SEARCH_CHARS = 20_000


def phone_numbers(text: str) -> Iterator[CharSpan]:
    """Telephone numbers with their extension; a number with a country code is reported once."""
    international = list(_international(text))
    yield from international
    yield from _national(text, {offset for start, end in international for offset in range(start, end)})


def _international(text: str) -> Iterator[CharSpan]:
    for match in matches(INTERNATIONAL, text):
        if _is_decimal(text, match):
            continue
        end = next(
            (end for end in _possible_ends(match) if _is_international(text, match.start(), end)), None
        )
        if end is not None:
            yield match.start(), end


def _national(text: str, taken: Container[int]) -> Iterator[CharSpan]:
    regions: tuple[str, ...] | None = None
    for match in matches(NATIONAL, text):
        digits = sum(map(len, GROUP.findall(EXTENSION.sub("", match.group()))))
        if (
            match.start() in taken
            or _is_decimal(text, match)
            or not MIN_DIGITS <= digits <= MAX_DIGITS
            or _is_other_format(match.group())
            or NO_PHONE_BEFORE.search(text, max(0, match.start() - MAX_CODE_CHARS), match.start())
        ):
            continue
        regions = _regions(text) if regions is None else regions
        if not _is_beside_unit(text, match, regions) and _is_national(text, match, digits, regions):
            yield match.span()


def _is_other_format(number: str) -> bool:
    """Whether it is written like a date, years, a decimal, a section or a row of digits."""
    if SINGLE_DIGIT_ROW.fullmatch(number):
        return True
    has_section = "-" in number and SINGLE_DIGITS.search(number) is not None
    return has_section or OTHER_NUMBER.fullmatch(number) is not None


def _is_decimal(text: str, match: re.Match[str]) -> bool:
    """Whether a comma joins it with other digits, and does not part the cells of a table."""
    start, end = match.span()
    is_behind = DIGIT_AND_COMMA.search(text, max(0, start - 2), start) is not None
    return (is_behind or COMMA_AND_DIGIT.match(text, end) is not None) and not is_cell(text, start, end)


def _possible_ends(match: re.Match[str]) -> list[int]:
    """The end of each digit group, the last first."""
    return [match.start() + group.end() for group in GROUP.finditer(match.group())][::-1]


def _is_international(text: str, start: int, end: int) -> bool:
    written = text[start:end]
    number = TRUNK_ZERO.sub("", EXTENSION.sub("", written)).replace("+ ", "+")
    has_zero_prefix = number.startswith("00")
    try:
        parsed = phonenumbers.parse("+" + number[2:] if has_zero_prefix else number)
    except phonenumbers.NumberParseException:
        return False
    is_grouped = not has_zero_prefix and not number[1:].isdigit()
    if not phonenumbers.is_possible_number(parsed) or not _may_end(text, end, parsed, is_grouped=is_grouped):
        return False
    if is_grouped or has_phone_word(text, start, end):
        return not has_zero_prefix or phonenumbers.is_valid_number(parsed)
    return phonenumbers.is_valid_number(parsed) and not (
        has_zero_prefix and is_labelled_not_personal(text, start, end)
    )


def _may_end(text: str, end: int, number: phonenumbers.PhoneNumber, *, is_grouped: bool) -> bool:
    """Whether no hexadecimal digits follow, and no digits of which a short number is the beginning."""
    if LETTER.match(text, end) and not (is_grouped or GLUED_WORD.match(text, end)):
        return False
    is_short = len(phonenumbers.national_significant_number(number)) < MIN_DIGITS
    return not (is_short and GROUP_BEHIND.match(text, end))


def _is_national(text: str, match: re.Match[str], digits: int, regions: Sequence[str]) -> bool:
    """Whether it has a grouping that only telephone numbers have, or a context word and a possible length."""
    number = match.group()
    is_named = has_phone_word(text, *match.span())
    if NORTH_AMERICAN.fullmatch(number):
        return is_named or not _is_directly_other_number(text, match)
    is_grouped = GROUPED_TRUNK.fullmatch(number) is not None
    if not is_named and is_labelled_not_personal(text, *match.span(), is_formatted=is_grouped):
        return False
    if digits >= MIN_GROUPED_DIGITS and _is_grouped_number(number, regions):
        return True
    if not is_named or _is_other_number(text, match):
        return False
    return _is_long_enough(number, digits) and any(
        phonenumbers.is_possible_number(parsed) for parsed in _parsed(number, regions)
    )


def _is_beside_unit(text: str, match: re.Match[str], regions: Sequence[str]) -> bool:
    """Whether letters follow that may be a unit, unless its groups alone make it a telephone number."""
    if LETTER.match(text, match.end()) is None:
        return False
    number = match.group()
    return NORTH_AMERICAN.fullmatch(number) is None and not _is_grouped_number(number, regions)


def _is_long_enough(number: str, digits: int) -> bool:
    return digits >= MIN_UNGROUPED_DIGITS or not number.isdigit()


def _is_directly_other_number(text: str, match: re.Match[str]) -> bool:
    """Whether a word directly beside a number that is grouped like a telephone's says that it is another."""
    start, end = match.span()
    label = label_before(text, start, NUMBER_LABELS) or label_behind(text, end, NUMBER_LABELS)
    if label is not None and (label.is_direct or label.kind == PHONE):
        return label.kind != PHONE and label.fillers == 0
    words = list(OTHER_NUMBER_WORDS.finditer(text, max(0, start - MAX_CODE_CHARS), start))
    return bool(words) and NUMBER_WORD_GAP.fullmatch(text, words[-1].end(), start) is not None


def _is_other_number(text: str, match: re.Match[str]) -> bool:
    """Whether a word beside the number, nearer than one for telephones, marks it as an order number or so."""
    label = label_before(text, match.start(), NUMBER_LABELS) or label_behind(text, match.end(), NUMBER_LABELS)
    if label is not None and (label.is_direct or label.kind == PHONE):
        return label.kind != PHONE
    return has_context(text, match.start(), match.start(), OTHER_NUMBER_WORDS)


def _is_grouped_number(number: str, regions: Sequence[str]) -> bool:
    """Whether it is grouped, begins with a trunk zero and is valid in one of the regions."""
    return GROUPED_TRUNK.fullmatch(number) is not None and any(
        phonenumbers.is_valid_number(parsed) for parsed in _parsed(number, regions)
    )


def _regions(text: str) -> tuple[str, ...]:
    """The regions to try: of international numbers in the text, of its language, then the default ones."""
    numbers = INTERNATIONAL.finditer(text, 0, MAX_REGION_SEARCH_CHARS)
    of_numbers = [_region(number.group()) for number in numbers]
    of_language = [
        region
        for hint, regions in REGION_HINTS
        if hint.search(text, 0, MAX_REGION_SEARCH_CHARS)
        for region in regions
    ]
    return tuple(dict.fromkeys([*filter(None, of_numbers), *of_language, *DEFAULT_REGIONS, "US"]))


def _region(written: str) -> str | None:
    try:
        return phonenumbers.region_code_for_number(
            phonenumbers.parse("+" + "".join(GROUP.findall(written)).removeprefix("00"))
        )
    except phonenumbers.NumberParseException:
        return None


def _parsed(written: str, regions: Sequence[str]) -> Iterator[phonenumbers.PhoneNumber]:
    number = EXTENSION.sub("", written)
    for region in regions:
        try:
            yield phonenumbers.parse(number, region)
        except phonenumbers.NumberParseException:
            continue


RECOGNISERS = (Recogniser("PHONE_NUMBER", phone_numbers, min_digits=7, rank=120),)
