"""Telephone numbers: international ones by their country's plan, national ones by grouping or context."""

import re
from collections.abc import Container, Iterator, Sequence

import phonenumbers

from services.guard.domain.pii.context import context_words, has_context
from services.guard.domain.pii.recogniser import Recogniser
from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.windowed_search import matches

_SEPARATOR = r"[ ./\u2010-\u2015-]"
_EXTENSION = r"(?:[ ,]{0,2}(?:x|ext\.?|extension|#|durchwahl|poste)[ .:]{0,2}\d{1,6})?"
INTERNATIONAL = re.compile(
    rf"(?<![\w+])(?:\+ ?|00 ?(?=[1-9]))\(?\d{{1,4}}\)?(?:{_SEPARATOR}?\(\d{{1,5}}\))?"
    rf"(?:{_SEPARATOR}{{0,2}}\d{{1,15}}){{1,8}}{_EXTENSION}",
    re.IGNORECASE,
)
NATIONAL = re.compile(
    rf"(?<![^\W_])(?<!\d[.,/:+-])(?<![$€£+])(?:\(\d{{1,5}}\)|\d{{1,14}}+)(?:{_SEPARATOR}{{1,2}}\d{{1,14}}+"
    rf"|{_SEPARATOR}{{0,2}}\(\d{{1,5}}\)|(?<=\))\d{{1,14}}+){{0,7}}{_EXTENSION}"
    r"(?![^\W_]|[.,:]\d|%|[ ]?[€$£])",
    re.IGNORECASE,
)
GROUP = re.compile(r"\d+")
EXTENSION = re.compile(r"[ ,]{0,2}(?:x|ext|#|durchwahl|poste).*", re.IGNORECASE)
TRUNK_ZERO = re.compile(r"\(0\)")
PHONE_WORDS = context_words(
    r"phone\w{0,8}", r"tel\.?", r"t[ée]l\.?", r"telef\w{1,8}", r"t[ée]l[ée]phon\w{1,4}",
    r"call(?:ed|ing)?", r"mobil\w{0,5}", "cell", r"cellulare", r"celular", r"fax", "whatsapp", "sms",
    "handy(?:nummer)?", r"r[üu]ckruf\w{0,3}", r"anruf\w{0,3}", r"rufen?", r"rufnummer", r"erreichbar",
    r"m[óo]vil", r"tfno\.?", r"ll[áa]m\w{1,6}", r"portable", r"appel\w{0,5}", r"joindre", r"chiam\w{1,6}",
    r"ligue\w{0,3}", r"ligar", r"bel(?:len)?", "gsm", r"text(?:ed)? (?:me|him|her|us)", r"dial", r"ring",
    r"hotline", r"messages? to", r"reach(?:ed)?(?: \w{2,10})? (?:at|on|under)", r"contact\w{0,3}",
    r"(?:my|his|her|your|their|our|registered) numbers?", r"(?:meine|seine|ihre|deine) nummer",
    r"(?:mi|su|tu) n[úu]mero", r"(?:mon|son|votre) num[ée]ro", r"(?:mio|suo|tuo) numero",
    r"(?:meu|seu) n[úu]mero", r"mijn nummer",
)  # fmt: skip
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
    rf"(?:\(0\d{{1,5}}\)|0\d{{1,5}})(?:{_SEPARATOR}{{1,2}}\d{{2,8}}){{1,5}}{_EXTENSION}", re.IGNORECASE
)
OTHER_NUMBER = re.compile(
    r"\d{5}-\d{4}|(?:19|20)\d{2}[ \u2010-\u2015-]{1,3}(?:19|20)\d{2}|\d{1,5}\.\d+|(?:\d{1,2}[ ./-]){2}(?:19"
    r"|20)?\d{2}|(?:19|20)\d{2}[ ./-]\d{1,2}[ ./-]\d{1,2}(?:[ T]\d.*)?"
)
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
        end = next(
            (end for end in _possible_ends(match) if _is_international(text[match.start() : end])), None
        )
        if end is not None:
            yield match.start(), end


def _national(text: str, taken: Container[int]) -> Iterator[CharSpan]:
    regions: tuple[str, ...] | None = None
    for match in matches(NATIONAL, text):
        digits = sum(map(len, GROUP.findall(EXTENSION.sub("", match.group()))))
        if (
            match.start() in taken
            or not MIN_DIGITS <= digits <= MAX_DIGITS
            or OTHER_NUMBER.fullmatch(match.group())
        ):
            continue
        regions = _regions(text) if regions is None else regions
        if _is_national(text, match, digits, regions):
            yield match.span()


def _possible_ends(match: re.Match[str]) -> list[int]:
    """The end of each digit group, the last first."""
    return [match.start() + group.end() for group in GROUP.finditer(match.group())][::-1]


def _is_international(written: str) -> bool:
    number = TRUNK_ZERO.sub("", EXTENSION.sub("", written)).replace("+ ", "+")
    has_zero_prefix = number.startswith("00")
    try:
        parsed = phonenumbers.parse("+" + number[2:] if has_zero_prefix else number)
    except phonenumbers.NumberParseException:
        return False
    if has_zero_prefix:
        return phonenumbers.is_valid_number(parsed)
    return phonenumbers.is_possible_number(parsed)


def _is_national(text: str, match: re.Match[str], digits: int, regions: Sequence[str]) -> bool:
    """Whether it has a grouping that only telephone numbers have, or a context word and a possible length."""
    number = match.group()
    if NORTH_AMERICAN.fullmatch(number):
        return not _is_other_number(text, match) or has_context(text, *match.span(), PHONE_WORDS)
    if digits >= MIN_GROUPED_DIGITS and _is_grouped_number(number, regions):
        return True
    if not has_context(text, *match.span(), PHONE_WORDS) or _is_other_number(text, match):
        return False
    is_long_enough = digits >= MIN_UNGROUPED_DIGITS or not number.isdigit()
    return is_long_enough and any(
        phonenumbers.is_possible_number(parsed) for parsed in _parsed(number, regions)
    )


def _is_other_number(text: str, match: re.Match[str]) -> bool:
    """Whether a word near the start of the number marks it as another number, such as an order number."""
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
