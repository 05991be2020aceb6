"""Street addresses by the words that streets are named with, and what belongs to an address before and behind its street."""

import re
from collections.abc import Iterator
from itertools import chain

from services.guard.domain.pii.payment import Range
from services.guard.domain.text.windowed_search import matches

_WORD = r"(?:[^\W\d_][\w'\u2019-]{0,30}\.?)"
_NAME = rf"{_WORD}(?: {_WORD}){{0,3}}?"
_NUMBER = r"\d{1,5}(?: ?[A-Za-z](?![^\W_]))?(?:[/-]\d{1,4}[A-Za-z]?)?"
_ENGLISH = (
    r"(?:street|st|avenue|ave|road|rd|lane|ln|drive|dr|court|ct|boulevard|blvd|way|place|pl|square|sq|terrace|close|crescent|cres|parkway|pkwy|highway|hwy|circle|cir|"
    r"trail|mews|gardens|grove|walk|loop|plaza|alley|quay|rise|hill|row|view|path|green|broadway)"
)
_ROMANCE = (
    r"(?:rue|avenue|av\.?|avda\.?|avenida|boulevard|bd\.?|place|chemin|impasse|all[ée]e|quai|cours|route|passage|square|calle|c/|plaza|plaça|paseo|passeig|carrer|camino|ronda|"
    r"traves[íi]a|via|viale|piazza|corso|largo|vicolo|strada|contrada|borgo|rua|travessa|pra[çc]a|alameda|estrada|rodovia|ulica|ul\.)"
)
_GERMANIC = (
    r"(?:stra(?:ße|sse)|str\.?|weg|gasse|platz|allee|damm|ufer|steig|chaussee|straat|laan|gracht|kade|dijk|singel|steeg|dreef|plantsoen|markt|"
    r"gatan|v[äa]gen|(?<!bri)gade|vej|gata|veien|vegen|katu|gränd|torget)"
)
_GERMAN_ALONE = r"(?:stra(?:ße|sse)|str\.|weg|platz|allee|gasse|damm|ufer|straat|plein|gata|gade|vej)"
NUMBERED_BEHIND = re.compile(
    rf"(?<![^\W_])(?:{_WORD} ){{0,2}}?(?:[^\W\d_]{{2,40}}-?{_GERMANIC}|{_WORD}[ -]{_GERMAN_ALONE}) {_NUMBER}(?![^\W_]|[.,:]\d)",
    re.IGNORECASE,
)
"""A German, Dutch or Nordic street: dear to try at every word, so it is tried before numbers alone."""
STREETS = (
    re.compile(
        rf"(?<![^\W_])(?<![.,]){_NUMBER},? (?:(?:north|south|east|west|[nsew]\.?) )?{_NAME} {_ENGLISH}(?![^\W_])\.?(?: [NSEW]{{1,2}}(?![^\W_]))?",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?<![^\W_])(?<![.,]){_NUMBER}(?: bis| ter)?,? {_ROMANCE} {_NAME}(?=[ ]?[,;.\n]|\Z| \d)(?:,? \d{{1,4}}(?![^\W_]))?",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?<![^\W_]){_ROMANCE} {_NAME}(?: {_WORD})?,? (?:n[ºo°.]{{0,2}} ?)?\d{{1,5}}(?: ?[A-Za-z](?![^\W_]))?(?![^\W_]|[.,]\d)",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?<![^\W_])(?:Am|An der|An den|Auf der|Auf dem|Im|In der|Zum|Zur|Unter den"
        rf"|Hinter der) [A-ZÄÖÜ][\w-]{{2,30}} {_NUMBER}(?=,? ?\d{{5}}|, [A-ZÄÖÜ])"
    ),
)
FIGURE_BEHIND = re.compile(r" \d")
STREET_BEFORE = re.compile(rf"(?:{_GERMANIC}|{_GERMAN_ALONE}) \Z", re.IGNORECASE)
LONGEST_TYPE = 12
LONGEST_NAMED, LONGEST_NUMBER = 128, 24
BOX = re.compile(
    r"(?<![^\W_])(?:p\.? ?o\.? ?box|post office box|postfach|bo[îi]te postale|b\.?p\.|apartado(?: de correos"
    r"| postal)?|apdo\.?(?: de correos)?|casella postale|"
    r"c\.p\.|caixa postal|postbus|box) ?:? ?(?:n[ºo°.]{0,2} ?|#)?\d{1,6}(?: \d{2,3}){0,2}(?![^\W_])",
    re.IGNORECASE,
)
MILITARY = re.compile(
    r"(?<![^\W_])(?:(?:psc|unit|cmr) \d{1,5},? box \d{1,5}|us(?:s|ns|cgc|nv) [^\W\d_]{2,30})[\s,]{1,3}(?:apo|fpo|dpo),? (?:ap|ae|aa) \d{5}",
    re.IGNORECASE,
)
POSTCODE_NAMED = re.compile(
    r"(?<![^\W_])(?:zip(?: ?code)?|post ?code|postal code|postleitzahl|plz|code postal|c[óo]digo postal|cep"
    r"|cap)(?: is| ist| est| es|:|=){0,2} ?[\"']?"
    r"(\d{4,5}(?:-\d{3,4})?|[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}|\d{4} ?[a-z]{2})(?![^\W_])",
    re.IGNORECASE,
)
_SENTENCE = """
a an the on in of at to for from with by and or is are was were be this that these those per any all every each no my your his her its our
their way ways off up out down pm am percent people year years day days hour hours minutes miles km step steps best new one two three lines
line words word between during until since will january february march april may june july august september october november december
"""
_PARTICLES = "de la le les du des del della dello di da do dos das der den dem die am an zum zur van von op het y e i et bis ter saint st san santa"
_BEFORE = "in der die dem den wohne lebe op de aan woon at to zu nach an und en via"
NO_STREET_NAME, PARTICLES, BEFORE_STREET = (
    frozenset(_SENTENCE.split()),
    frozenset(_PARTICLES.split()),
    frozenset(_BEFORE.split()),
)
TYPE = re.compile(rf"{_ENGLISH}|{_ROMANCE}|{_GERMAN_ALONE}", re.IGNORECASE)
WORD = re.compile(r"(?<![^\W_])[^\W\d_][\w'\u2019.-]*")
ALSO_A_WORD = re.compile(
    r"(?:via|place|route|passage|square|strada|quai|cours|corso|largo|borgo|camino|ronda|avenue|boulevard|plaza)(?![^\W_])",
    re.IGNORECASE,
)
AROUND = 60
_GAP = r"[ \t]{0,3}[,;>|?*•·-]{0,4}[ \t]{0,3}(?:\r?\n[ \t>|?*#,]{0,12}){0,2}"
UNIT = (
    r"(?:suite|ste|apt|apartment|unit|flat|room|rm|floor|piso|puerta|appartement|appt|wohnung|interno|scala"
    r"|bus|box|office|studio|door|block)\.? ?#?[ ]?(?:\d{1,5}[A-Za-z]?|[A-Z])"
)
_POSTCODE = r"(?:(?:[A-Z]{1,2}[ -])?\d{4,6}(?:-\d{3,4})?|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|\d{4} ?[A-Z]{2})(?![^\W_]|[ -]?\d{3})"
_PLACE = r"(?:[^\W\d_][\w'\u2019.-]{1,30}(?:[ -](?:[^\W\d_][\w'\u2019.()-]{0,30})){0,4}?)"
TAILS = (
    re.compile(rf"{_GAP}(?:{UNIT}|#\d{{1,5}})(?![^\W_])", re.IGNORECASE),
    re.compile(rf"{_GAP}{_POSTCODE}"),
    re.compile(rf"{_GAP}{_PLACE}{_GAP}(?:{_PLACE}{_GAP}){{0,2}}?{_POSTCODE}"),
)
FIGURE = re.compile(r"\d")
PLACE_BEHIND = re.compile(
    r"[ ]?(?:,|\r?\n)?[ \t>|?*]{0,6}([A-ZÀ-Ý][\w'\u2019-]{1,30}(?:[ -](?:[A-ZÀ-Ý][\w'\u2019-]{1,30}|(?:de|la"
    r"|le|am|an der|upon|of|sur|di|del|of the) [A-ZÀ-Ý][\w'\u2019-]{1,30})){0,3})(?![^\W_]|[ ]?[:@(=])"
)
NUMBER_BEFORE = re.compile(r"(?<![^\W_.,])\d{1,5}(?: \d{1,5})?,? \Z")
MOST_PARTS = 6
LONGEST_TAIL = 160
LONGEST_HEAD = 13


def streets(text: str) -> Iterator[Range]:
    """Streets with a number, post boxes, military addresses, postcodes beside a word; each with what belongs to it."""
    for match in chain(numbered_behind(text), *(matches(shape, text) for shape in STREETS)):
        start = _trimmed(text, *match.span())
        if start is not None:
            yield whole_address(text, start, match.end())
    for shape in (BOX, MILITARY):
        yield from (
            whole_address(text, *match.span())
            for match in matches(shape, text)
            if not match.group().lower().startswith("box")
        )
    yield from (match.span(1) for match in matches(POSTCODE_NAMED, text))


def numbered_behind(text: str) -> Iterator[re.Match[str]]:
    """What NUMBERED_BEHIND finds: around numbers behind a word that such streets are named with."""
    end = 0
    for at in matches(FIGURE_BEHIND, text):
        place = at.start()
        if place < end or not STREET_BEFORE.search(text, max(0, place - LONGEST_TYPE), place + 1):
            continue
        around = NUMBERED_BEHIND.finditer(text, max(end, place - LONGEST_NAMED), place + LONGEST_NUMBER)
        match = next((one for one in around if one.start() < place < one.end()), None)
        if match is not None:
            end = match.end()
            yield match


def _trimmed(text: str, start: int, end: int) -> int | None:
    """Where the street begins; None where what looks like its name is a piece of a sentence."""
    is_small = not any(character.isupper() for character in text[max(0, start - AROUND) : end + AROUND])
    words = list(WORD.finditer(text, start, end))
    while (
        len(words) > 1
        and start == words[0].start()
        and (words[0].group().lower() in BEFORE_STREET or not (is_small or words[0].group()[0].isupper()))
    ):
        if TYPE.fullmatch(words[0].group()):
            break
        words = words[1:]
        start = words[0].start()
    named = [
        word.group()
        for word in words
        if word.group().lower() not in PARTICLES and not TYPE.fullmatch(word.group())
    ]
    if any(word.lower() in NO_STREET_NAME for word in named):
        return None
    capitals = sum(word[0].isupper() for word in named)
    if text[start].isdigit():
        return start if is_small or (capitals and capitals * 2 >= len(named)) else None
    return start if capitals == len(named) > 0 or (is_small and not ALSO_A_WORD.match(text, start)) else None


def whole_address(text: str, start: int, end: int) -> Range:
    """The address with the number before its street, and flat, postcode and town behind, over lines and quotation marks."""
    before = NUMBER_BEFORE.search(text, max(0, start - LONGEST_HEAD), start)
    start = before.start() if before else start
    limit = min(len(text), end + LONGEST_TAIL)
    for _ in range(MOST_PARTS):
        # Only a unit has no figure; the tails that end with a postcode are dear to try in vain.
        tails = TAILS if FIGURE.search(text, end, limit) else TAILS[:1]
        step = next(
            (
                found
                for tail in tails
                if (found := tail.match(text, end, limit)) and _is_of_address(text, found)
            ),
            None,
        )
        if step is None:
            break
        end = step.end()
        place = PLACE_BEHIND.match(text, end, limit)
        if place and "\n\n" not in place.group():
            end = place.end()
    return start, end


def _is_of_address(text: str, tail: re.Match[str]) -> bool:
    """A place between street and postcode is written like one: large, or in a text without any large letter."""
    words = [word.group() for word in WORD.finditer(tail.group())]
    if "\n\n" in tail.group() or any(word.lower() in NO_STREET_NAME for word in words):
        return False
    is_small = not any(map(str.isupper, text[max(0, tail.start() - AROUND) : tail.end()]))
    return is_small or sum(word[0].isupper() for word in words) * 2 >= len(words)
