"""What the lists say about a word: given name, surname, ordinary word, or the name of something else."""

import unicodedata
from itertools import chain

from services.guard.domain.text.word_lists import read_sections, read_word_list

_GIVEN = read_sections("given_names.txt")
ORDINARY_WORDS = frozenset(read_word_list("ordinary_words.txt"))
"""Words that texts in many languages write in lower case."""
TERMS = frozenset(chain.from_iterable(read_sections("terms.txt").values()))
"""Names of languages, formats, technologies, brands, places and times, in lower case."""
TERM_WORDS = frozenset(word for term in TERMS if " " in term for word in term.split(" "))
"""The words of those of several words, as of Bosnia and Herzegovina."""
THINGS = frozenset(read_word_list("things.txt"))
"""Plants, animals, dishes, stones and brands in lower case, of which many are given names too."""
CITIES = frozenset(read_word_list("cities.txt"))
"""Large cities in lower case, without those that are given names and nothing else."""
_PLACES = read_sections("places.txt")
PLACES = frozenset(_PLACES[""])
"""Countries, regions and cities in lower case, as many languages write them, that are no names of persons."""
PLACES_LIKE_PERSONS = frozenset(_PLACES["persons"])
"""Cities of which the name is also one of a person."""
GIVEN_NAMES = frozenset(_GIVEN[""]) - THINGS
"""Given names in lower case that mean nothing else."""
AMBIGUOUS_GIVEN_NAMES = frozenset(_GIVEN["ambiguous"]) | (THINGS & frozenset(_GIVEN[""]))
"""Given names in lower case that are also common words, months, places or brands."""
SURNAMES = frozenset(read_word_list("surnames.txt"))
"""Surnames in lower case; many are also common words or places."""
_PARTICLES = "van von de del della di da das do dos du le la el al bin ibn abu ben ter ten der den zu op mac"
PARTICLES = frozenset(_PARTICLES.split())
"""Small words inside names."""
_NAME_HEADS = """
street road avenue square lane drive bridge tower park river lake bay mount island airport station
county city town university college school academy institute library museum hospital clinic church
cathedral foundation society association committee council agency bank group records pictures studios
press books inc ltd llc corp corporation company gmbh ag plc co bros prize award medal cup trophy league
open stadium arena act bill rule plan project system protocol server client software engine framework
model studio cloud app api sdk cli show festival day eve week strasse straße platz allee weg universität
schule kirche krankenhaus stiftung preis gesetz verlag rue place lycée université hôpital église prix
fondation musée calle plaza universidad premio associates partners research theatre theater polling
strategy strategies holdings ventures consulting gallery hall atrium auditorium steakhouse restaurant
diner cafe café bar grill hotel resort inn tires motors talk nehri kulesi okulu üniversitesi köprüsü
sokak caddesi hastanesi merkezi kulübü
investors insurance tickets airlines motorsport sentinel dispatch herald tribune gazette chronicle
observer times telegraph
"""
NAME_HEADS = frozenset(_NAME_HEADS.split())
"""Words in capitals that make the name before them that of a place, an organisation or a work."""
_METHOD_HEADS = """
cycle constant curve reaction principle criterion transform series scale diagram comet telescope paradox
conjecture inequality matrix chain coefficient filter graph sort ladder cipher code theorem lemma law
laws equation test method algorithm function kas\u0131rgas\u0131 distribution syndrome disease effect
"""
METHOD_HEADS = frozenset(_METHOD_HEADS.split())
"""Words that make one name before them that of a method, law or illness, in either case: Calvin cycle."""
_NAME_BEGINNINGS = """
lake lago lac mount monte mont fort port puerto porto san santa saint sankt rio río fiume river isla isle ile
cape cabo hurricane typhoon hurrikan ouragan huracán furacão cyclone storm camp villa plaza piazza praça rue
via avenida calle hotel casa teatro stadio estadio école université universität universidad lycée hospital
"""
NAME_BEGINNINGS = frozenset(_NAME_BEGINNINGS.split())
"""Words that make the name after them that of a place, a building or a storm."""


def is_given_name(word: str) -> bool:
    """Whether the word is a given name and nothing else."""
    return written_in_lists(word) in GIVEN_NAMES


def is_ambiguous_given_name(word: str) -> bool:
    """Whether the word is a given name and also something else."""
    return written_in_lists(word) in AMBIGUOUS_GIVEN_NAMES


def may_be_given_name(word: str) -> bool:
    """Whether the word is a given name, perhaps among other things."""
    return is_given_name(word) or is_ambiguous_given_name(word)


def is_surname(word: str) -> bool:
    """Whether the word is a known surname."""
    return written_in_lists(word) in SURNAMES


def is_known_name(word: str) -> bool:
    """Whether the lists know the word as a given name or a surname."""
    return may_be_given_name(word) or is_surname(word)


def is_city(word: str) -> bool:
    """Whether the word is the name of a large city."""
    return written_in_lists(word) in CITIES


def is_foreign_place(word: str) -> bool:
    """Whether the word is a country, a region or a city in one of many languages, and no name of persons."""
    return written_in_lists(word) in PLACES


def is_of_town(word: str) -> bool:
    """Whether the word is the German adjective of a large city, as in Dresdner Stollen, and no given name."""
    written = written_in_lists(word)
    if not written.endswith("er") or may_be_given_name(word):
        return False
    stem = written.removesuffix("er")
    return any(town in CITIES or town in TERMS for town in (stem, f"{stem}e", f"{stem}en", f"{stem[:-1]}en"))


def is_only_ordinary(word: str) -> bool:
    """Whether its other meaning is that of an ordinary word, or of a term that is a surname far oftener."""
    written = written_in_lists(word)
    if written in THINGS:
        return False
    return written not in TERMS or written in SURNAMES


def is_part_of_term(word: str) -> bool:
    """Whether the word belongs to a term of several words."""
    return written_in_lists(word) in TERM_WORDS


def is_other_word(word: str) -> bool:
    """Whether the word has a meaning of its own, as an ordinary word, a term or a place."""
    written = written_in_lists(word)
    is_other = written in ORDINARY_WORDS or written in TERMS or written in THINGS
    return is_other and written not in GIVEN_NAMES


def is_thing(word: str) -> bool:
    """Whether it is a plant, an animal, a dish, a substance or a brand."""
    return written_in_lists(word) in THINGS


def written_in_lists(word: str) -> str:
    """The word as the lists write it."""
    return word.lower() if word.isascii() else unicodedata.normalize("NFC", word.lower())
