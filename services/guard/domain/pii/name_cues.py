"""Names of persons by the words before them: introductions, titles, and verbs before a known given name."""

import re
from collections.abc import Iterator

from services.guard.domain.pii.name_introductions import ADDRESSING
from services.guard.domain.pii.name_lists import GIVEN_NAMES
from services.guard.domain.pii.names import NOT_SURNAMES
from services.guard.domain.pii.public_figures import FULL_NAMES
from services.guard.domain.pii.recogniser import FORMAT_ONLY_SCORE, Recogniser
from services.guard.domain.pii.table_columns import is_in_column_of_things
from services.guard.domain.pii.thing_context import is_titled_thing
from services.guard.domain.pii.thing_names import is_title_of_work
from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.windowed_search import matches

_CAPITALISED = r"(?:(?:[dDlLO]['\u2019])?[A-ZÀ-ÖØ-ÞĀ-ŽΑ-ΩА-Я][^\W\d_]{1,30}(?:[-'\u2019][^\W\d_]{2,30}){0,2})"
_BETWEEN = r"(?: [A-Z]\.)?(?: (?:van|von|de|del|della|di|da|dos|du|le|la|el|al|bin|ben|ter|ten|der|den)){0,3}"
_NAME = rf"({_CAPITALISED}(?:{_BETWEEN} {_CAPITALISED}){{0,2}})(?![^\W_])"
INTRODUCED_NAME = re.compile(
    rf"(?<![^\W_])(?i:my name is|my name's|mein name ist|ich hei[ßs]s?e|je m'appelle|mon nom est|me llamo"
    rf"|mi nombre es|mi chiamo|il mio nome [èe]|meu nome [ée]|me chamo|"
    rf"mijn naam is|ik heet|chamo-me|nazywam si[ęe]|mam na imi[ęe]|jmenuji se|jmenuju se|vol[áa]m sa|zovem se"
    rf"|numele meu este|m[ăa] numesc|benim ad[\u0131i]m|jag heter|mitt namn är|je[gi] he(?:dder|ter)"
    rf"|nimeni on|a nevem"
    rf"|nama saya|t[ôo]i t[êe]n l[àa]|t[êe]n t[ôo]i l[àa]|меня зовут|мене звати|με λένε) {_NAME}"
)
TITLED_NAME = re.compile(
    rf"(?<![^\W_])(?:(?i:mrs?|ms|dr|prof|mme|mlle|sra?|srta|sig|dott|dhr|mevr)\.? |(?:Herrn?|Frau|Monsieur"
    rf"|Madame|Señora?|Señorita|Signora?|Senhora?|Mevrouw|Meneer|Miss|Mister"
    rf"|[Pp]ani[ąe]?|[Pp]anem|[Pp]an[íi]|[Gg]ospo(?:din[ae]?|đ[aeou])|Say\u0131n|[Dd]oamn[aă]"
    rf"|[Dd]omnul(?:ui)?"
    rf"|[Гг]оспо(?:дин|ж)[ауеи]?|[Пп]ан(?:\u0456|ові|\u0443)|[Κκ]ύρι(?:ος|ε|\u03bf)|[Κκ]υρία) ){_NAME}"
)
ADDRESSED_NAME = re.compile(rf"(?<![^\W_])(?i:{ADDRESSING}) {_NAME}")


def introduced_names(text: str) -> Iterator[CharSpan]:
    """Names after an introduction or a title, and names after a verb if the given name is known."""
    for pattern in (INTRODUCED_NAME, TITLED_NAME):
        yield from (match.span(1) for match in matches(pattern, text) if _is_name(text, match))
    for match in matches(ADDRESSED_NAME, text):
        words = match[1].split(" ")
        if (
            words[0].lower() in GIVEN_NAMES
            and match[1].casefold() not in FULL_NAMES
            and not NOT_SURNAMES & {word.lower() for word in words}
            and not is_in_column_of_things(text, match.start())
        ):
            yield match.span(1)


def _is_name(text: str, match: re.Match[str]) -> bool:
    if is_title_of_work(text, *match.span(1)) or is_in_column_of_things(text, match.start(1)):
        return False
    return match[1].lower() not in NOT_SURNAMES and not is_titled_thing(text, match.start(1))


RECOGNISERS = (Recogniser("PERSON", introduced_names, score=FORMAT_ONLY_SCORE, rank=140),)
