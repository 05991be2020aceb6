"""Writes words_of_languages.txt of services/guard/domain/data: the frequent words of single languages.

    python training/pii/words_of_languages.py TREEBANKS services/guard/domain/data

Needs the package `wordfreq`. TREEBANKS holds the folders UD_Vietnamese-VTB and UD_Korean-Kaist, whose words tell names apart.
Words that `ordinary_words.txt` has for all languages are left out, and so are the names of the guard's lists: given names,
surnames, places and terms.
"""

import re
import sys
from collections import Counter
from pathlib import Path

from wordfreq import get_frequency_dict

from services.guard.domain.text.word_lists import read_sections

RARE, USUAL = "fr es it pt nl id da sv nb ro", "cs hu fi ru uk bg el"
MIN_ZIPF = {
    **{"en": 9.0, "de": 3.6, "tr": 3.8, "pl": 3.8},
    **dict.fromkeys(RARE.split(), 4.0),
    **dict.fromkeys(USUAL.split(), 4.0),
}
MIN_LENGTH = 3
SMALL_WORDS = 100
MAX_SMALL_CHARS = 8
MIN_COUNT = 2
HANGUL = re.compile("[\uac00-\ud7a3]{2,6}")
HEADER = """\
# Frequent words of single languages, in small letters, one per line; before them each language's most usual words.
# Written by training/pii/words_of_languages.py; change that script, not this file. Chosen by the frequencies of
# wordfreq 3.1 by Robyn Speer (CC BY-SA 4.0), without the names of the guard's lists; Vietnamese and Korean from Universal
# Dependencies Vietnamese-VTB and Korean-Kaist (CC BY-SA 4.0).
"""


def of_language(language, least, ordinary, names):
    """The most usual words of a language, and its frequent ones."""
    shares = get_frequency_dict(language, "best")
    words, only_names = [word for word in shares if word.isalpha()], names - ordinary
    usual = [word for word in words if 1 < len(word) <= MAX_SMALL_CHARS and word not in only_names][:SMALL_WORDS]
    kept = (word for word in words if shares[word] >= 10 ** (least - 9) and len(word) >= MIN_LENGTH)
    return usual, sorted(word for word in kept if word not in ordinary and word not in names)


def listed_names():
    """The names of persons and of other things that the guard's lists have, each word of them."""
    files = ("given_names.txt", "surnames.txt", "names_in_scripts.txt", "terms.txt", "places.txt", "cities.txt", "public_figures.txt")
    entries = (entry for file in files for entries in read_sections(file).values() for entry in entries)
    return {word for entry in entries for word in entry.lower().split()}


def rows_of(treebank):
    """The columns of each token of a treebank."""
    for path in sorted(Path(treebank).glob("*.conllu")):
        for line in path.read_text(encoding="utf-8").splitlines():
            columns = line.split("\t")
            if len(columns) == 10:
                yield columns


def of_vietnamese(treebank, given):
    """The usual syllables of Vietnamese that no name in the treebank has, and no other word."""
    rows = list(rows_of(treebank))
    small = Counter(syllable for row in rows if row[3] != "PROPN" for syllable in row[1].split() if syllable.islower())
    names = {syllable.lower() for row in rows if row[3] == "PROPN" for syllable in row[1].split()} | given
    return [word for word, _ in small.most_common(SMALL_WORDS) if len(word) > 1 and word not in names][:SMALL_WORDS], []


def of_korean(treebank, given):
    """The nouns, verbs and adverbs of Korean with their particles, and without."""
    found, names = Counter(), set(given)
    for row in rows_of(treebank):
        parts = row[2].split("+")
        (names.update if "PROPN" in row[3] or "nq" in row[4] else found.update)({row[1], parts[0]})
    words = (word for word, count in found.items() if count >= MIN_COUNT and HANGUL.fullmatch(word))
    return [], sorted(word for word in words if word not in names)


def main(treebanks, out):
    """Write the list."""
    ordinary, given = set(read_sections("ordinary_words.txt")[""]), set(read_sections("given_names.txt")[""])
    given |= set(read_sections("names_in_scripts.txt")["korean given names"])
    names = listed_names() | given
    found = {language: of_language(language, least, ordinary, names) for language, least in MIN_ZIPF.items()}
    found["vi"] = of_vietnamese(Path(treebanks) / "UD_Vietnamese-VTB", given)
    found["ko"] = of_korean(Path(treebanks) / "UD_Korean-Kaist", given)
    lines = []
    for language, (usual, words) in found.items():
        lines += [f"[{language} small]", *sorted(usual), f"[{language}]", *words]
    (Path(out) / "words_of_languages.txt").write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
