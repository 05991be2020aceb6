"""Names of persons by the words before them: introductions, titles, and verbs before a known given name."""

import re
from collections.abc import Iterator

from services.guard.domain.pii.names import GIVEN_NAMES, NOT_SURNAMES
from services.guard.domain.pii.public_figures import FULL_NAMES
from services.guard.domain.pii.recogniser import FORMAT_ONLY_SCORE, Recogniser
from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.windowed_search import matches

_CAPITALISED = r"(?:(?:[dDlLO]['\u2019])?[A-ZÀ-ÖØ-ÞĀ-ŽΑ-ΩА-Я][^\W\d_]{1,30}(?:[-'\u2019][^\W\d_]{2,30}){0,2})"
_BETWEEN = r"(?: [A-Z]\.)?(?: (?:van|von|de|del|della|di|da|dos|du|le|la|el|al|bin|ben|ter|ten|der|den)){0,3}"
_NAME = rf"({_CAPITALISED}(?:{_BETWEEN} {_CAPITALISED}){{0,2}})(?![^\W_])"
INTRODUCED_NAME = re.compile(
    rf"(?<![^\W_])(?i:my name is|my name's|mein name ist|ich hei[ßs]s?e|je m'appelle|mon nom est|me llamo"
    rf"|mi nombre es|mi chiamo|il mio nome [èe]|meu nome [ée]|me chamo|"
    rf"mijn naam is|ik heet) {_NAME}"
)
TITLED_NAME = re.compile(
    rf"(?<![^\W_])(?:(?i:mrs?|ms|dr|prof|mme|mlle|sra?|srta|sig|dott|dhr|mevr)\.? |(?:Herrn?|Frau|Monsieur"
    rf"|Madame|Señora?|Señorita|Signora?|Senhora?|Mevrouw|Meneer|Miss|Mister) ){_NAME}"
)
ADDRESSED_NAME = re.compile(
    r"(?<![^\W_])(?i:tell|ask|call|email|e-mail|invite|thank|remind|inform|contact|meet|met|write to|reply to"
    r"|respond to|answer|talk(?:ed)? to|spoke(?:n)? (?:to|with)|colleague|friend|"
    r"brother|sister|wife|husband|boss|manager|frage?|antworte(?: ich)?|schreibe?(?: an)?|sage?|bitte"
    r"|informiere|kollegin?|freundin?|r[ée]pondre [àa]|[ée]cri(?:re|s|vez) [àa]|"
    r"di(?:re|s|tes) [àa]|demande[rz]? [àa]|contesto a|contestar a|responder a|escrib[eoi]\w{0,3} a"
    r"|d[ií]gale a|dile a|pregunta\w{0,2} a|rispondo a|rispondere a|scriv\w{1,4} a|"
    rf"di' a|chied\w{{1,3}} a|respondo a|responda a|escreva a|diga a|antwoord(?: ik)?(?: aan)?"
    rf"|schrijf(?: aan)?"
    rf"|zeg(?: tegen)?|vraag(?: aan)?) {_NAME}"
)


def introduced_names(text: str) -> Iterator[CharSpan]:
    """Names after an introduction or a title, and names after a verb if the given name is known."""
    for pattern in (INTRODUCED_NAME, TITLED_NAME):
        yield from (match.span(1) for match in matches(pattern, text) if match[1].lower() not in NOT_SURNAMES)
    for match in matches(ADDRESSED_NAME, text):
        words = match[1].split(" ")
        if (
            words[0].lower() in GIVEN_NAMES
            and match[1].casefold() not in FULL_NAMES
            and not NOT_SURNAMES & {word.lower() for word in words}
        ):
            yield match.span(1)


RECOGNISERS = (Recogniser("PERSON", introduced_names, score=FORMAT_ONLY_SCORE, rank=140),)
