"""Writes name_likeness.txt of services/guard/domain/data: weights of letter groups that tell names from other words.

    pip install names==0.3.0 faker==37.4.0 --target NAMES
    PYTHONPATH=.:NAMES python training/pii/name_likeness.py NAMES services/guard/domain/data         (after given_names.py)

A logistic regression over groups of 2 to 5 letters. Names: the guard's lists, the surnames of the US census of 1990 (public
domain) and the rarer names of Faker (MIT); other words: the guard's terms, places and ordinary words. Neither the countries that `measure.py planted`
plants nor the sets of the other measurements are among them. One word of ten is kept out, to print what the weights reach.
"""

import hashlib
import importlib
import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from given_names import LARGE, RARE_SURNAMES, census

from services.guard.domain.pii.name_likeness import letter_groups
from services.guard.domain.text.word_lists import read_sections, read_word_list

CENSUS_SURNAMES = 40_000
"""The most frequent ones."""
MIN_WORDS = 12
"""That a letter group must be in."""
ROUNDS = 250
RATE = 0.05
PENALTY = 4e-6
SCALE = 10
"""Of the whole numbers that the file holds."""
LEAST = 2
"""Smaller weights are left out."""
PLACE_WEIGHT = 0.3
"""Of a place, since many places are called like persons and the classifier tells them apart."""
WRITTEN = re.compile(r"[^\W\d_]{3,24}")
HEADER = """\
# Weights of letter groups, times 10, by which a word is like a name (^ and $ are its ends; the line "bias" is added always).
# Written by training/pii/name_likeness.py; change that script, not this file. Learnt from the guard's own lists of names,
# terms and ordinary words (their sources and licences stand in those files) and the surnames of the US census of 1990
# (public domain; in the package names 0.3.0, MIT).
"""


def words(folder):
    """Words that are names, and words that are not; a word of both kinds is in neither."""
    names = {*read_sections("given_names.txt")[""], *read_word_list("surnames.txt"), *rare_names()}
    names |= set(census(folder, "all.last")[:CENSUS_SURNAMES])
    terms = {word for entries in read_sections("terms.txt").values() for entry in entries for word in entry.split()}
    others = {*read_word_list("ordinary_words.txt"), *terms, *read_sections("given_names.txt")["ambiguous"]}
    return [sorted(filter(WRITTEN.fullmatch, kept)) for kept in (names - others, others - names)]


def rare_names():
    """The names of Faker that the guard's lists leave out because they are too many or too rare."""
    for country in sorted(LARGE | RARE_SURNAMES):
        provider = importlib.import_module(f"faker.providers.person.{country}").Provider
        for attribute in dir(provider):
            names = getattr(provider, attribute)
            if isinstance(names, (tuple, list, dict, set)) and attribute.startswith(("first_name", "last_name")):
                yield from (name.lower() for name in names if isinstance(name, str) and "{" not in name)


def is_kept_out(word):
    """Whether the word is one of the tenth by which the weights are measured."""
    return hashlib.sha1(word.encode()).digest()[0] % 10 == 0


def learn(columns, rows, truth, weight_of_row, count):
    """Weights of the groups by Adam over all words at once."""
    weights, mean, square = np.zeros(count), np.zeros(count), np.zeros(count)
    for step in range(1, ROUNDS + 1):
        scores = np.bincount(rows, weights[columns], minlength=len(truth))
        error = (1 / (1 + np.exp(-scores)) - truth) * weight_of_row
        slope = np.bincount(columns, error[rows], minlength=count) / len(truth) + PENALTY * weights + PENALTY / 2 * np.sign(weights)
        mean, square = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope**2
        weights -= RATE * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    return weights


def main(folder, out):
    """Learn from nine words of ten, print the result on the others, and write the weights."""
    names, others = words(folder)
    sample = [(word, truth) for truth, kept in ((1.0, names), (0.0, others)) for word in kept]
    learnt = [row for row in sample if not is_kept_out(row[0])]
    counts = Counter(group for word, _ in learnt for group in letter_groups(word))
    groups = ["bias", *sorted(group for group, count in counts.items() if count >= MIN_WORDS)]
    index = {group: number for number, group in enumerate(groups)}
    found = [[0, *(index[group] for group in letter_groups(word) if group in index)] for word, _ in learnt]
    rows = np.repeat(np.arange(len(found)), list(map(len, found)))
    truth = np.array([label for _, label in learnt])
    share = truth.mean()
    places = set(read_sections("terms.txt")["places"]) - set(read_word_list("ordinary_words.txt"))
    weight_of_row = np.where(truth == 1, 0.5 / share, 0.5 / (1 - share))
    weight_of_row *= np.array([PLACE_WEIGHT if word in places else 1.0 for word, _ in learnt])
    weights = learn(np.concatenate([np.array(row) for row in found]), rows, truth, weight_of_row, len(groups))
    kept = {group: round(SCALE * weight) for group, weight in zip(groups, weights) if group == "bias" or abs(SCALE * weight) >= LEAST}
    (Path(out) / "name_likeness.txt").write_text(HEADER + "".join(f"{group} {weight}\n" for group, weight in kept.items()), encoding="utf-8")
    tested = [(kept["bias"] + sum(kept.get(group, 0) for group in letter_groups(word)), label) for word, label in sample if is_kept_out(word)]
    print(f"{len(names)} names, {len(others)} others, {len(kept)} groups of {len(groups)}")
    for least in (-10, 0, 5, 10, 15, 20, 30):
        passed = [label for score, label in tested if score >= least]
        positives = sum(label for _, label in tested)
        print(f"score {least / SCALE:4}: names {sum(passed) / positives:.3f}, others {(len(passed) - sum(passed)) / (len(tested) - positives):.3f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
