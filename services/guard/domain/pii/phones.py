"""Telephone numbers: international ones by the plan of their country, national ones by their grouping, a word beside them, or both."""

import re
from collections.abc import Container, Iterator, Sequence

import phonenumbers

from services.guard.domain.pii.context import context_words, has_context
from services.guard.domain.pii.payment import Range
from services.guard.domain.text.windowed_search import matches

_GAP = r"[ ./\u2010-\u2015-]"
_EXTENSION = r"(?:[ ,]{0,2}(?:x|ext\.?|extension|#|durchwahl|poste)[ .:]{0,2}\d{1,6})?"
INTERNATIONAL = re.compile(
    rf"(?<![\w+])(?:\+ ?|00 ?(?=[1-9]))\(?\d{{1,4}}\)?(?:{_GAP}?\(\d{{1,5}}\))?(?:{_GAP}{{0,2}}\d{{1,15}}){{1,8}}{_EXTENSION}",
    re.IGNORECASE,
)
NATIONAL = re.compile(
    rf"(?<![^\W_])(?<!\d[.,/:+-])(?<![$€£+])(?:\(\d{{1,5}}\)|\d{{1,14}}+)(?:{_GAP}{{1,2}}\d{{1,14}}+"
    rf"|{_GAP}{{0,2}}\(\d{{1,5}}\)|(?<=\))\d{{1,14}}+){{0,7}}{_EXTENSION}(?![^\W_]|[.,:]\d|%|[ ]?[€$£])",
    re.IGNORECASE,
)
GROUP = re.compile(r"\d+")
EXTENSION = re.compile(r"[ ,]{0,2}(?:x|ext|#|durchwahl|poste).*", re.IGNORECASE)
TRUNK_ZERO = re.compile(r"\(0\)")
NAMES = context_words(
    r"phone\w{0,8}", r"tel\.?", r"t[ée]l\.?", r"telef\w{1,8}", r"t[ée]l[ée]phon\w{1,4}", r"call(?:ed|ing)?",
    r"mobil\w{0,5}", "cell", r"cellulare", r"celular",
    r"fax", "whatsapp", "sms", "handy(?:nummer)?", r"r[üu]ckruf\w{0,3}", r"anruf\w{0,3}", r"rufen?", r"rufnummer",
    r"erreichbar", r"m[óo]vil", r"tfno\.?",
    r"ll[áa]m\w{1,6}", r"portable", r"appel\w{0,5}", r"joindre", r"chiam\w{1,6}", r"ligue\w{0,3}", r"ligar",
    r"bel(?:len)?", "gsm", r"text(?:ed)? (?:me|him|her|us)",
    r"dial", r"ring", r"hotline", r"messages? to", r"reach(?:ed)?(?: \w{2,10})? (?:at|on|under)", r"contact\w{0,3}",
    r"(?:my|his|her|your|their|our|registered) numbers?", r"(?:meine|seine|ihre|deine) nummer", r"(?:mi|su|tu) n[úu]mero",
    r"(?:mon|son|votre) num[ée]ro",
    r"(?:mio|suo|tuo) numero", r"(?:meu|seu) n[úu]mero", r"mijn nummer",
)  # fmt: skip
OTHERS = context_words(
    r"order\w{0,3}", r"account", r"invoice\w{0,2}", r"card", r"ticket", r"iban", r"id", r"version", r"isbn\w{0,4}", r"serial",
    r"reference", "ref", r"konto\w{0,6}",
    r"bestell\w{0,9}", r"rechnung\w{0,8}", r"tracking", r"case", r"ssn", r"routing", r"passport", r"licen[cs]e", r"product",
    r"model", r"part", r"patent", r"pin", r"code", r"zip", r"lottery", r"integers?", r"prime", r"list",
)  # fmt: skip
NORTH_AMERICAN = re.compile(
    rf"(?:1[ .-])?(?:\([2-9]\d{{2}}\)[ -]{{0,2}}|[2-9]\d{{2}}([.-]))\d{{3}}(?(1)\1|[ .-])\d{{4}}{_EXTENSION}",
    re.IGNORECASE,
)
GROUPED_TRUNK = re.compile(
    rf"(?:\(0\d{{1,5}}\)|0\d{{1,5}})(?:{_GAP}{{1,2}}\d{{2,8}}){{1,5}}{_EXTENSION}", re.IGNORECASE
)
NO_PHONE = re.compile(
    r"\d{5}-\d{4}|(?:19|20)\d{2}[ \u2010-\u2015-]{1,3}(?:19|20)\d{2}|\d{1,5}\.\d+|(?:\d{1,2}[ ./-]){2}(?:19"
    r"|20)?\d{2}|(?:19|20)\d{2}[ ./-]\d{1,2}[ ./-]\d{1,2}(?:[ T]\d.*)?"
)
HINTS: Sequence[tuple[re.Pattern[str], tuple[str, ...]]] = (
    (re.compile(r"\b(?:und|der|die|bitte|ich|ist|unter|nicht|mein|Sie)\b"), ("DE", "AT", "CH")),
    (re.compile(r"\b(?:le|les|est|mon|vous|je|une|pour|appelez|au)\b"), ("FR", "BE", "CH", "CA")),
    (re.compile(r"\b(?:el|los|mi|por|una|es|llama|para|con)\b"), ("ES", "MX", "AR", "CO", "CL", "PE")),
    (re.compile(r"\b(?:il|mio|che|una|per|chiama|con|al|numero)\b"), ("IT", "CH")),
    (re.compile(r"\b(?:meu|para|por|uma|ligue|o|da|n[ãa]o)\b"), ("BR", "PT")),
    (re.compile(r"\b(?:het|een|mijn|van|bel|niet|op|is)\b"), ("NL", "BE")),
    (re.compile(r"\b(?:the|my|is|at|call|please|you|to)\b"), ("GB", "IN", "AU", "IE", "NZ", "ZA")),
)
"""Countries that a text's small words point to; wrong ones cost a look-up, not a finding, since a grouping or word is needed as well."""
FALLBACK = ("GB", "DE", "FR", "IT", "ES", "NL")
FEWEST_GROUPED, FEWEST, MOST, FEWEST_BARE = 9, 7, 15, 8


def phones(text: str) -> Iterator[Range]:
    """Each number once, with its extension."""
    abroad = list(_international(text))
    yield from abroad
    yield from _national(text, {index for start, end in abroad for index in range(start, end)})


def _international(text: str) -> Iterator[Range]:
    for match in matches(INTERNATIONAL, text):
        end = next((end for end in _ends(match) if _is_international(text[match.start() : end])), None)
        if end is not None:
            yield match.start(), end


def _national(text: str, taken: Container[int]) -> Iterator[Range]:
    regions: tuple[str, ...] | None = None
    for match in matches(NATIONAL, text):
        digits = sum(map(len, GROUP.findall(EXTENSION.sub("", match.group()))))
        if match.start() in taken or not FEWEST <= digits <= MOST or NO_PHONE.fullmatch(match.group()):
            continue
        regions = _regions(text) if regions is None else regions
        if _is_national(text, match, digits, regions):
            yield match.span()


def _ends(match: re.Match[str]) -> list[int]:
    """Where the number may be over, longest first."""
    return [match.start() + group.end() for group in GROUP.finditer(match.group())][::-1]


def _is_international(written: str) -> bool:
    number = TRUNK_ZERO.sub("", EXTENSION.sub("", written)).replace("+ ", "+")
    is_written_with_zeros = number.startswith("00")
    try:
        parsed = phonenumbers.parse("+" + number[2:] if is_written_with_zeros else number)
    except phonenumbers.NumberParseException:
        return False
    return (
        phonenumbers.is_valid_number(parsed)
        if is_written_with_zeros
        else phonenumbers.is_possible_number(parsed)
    )


def _is_national(text: str, match: re.Match[str], digits: int, regions: Sequence[str]) -> bool:
    """A grouping that only telephone numbers have, or a word for a telephone beside what may be one there."""
    written = match.group()
    if NORTH_AMERICAN.fullmatch(written):
        return not has_context(text, match.start(), match.start(), OTHERS) or has_context(
            text, *match.span(), NAMES
        )
    if (
        GROUPED_TRUNK.fullmatch(written)
        and digits >= FEWEST_GROUPED
        and _is_valid_somewhere(written, regions)
    ):
        return True
    if not has_context(text, *match.span(), NAMES) or has_context(text, match.start(), match.start(), OTHERS):
        return False
    return (digits >= FEWEST_BARE or not written.isdigit()) and _is_possible_somewhere(written, regions)


def _regions(text: str) -> tuple[str, ...]:
    """Countries to try: of other numbers in the text, of its language, else the usual ones."""
    abroad = [_country(match.group()) for match in INTERNATIONAL.finditer(text, 0, 20_000)]
    hinted = [region for hint, regions in HINTS if hint.search(text, 0, 20_000) for region in regions]
    return tuple(dict.fromkeys([*filter(None, abroad), *hinted, *FALLBACK, "US"]))


def _country(written: str) -> str | None:
    try:
        return phonenumbers.region_code_for_number(
            phonenumbers.parse("+" + "".join(GROUP.findall(written)).removeprefix("00"))
        )
    except phonenumbers.NumberParseException:
        return None


def _is_valid_somewhere(written: str, regions: Sequence[str]) -> bool:
    return any(phonenumbers.is_valid_number(parsed) for parsed in _parsed(written, regions))


def _is_possible_somewhere(written: str, regions: Sequence[str]) -> bool:
    return any(phonenumbers.is_possible_number(parsed) for parsed in _parsed(written, regions))


def _parsed(written: str, regions: Sequence[str]) -> Iterator[phonenumbers.PhoneNumber]:
    number = EXTENSION.sub("", written)
    for region in regions:
        try:
            yield phonenumbers.parse(number, region)
        except phonenumbers.NumberParseException:
            continue
