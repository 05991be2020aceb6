"""Persons by the words before them alone: who says a name, who has a title, and known first names behind verbs that take a person."""

import re
from collections.abc import Iterator

from services.guard.domain.pii.given_names import GIVEN_NAMES
from services.guard.domain.pii.names import NO_SURNAME
from services.guard.domain.pii.payment import Range
from services.guard.domain.pii.well_known_names import FULL_NAMES
from services.guard.domain.text.windowed_search import matches

_LARGE = r"(?:(?:[dDlLO]['\u2019])?[A-ZÀ-ÖØ-ÞĀ-ŽΑ-ΩА-Я][^\W\d_]{1,30}(?:[-'\u2019][^\W\d_]{2,30}){0,2})"
_BETWEEN = r"(?: [A-Z]\.)?(?: (?:van|von|de|del|della|di|da|dos|du|le|la|el|al|bin|ben|ter|ten|der|den)){0,3}"
_NAME = rf"({_LARGE}(?:{_BETWEEN} {_LARGE}){{0,2}})(?![^\W_])"
OWN = re.compile(
    rf"(?<![^\W_])(?i:my name is|my name's|mein name ist|ich hei[ßs]s?e|je m'appelle|mon nom est|me llamo"
    rf"|mi nombre es|mi chiamo|il mio nome [èe]|meu nome [ée]|me chamo|"
    rf"mijn naam is|ik heet) {_NAME}"
)
TITLED = re.compile(
    rf"(?<![^\W_])(?:(?i:mrs?|ms|dr|prof|mme|mlle|sra?|srta|sig|dott|dhr|mevr)\.? |(?:Herrn?|Frau|Monsieur"
    rf"|Madame|Señora?|Señorita|Signora?|Senhora?|Mevrouw|Meneer|Miss|Mister) ){_NAME}"
)
TOLD = re.compile(
    r"(?<![^\W_])(?i:tell|ask|call|email|e-mail|invite|thank|remind|inform|contact|meet|met|write to|reply to"
    r"|respond to|answer|talk(?:ed)? to|spoke(?:n)? (?:to|with)|colleague|friend|"
    r"brother|sister|wife|husband|boss|manager|frage?|antworte(?: ich)?|schreibe?(?: an)?|sage?|bitte"
    r"|informiere|kollegin?|freundin?|r[ée]pondre [àa]|[ée]cri(?:re|s|vez) [àa]|"
    r"di(?:re|s|tes) [àa]|demande[rz]? [àa]|contesto a|contestar a|responder a|escrib[eoi]\w{0,3} a"
    r"|d[ií]gale a|dile a|pregunta\w{0,2} a|rispondo a|rispondere a|scriv\w{1,4} a|"
    rf"di' a|chied\w{{1,3}} a|respondo a|responda a|escreva a|diga a|antwoord(?: ik)?(?: aan)?|schrijf(?: aan)?"
    rf"|zeg(?: tegen)?|vraag(?: aan)?) {_NAME}"
)


def introduced_names(text: str) -> Iterator[Range]:
    """Names behind words that say so."""
    for shape in (OWN, TITLED):
        yield from (match.span(1) for match in matches(shape, text) if match[1].lower() not in NO_SURNAME)
    for match in matches(TOLD, text):
        words = match[1].split(" ")
        if (
            words[0].lower() in GIVEN_NAMES
            and match[1].casefold() not in FULL_NAMES
            and not NO_SURNAME & {word.lower() for word in words}
        ):
            yield match.span(1)
