"""Measures by language what toxicity, injection and names are worth: the figures of `services/guard/domain/data/languages.json`.

    pip install faker --target PACKAGES
    PYTHONPATH=.:PACKAGES python training/languages/measure.py --ordinary ORDINARY --mirror CLONES --work WORK [--write] [CAPABILITY ...]

ORDINARY holds JSON lines with `text`, `lang` and `kind`, ordinary texts in many languages; CLONES clones of paul-rottger/hatecheck-data and
rewire-online/multilingual-hatecheck (both CC BY 4.0) named OWNER+NAME. WORK keeps the scores of texts that were measured already.
The attacks (`attacks.json`) and the sentences with values (`people.json`) were written for this measurement, and whoever wrote patterns has seen some of
them. So where there are texts by somebody who knew neither patterns nor lists (`unseen_attacks.json`, `unseen_people.json`), these alone give the figure.

toxicity: share of hateful texts above the score that 1 % of the ordinary texts of the language exceed.
injection: the same for attacks, by all layers of the guard together.
names, addresses, phones: share of planted values of which each letter and digit is covered; `checked` are e-mail, IBAN and card.
"""

import argparse
import asyncio
import csv
import hashlib
import importlib.util
import io
import json
import random
import sys
from collections import Counter, defaultdict
from itertools import product
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "classifier"))

from mirror import Mirror

from schemas.scores import scores_of
from schemas.values import Message
from services.guard.app import offline_screener
from services.guard.domain.origins import segments_of
from services.guard.domain.types import ScreeningContext
from services.guard.settings import GuardSettings

TABLE = HERE.parents[1] / "services" / "guard" / "domain" / "data" / "languages.json"
HATE = {"ar": "arabic", "de": "german", "es": "spanish", "fr": "french", "hi": "hindi", "it": "italian", "nl": "dutch", "pl": "polish", "pt": "portuguese", "zh": "mandarin"}
LOCALES = {
    "en": ["en_US", "en_GB"], "de": ["de_DE"], "fr": ["fr_FR"], "es": ["es_ES"], "it": ["it_IT"], "pt": ["pt_BR"], "nl": ["nl_NL"],
    "pl": ["pl_PL"], "cs": ["cs_CZ"], "ro": ["ro_RO"], "sv": ["sv_SE"], "da": ["da_DK"], "fi": ["fi_FI"], "tr": ["tr_TR"], "hu": ["hu_HU"],
    "id": ["id_ID"], "el": ["el_GR"], "ru": ["ru_RU"], "uk": ["uk_UA"], "ar": ["ar_SA"], "hi": ["hi_IN"], "zh": ["zh_CN"],
    "ja": ["ja_JP"], "ko": ["ko_KR"],
}
SURNAME_FIRST = {"hu": " ", "zh": "", "ja": "", "ko": ""}
ORDINARY_TEXTS, CASES, MIN_TEXTS, ROUNDS = 300, 200, 100, 40


def ordinary(folder):
    """At most so many ordinary texts of each language, the same ones at every run; system prompts are left out, which belong to no user."""
    texts = defaultdict(list)
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.open(encoding="utf-8"):
            row = json.loads(line)
            digest = hashlib.sha1(str(row["id"]).encode()).digest()  # the half that is held out is not read
            if not digest[0] & 1 and len(row["lang"]) == 2 and row["kind"] != "system_prompt" and sum(map(str.isalpha, row["text"])) >= 15:
                texts[row["lang"]].append((digest, row["text"][:1_500]))
    return {language: [text for _, text in sorted(rows)[:ORDINARY_TEXTS]] for language, rows in texts.items()}


def cases(mirror):
    """Hateful cases by language, and the harmless ones that were written to look like them."""
    files = {"en": ("paul-rottger/hatecheck-data", "test_suite_cases.csv")}
    for language, name in HATE.items():
        files[language] = ("rewire-online/multilingual-hatecheck", f"MHC Final Cases/hatecheck_cases_final_{name}.csv")
    for language, (repository, path) in files.items():
        rows = csv.DictReader(io.StringIO(mirror.text(repository, path)))
        by_label = defaultdict(list)
        for row in rows:
            by_label[row["label_gold"]].append(row["test_case"])
        yield language, *(random.Random(language).sample(by_label[label], CASES) for label in ("hateful", "non-hateful"))


def attacks():
    """Attacks by language: unseen ones, or each way to cancel the instructions with each goal, and the ways to ask for them."""
    unseen = json.loads((HERE / "unseen_attacks.json").read_text(encoding="utf-8"))
    for language, parts in json.loads((HERE / "attacks.json").read_text(encoding="utf-8")).items():
        yield language, unseen.get(language) or [*map(" ".join, product(parts["override"], parts["goal"])), *parts["extract"]]


class Scores:
    """The guard's highest toxicity and injection score of a text, kept in a file by the text."""

    def __init__(self, folder):
        self._file = folder / "scores.json"
        self._known = json.loads(self._file.read_text(encoding="utf-8")) if self._file.exists() else {}
        self._screener = offline_screener(GuardSettings.offline())

    def of(self, texts, subject):
        """The scores of these texts."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._known]
        for text, found in zip(missing, asyncio.run(self._screened(missing)), strict=True):
            self._known[text] = found
        if missing:
            self._file.write_text(json.dumps(self._known), encoding="utf-8")
        return np.array([self._known[text][subject] for text in texts])

    async def _screened(self, texts):
        return [await self._screen(text) for text in texts]

    async def _screen(self, text):
        segments = segments_of([Message(role="user", content=text)], {}, ())
        result = await self._screener.screen(segments, ScreeningContext("input", runs_all_detectors=True))
        scores = scores_of(result.verdict)
        persons = any(each.kind == "PERSON" for of_text in result.detections for each in of_text)
        return {"toxicity": scores.toxicity.score, "injection": scores.injection.score, "person": float(persons)}


def area_of(harmful, harmless):
    """The area under the curve: how often a harmful text scores above a harmless one, ties half."""
    ranked = np.sort(harmless)
    below, up_to = np.searchsorted(ranked, harmful, "left"), np.searchsorted(ranked, harmful, "right")
    return float(np.mean(below + up_to) / 2 / len(ranked))


def toxicity(arguments, scores):
    """Recall of hateful texts at one false alarm among a hundred ordinary ones."""
    plain = ordinary(arguments.ordinary)
    for language, hateful, harmless in cases(Mirror(arguments.mirror)):
        found, similar, usual = (scores.of(texts, "toxicity") for texts in (hateful, harmless, plain[language]))
        recall = np.mean(found > np.quantile(usual, 0.99))
        areas = f"AUC against ordinary texts {area_of(found, usual):.3f}, against cases that look like them {area_of(found, similar):.3f}"
        yield language, {"toxicity": recall}, f"recall at 1 % {recall:.3f}, {areas}, n {len(found)} + {len(usual)} + {len(similar)}"


def injection(arguments, scores):
    """Recall of attacks at one false alarm among a hundred ordinary texts."""
    plain = ordinary(arguments.ordinary)
    for language, texts in attacks():
        if len(plain.get(language, ())) < MIN_TEXTS:
            continue
        found, harmless = scores.of(texts, "injection"), scores.of(plain[language], "injection")
        recall = np.mean(found > np.quantile(harmless, 0.99))
        yield language, {"injection": recall}, f"recall at 1 % {recall:.3f}, n {len(found)} + {len(harmless)}, ordinary above .9: {np.mean(harmless > 0.9):.3f}"


def covers(spans, text, name, public):
    """Whether each letter of the name is in a span of a kind that is replaced."""
    start = text.index(name)
    covered = {index for span in spans if span.kind not in public for index in range(span.start, span.end)}
    return all(index in covered for index in range(start, start + len(name)) if text[index].isalnum())


def names(arguments, scores):
    """Planted values that are covered as a whole."""
    plain = ordinary(arguments.ordinary)
    from faker import Faker

    specification = importlib.util.spec_from_file_location("planted", HERE.parent / "pii" / "measure.py")
    planted = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(planted)
    unseen = json.loads((HERE / "unseen_people.json").read_text(encoding="utf-8"))
    for language, sentences in json.loads((HERE / "people.json").read_text(encoding="utf-8")).items():
        random.seed(language)
        Faker.seed(language)
        fakes, all_of, whole, right, covered_chars = [Faker(locale) for locale in LOCALES[language]], Counter(), Counter(), 0, 0
        for sentence in sentences * ROUNDS:
            fake = random.choice(fakes)
            make = planted.values(fake)
            if language in SURNAME_FIRST:
                make["PERSON"] = lambda fake=fake: fake.last_name() + SURNAME_FIRST[language] + fake.first_name()
            text, places = planted.fill(sentence, make)
            covered = {index for span in planted.found(text) if span.kind not in planted.PUBLIC for index in range(span.start, span.end)}
            covered_chars += len(covered)
            right += len(covered & {index for _, start, end in places for index in range(start, end)})
            for kind, start, end in places:
                group = {"PERSON": "names", "GIVEN": "given", "ADDRESS": "addresses", "PHONE_NUMBER": "phones"}.get(kind, "checked")
                all_of[group] += 1
                whole[group] += all(index in covered for index in range(start, end) if text[index].isalnum())
        shares = {group: whole[group] / all_of[group] for group in all_of}
        if language in unseen:
            shares["names"] = np.mean([covers(planted.found(row["text"]), row["text"], row["name"], planted.PUBLIC) for row in unseen[language]])
        shares["precision"] = right / covered_chars
        if len(plain.get(language, ())) >= MIN_TEXTS:
            shares["ordinary texts with a person"] = np.mean(scores.of(plain[language], "person"))
        yield language, {"names": shares["names"], "addresses": shares["addresses"], "phones": shares["phones"]}, " ".join(f"{group} {share:.3f}" for group, share in shares.items())


CAPABILITIES = {"toxicity": toxicity, "injection": injection, "names": names}


def main(arguments):
    """Print the figures, and write them into the table if that is asked for."""
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    scores = Scores(arguments.work)
    for capability in arguments.capability or CAPABILITIES:
        for language, figures, line in CAPABILITIES[capability](arguments, scores):
            print(f"{capability} {language}: {line}", flush=True)
            table["figures"].setdefault(language, {}).update({name: round(float(value), 3) for name, value in figures.items()})
    if arguments.write:
        table["figures"] = dict(sorted(table["figures"].items()))
        TABLE.write_text(json.dumps(table, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--ordinary", type=Path, required=True)
    parser.add_argument("--mirror", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("capability", nargs="*")
    main(parser.parse_args())
