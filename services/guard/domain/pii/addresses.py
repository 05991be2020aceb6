"""Postal addresses by words for streets and post boxes, with the number, postcode and town next to them."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain

from services.guard.domain.pii.number_words import plain_word
from services.guard.domain.pii.recogniser import FORMAT_ONLY_SCORE, Recogniser
from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.windowed_search import matches
from services.guard.domain.text.word_lists import read_sections

_WORD = r"(?:[^\W\d_][\w'\u2019-]{0,30}\.?)"
_NAME = rf"{_WORD}(?: {_WORD}){{0,3}}?"
_NUMBER = r"\d{1,5}(?: ?[A-Za-z](?![^\W_]))?(?:[/-]\d{1,4}[A-Za-z]?)?"
_ENGLISH = (
    r"(?:street|st|avenue|ave|road|rd|lane|ln|drive|dr|court|ct|boulevard|blvd|way|place|pl|square|sq"
    r"|terrace|close|crescent|cres|parkway|pkwy|highway|hwy|circle|cir|"
    r"trail|mews|gardens|grove|walk|loop|plaza|alley|quay|rise|hill|row|view|path|green|broadway)"
)
_ROMANCE = (
    r"(?:rue|avenue|av\.?|avda\.?|avenida|boulevard|bd\.?|place|chemin|impasse|all[ée]e|quai|cours|route"
    r"|passage|square|calle|c/|plaza|plaça|paseo|passeig|carrer|camino|ronda|"
    r"traves[íi]a|via|viale|piazza|corso|largo|vicolo|strada|contrada|borgo|rua|travessa|pra[çc]a"
    r"|alameda|estrada|rodovia|ulica|ul\.)"
)
_GERMANIC = (
    r"(?:stra(?:ße|sse)|str\.?|weg|gasse|platz|allee|damm|ufer|steig|chaussee|straat|laan|gracht|kade"
    r"|dijk|singel|steeg|dreef|plantsoen|markt|"
    r"gatan|v[äa]gen|(?<!bri)gade|vej|gata|veien|vegen|katu|gränd|torget)"
)
_GERMAN_ALONE = r"(?:stra(?:ße|sse)|str\.|weg|platz|allee|gasse|damm|ufer|straat|plein|gata|gade|vej)"
STREET_BEFORE_NUMBER = re.compile(
    rf"(?<![^\W_])(?:{_WORD} ){{0,2}}?(?:[^\W\d_]{{2,40}}-?{_GERMANIC}"
    rf"|{_WORD}[ -]{_GERMAN_ALONE}) {_NUMBER}(?![^\W_]|[.,:]\d)",
    re.IGNORECASE,
)
"""A German, Dutch or Nordic street; slow to try at every word, so it is tried around numbers only."""
STREET_PATTERNS = (
    re.compile(
        rf"(?<![^\W_])(?<![.,]){_NUMBER},? "
        rf"(?:(?:north|south|east|west|[nsew]\.?) )?{_NAME} {_ENGLISH}"
        r"(?![^\W_])\.?(?: [NSEW]{1,2}(?![^\W_]))?",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?<![^\W_])(?<![.,]){_NUMBER}(?: bis| ter)?,? {_ROMANCE} {_NAME}(?=[ ]?[,;.\n]|\Z"
        rf"| \d)(?:,? \d{{1,4}}(?![^\W_]))?",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?<![^\W_]){_ROMANCE} {_NAME}(?: {_WORD})?,? (?:n[ºo°.]{{0,2}} ?)?\d{{1,5}}(?: ?[A-Za-z]"
        rf"(?![^\W_]))?(?![^\W_]|[.,]\d)",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?<![^\W_])(?:Am|An der|An den|Auf der|Auf dem|Im|In der|Zum|Zur|Unter den"
        rf"|Hinter der) [A-ZÄÖÜ][\w-]{{2,30}} {_NUMBER}(?=,? ?\d{{5}}|, [A-ZÄÖÜ])"
    ),
)
SPACE_AND_DIGIT = re.compile(r" \d")
STREET_TYPE_BEFORE = re.compile(rf"(?:{_GERMANIC}|{_GERMAN_ALONE}) \Z", re.IGNORECASE)
MAX_STREET_TYPE_CHARS = 12
MAX_STREET_CHARS, MAX_NUMBER_CHARS = 128, 24
POST_BOX = re.compile(
    r"(?<![^\W_])(?:p\.? ?o\.? ?box|post office box|postfach|bo[îi]te postale|b\.?p\.|apartado(?: de correos"
    r"| postal)?|apdo\.?(?: de correos)?|casella postale|"
    r"c\.p\.|caixa postal|postbus|box) ?:? ?(?:n[ºo°.]{0,2} ?|#)?\d{1,6}(?: \d{2,3}){0,2}(?![^\W_])",
    re.IGNORECASE,
)
MILITARY_ADDRESS = re.compile(
    r"(?<![^\W_])(?:(?:psc|unit|cmr) \d{1,5},? box \d{1,5}|"
    r"us(?:s|ns|cgc|nv) [^\W\d_]{2,30})[\s,]{1,3}(?:apo|fpo|dpo),? (?:ap|ae|aa) \d{5}",
    re.IGNORECASE,
)
NAMED_POSTCODE = re.compile(
    r"(?<![^\W_])(?:zip(?: ?code)?|post ?code|postal code|postleitzahl|plz|code postal|c[óo]digo postal|cep"
    r"|cap)(?: is| ist| est| es|:|=){0,2} ?[\"']?"
    r"(\d{4,5}(?:-\d{3,4})?|[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}|\d{4} ?[a-z]{2})(?![^\W_])",
    re.IGNORECASE,
)
_NOT_STREET_NAMES = """
a an the on in of at to for from with by and or is are was were be this that these those per any all
every each no my your his her its our their way ways off up out down pm am percent people year years day
days hour hours minutes miles km step steps best new one two three lines line words word between during
until since will january february march april may june july august september october november december
"""
_NAME_PARTICLES = """
de la le les du des del della dello di da do dos das der den dem die am an zum zur van von op het y
e i et bis ter saint st san santa
"""
_WORDS_BEFORE_STREET = "in der die dem den wohne lebe op de aan woon at to zu nach an und en via"
NOT_STREET_NAMES = frozenset(_NOT_STREET_NAMES.split())
NAME_PARTICLES = frozenset(_NAME_PARTICLES.split())
WORDS_BEFORE_STREET = frozenset(_WORDS_BEFORE_STREET.split())
STREET_TYPE = re.compile(rf"{_ENGLISH}|{_ROMANCE}|{_GERMAN_ALONE}", re.IGNORECASE)
WORD = re.compile(r"(?<![^\W_])[^\W\d_][\w'\u2019.-]*")
AMBIGUOUS_STREET_TYPE = re.compile(
    r"(?:av(?!\.)|via|place|route|passage|square|strada|quai|cours|corso|largo|borgo|camino|ronda|avenue"
    r"|boulevard|plaza)(?![^\W_])",
    re.IGNORECASE,
)
CASE_CONTEXT_CHARS = 60
_GAP = r"[ \t]{0,3}[,;>|?*•·-]{0,4}[ \t]{0,3}(?:\r?\n[ \t>|?*#,]{0,12}){0,2}"
UNIT = (
    r"(?:suite|ste|apt|apartment|unit|flat|room|rm|floor|piso|puerta|appartement|appt|wohnung|interno|scala"
    r"|bus|box|office|studio|door|block)\.? ?#?[ ]?(?:\d{1,5}[A-Za-z]?|[A-Z])"
)
_POSTCODE = (
    r"(?:(?:[A-Z]{1,2}[ -])?\d{4,6}(?:-\d{3,4})?|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}"
    r"|\d{4} ?[A-Z]{2})(?![^\W_]|[ -]?\d{3})"
)
_TOWN = r"(?:[^\W\d_][\w'\u2019.-]{1,30}(?:[ -](?:[^\W\d_][\w'\u2019.()-]{0,30})){0,4}?)"
PART_PATTERNS = (
    re.compile(rf"{_GAP}(?:{UNIT}|#\d{{1,5}})(?![^\W_])", re.IGNORECASE),
    re.compile(rf"{_GAP}{_POSTCODE}"),
    re.compile(rf"{_GAP}{_TOWN}{_GAP}(?:{_TOWN}{_GAP}){{0,2}}?{_POSTCODE}"),
)
DIGIT = re.compile(r"\d")
HEADING_WORDS = frozenset(" ".join(read_sections("street_types.txt")["heading"]).split())
WORD_BEFORE = re.compile(r"([^\W\d_]{2,30})[ :.#]{1,2}\Z")
PATH_BEFORE = re.compile(r"\w[/\\]\Z")
BEFORE_VIA = re.compile(
    r"(?:(?<![^\W_])(?:in|di|da|dalla|alla|sulla|nella|la|è|una)|[:,(\n])[ ]?\Z|\A\Z", re.IGNORECASE
)
"""What stands before an Italian street, other than before the English and Latin word "via"."""
MAX_WORD_CHARS = 36
YEAR_AND_COMMA = re.compile(r"(?:1[5-9]|20)\d\d, ")
TOWN_BEHIND = re.compile(
    r"[ ]?(?:,|\r?\n)?[ \t>|?*]{0,6}([A-ZÀ-Ý][\w'\u2019-]{1,30}(?:[ -](?:[A-ZÀ-Ý][\w'\u2019-]{1,30}|(?:de|la"
    r"|le|am|an der|upon|of|sur|di|del|of the) [A-ZÀ-Ý][\w'\u2019-]{1,30})){0,3})(?![^\W_]|[ ]?[:@(=])"
)
NUMBER_BEFORE = re.compile(r"(?<![^\W_.,])\d{1,5}(?: \d{1,5})?,? \Z")
MAX_PARTS = 6
MAX_TAIL_CHARS = 160
MAX_NUMBER_BEFORE_CHARS = 13


def postal_addresses(text: str) -> Iterator[CharSpan]:
    """Streets with a number, post boxes and military addresses with the town, and named postcodes."""
    for match in chain(
        streets_before_numbers(text), *(matches(pattern, text) for pattern in STREET_PATTERNS)
    ):
        start = _street_start(text, *match.span())
        if start is not None:
            yield whole_address(text, start, match.end())
    for pattern in (POST_BOX, MILITARY_ADDRESS):
        for match in matches(pattern, text):
            # "Box 7" alone may be any box.
            if not match.group().lower().startswith("box"):
                yield whole_address(text, *match.span())
    yield from (match.span(1) for match in matches(NAMED_POSTCODE, text))


def streets_before_numbers(text: str) -> Iterator[re.Match[str]]:
    """The matches of STREET_BEFORE_NUMBER, which is tried only around numbers after a street type."""
    end = 0
    for space in matches(SPACE_AND_DIGIT, text):
        offset = space.start()
        if offset < end or not STREET_TYPE_BEFORE.search(
            text, max(0, offset - MAX_STREET_TYPE_CHARS), offset + 1
        ):
            continue
        streets = STREET_BEFORE_NUMBER.finditer(
            text, max(end, offset - MAX_STREET_CHARS), offset + MAX_NUMBER_CHARS
        )
        street = next((street for street in streets if street.start() < offset < street.end()), None)
        if street is not None:
            end = street.end()
            yield street


def is_heading_or_path(text: str, start: int) -> bool:
    """Whether a number at this offset is that of a heading, or the words there are a part of a path."""
    word = WORD_BEFORE.search(text, max(0, start - MAX_WORD_CHARS), start)
    is_heading = word is not None and plain_word(word[1]) in HEADING_WORDS
    return is_heading or PATH_BEFORE.search(text, max(0, start - 2), start) is not None


def _street_start(text: str, start: int, end: int) -> int | None:
    """The start of a street without the words before its name; None if it is rather a part of a sentence."""
    if is_heading_or_path(text, start):
        return None
    is_lower_case = _is_lower_case(text, start - CASE_CONTEXT_CHARS, end + CASE_CONTEXT_CHARS)
    words = list(WORD.finditer(text, start, end))
    while (
        len(words) > 1
        and start == words[0].start()
        and _is_before_street(words[0].group(), is_lower_case=is_lower_case)
    ):
        words = words[1:]
        start = words[0].start()
    name = [word.group() for word in words if _is_name_word(word.group())]
    if any(word.lower().rstrip(".") in NOT_STREET_NAMES for word in name) or YEAR_AND_COMMA.match(
        text, start
    ):
        return None
    return start if _is_street_name(text, start, name, is_lower_case=is_lower_case) else None


def _is_street_name(text: str, start: int, name: Sequence[str], *, is_lower_case: bool) -> bool:
    """Whether the words are capitalised as in a name: half of them after a number, else all of them."""
    capitals = sum(word[0].isupper() for word in name)
    if text[start].isdigit():
        is_capitalised = capitals * 2 >= len(name) > 0 and name[0][0].isupper()
        return is_lower_case or is_capitalised
    if text.startswith("via ", start) and not BEFORE_VIA.search(text, max(0, start - MAX_WORD_CHARS), start):
        return False
    if is_lower_case and not AMBIGUOUS_STREET_TYPE.match(text, start):
        return True
    return capitals == len(name) > 0


def _is_lower_case(text: str, start: int, end: int) -> bool:
    """Whether there is no capital from `start` to `end`, so that names are probably in lower case, too."""
    return not any(map(str.isupper, text[max(0, start) : end]))


def _is_before_street(word: str, *, is_lower_case: bool) -> bool:
    is_candidate = word.lower() in WORDS_BEFORE_STREET or not (is_lower_case or word[0].isupper())
    return is_candidate and not STREET_TYPE.fullmatch(word)


def _is_name_word(word: str) -> bool:
    return word.lower() not in NAME_PARTICLES and not STREET_TYPE.fullmatch(word)


def whole_address(text: str, start: int, end: int) -> CharSpan:
    """The span of an address with the number before it and unit, postcode and town after it."""
    number = NUMBER_BEFORE.search(text, max(0, start - MAX_NUMBER_BEFORE_CHARS), start)
    start = number.start() if number else start
    limit = min(len(text), end + MAX_TAIL_CHARS)
    for _ in range(MAX_PARTS):
        part = _next_part(text, end, limit)
        if part is None:
            break
        end = part.end()
        town = TOWN_BEHIND.match(text, end, limit)
        if town and "\n\n" not in town.group():
            end = town.end()
    return start, end


def _next_part(text: str, end: int, limit: int) -> re.Match[str] | None:
    # Without a digit only a unit can match, and the other patterns are slow to fail.
    patterns = PART_PATTERNS if DIGIT.search(text, end, limit) else PART_PATTERNS[:1]
    parts = (pattern.match(text, end, limit) for pattern in patterns)
    return next((part for part in parts if part and _is_of_address(text, part)), None)


def _is_of_address(text: str, part: re.Match[str]) -> bool:
    """Whether the words are capitalised like a town's name, or the surrounding text has no capitals."""
    words = [word.group() for word in WORD.finditer(part.group())]
    if "\n\n" in part.group() or any(word.lower() in NOT_STREET_NAMES for word in words):
        return False
    if _is_lower_case(text, part.start() - CASE_CONTEXT_CHARS, part.end()):
        return True
    return sum(word[0].isupper() for word in words) * 2 >= len(words)


RECOGNISERS = (Recogniser("ADDRESS", postal_addresses, min_digits=1, score=FORMAT_ONLY_SCORE, rank=130),)
