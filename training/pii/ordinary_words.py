"""Writes ordinary_words.txt of services/guard/domain/data: words that texts in many languages write in lower case.

    python training/pii/ordinary_words.py TEXTS TREEBANKS services/guard/domain/data

TEXTS is a folder of ordinary texts (JSON lines with `text`, `kind` and `lang`), TREEBANKS one of files *.conllu. A word counts
where it is in lower case, where a German article precedes it, or where a treebank says that it is no proper noun.
"""

import json
import re
import sys
from collections import Counter
from pathlib import Path

MIN_COUNT = 4
MIN_TEXTS = 2
MIN_LENGTH = 3
SPOKEN = {"assistant_query", "chat", "code", "diff", "config", "log", "json", "csv", "table"}
"""Kinds of texts in which names are written in lower case."""
WORD = re.compile(r"(?<![\w@#/.\\$%&=<>{}'\u2019-])[^\W\d_]{2,24}(?![\w@/\\$%&=<>{}(-]|\.\w)")
CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
LATIN = re.compile(r"[a-zà-öø-ÿāăąćčďđēęěğģīįıķļłńňņőœŕřśşšťţțșūůűųźżž]+")
ARTICLE = re.compile(
    r"\b(?:der|die|das|den|dem|des|eine?[nmrs]?|im|am|zum|zur|beim|vom|keine?n?|diese[rsnm]?|jede[rsnm]?|alle|mehr|viele)"
    r"\s+([A-ZÄÖÜ][a-zäöüß]{2,24})\b"
)
HEADER = """\
# Ordinary words of many languages, in small letters, one per line.
# Written by training/pii/ordinary_words.py; change that script, not this file. Counted in Wikipedia's, tldr-pages',
# FastAPI's, statutes' and other texts (CC-BY and CC-BY-SA, MIT, BSD, public domain; docs/models.md names them) and in the
# Universal Dependencies English-EWT, English-GUM, French-ParisStories, French-Rhapsodie, German-LIT, Italian-ParlaMint,
# Portuguese-Bosque and Dutch-Alpino (CC BY-SA 4.0, GUM by part).
"""


def counts_of_texts(folder, is_used):
    """How often the texts write each word in lower case, how many texts do, and how often it has a capital."""
    lower, texts, capital = Counter(), Counter(), Counter()
    for path in sorted(Path(folder).glob("*.jsonl")):
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            if row["kind"] in SPOKEN or row["text"].islower() or not is_used(row):
                continue
            words = WORD.findall(CODE.sub("", row["text"]))
            small = Counter(word for word in words if word.islower())
            if (row.get("lang") or "").startswith("de"):
                small.update(word.lower() for word in ARTICLE.findall(row["text"]))
            lower.update(small)
            texts.update(small.keys())
            capital.update(word.lower() for word in words if word.istitle())
    return lower, texts, capital


def counts_of_treebanks(folder):
    """How often each word is a proper noun or foreign, and how often it is not."""
    proper, other = Counter(), Counter()
    for path in sorted(Path(folder).rglob("*.conllu")):
        for line in path.read_text(encoding="utf-8").splitlines():
            columns = line.split("\t")
            if len(columns) == 10:
                (proper if columns[3] in {"PROPN", "X", "SYM"} else other)[columns[1].lower()] += 1
    return proper, other


def main(texts, treebanks, out, is_used=lambda row: True):
    """Write the list."""
    lower, spread, capital = counts_of_texts(texts, is_used)
    proper, other = counts_of_treebanks(treebanks)
    ordinary = {word for word, count in lower.items() if count >= MIN_COUNT and spread[word] >= MIN_TEXTS and count * 50 >= capital[word]}
    ordinary |= {word for word, count in other.items() if count >= MIN_COUNT and count >= 2 * proper[word]}
    kept = sorted(word for word in ordinary if len(word) >= MIN_LENGTH and LATIN.fullmatch(word))
    (Path(out) / "ordinary_words.txt").write_text(HEADER + "\n".join(kept) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
