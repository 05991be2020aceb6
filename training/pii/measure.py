"""Measures what the guard finds of planted personal data and what it takes for personal in ordinary text: the figures of the model card.

    pip install faker --target FAKER
    PYTHONPATH=.:FAKER python training/pii/measure.py planted final         (or development: the sentences by which the rules were made)
    PYTHONPATH=.:FAKER python training/pii/measure.py speed
    PYTHONPATH=.:FAKER python training/pii/measure.py original FOLDER_OF_THE_4_BIT_MODEL_Q4_ONNX
    PYTHONPATH=. python training/pii/measure.py ordinary SELF_INSTRUCT/*.jsonl        (lines with `instruction` and `instances`)
    PYTHONPATH=. python training/pii/measure.py generated PRESIDIO_RESEARCH/data/synth_dataset_v2.json         (MIT)
    PYTHONPATH=. python training/pii/measure.py tweets WNUT17/*.conll                 (token, tab, BIO label)

The sentences of `final` were measured once, when rules and thresholds were fixed, and nothing was changed after; the values are Faker's.
"""

import asyncio
import json
import random
import re
import sys
import time
from collections import Counter
from pathlib import Path

from services.guard.adapters.batched_model import ModelThreadPool
from services.guard.adapters.model_files import open_folder
from services.guard.adapters.onnx_ner import OnnxNer
from services.guard.domain.pii.token_entities import entities
from services.guard.domain.injection.detector import score_injection
from services.guard.domain.pii.public_figures import with_public_figures
from services.guard.domain.pii.registry import recognise
from services.guard.domain.spans import merged
from services.guard.settings import MODELS

SEED = 20_261_102
SLOT = re.compile(r"\{(\w+)\}")
LOCALES = {"en": ["en_US", "en_GB"], "de": ["de_DE"], "fr": ["fr_FR"], "es": ["es_ES"], "it": ["it_IT"], "pt": ["pt_BR"], "nl": ["nl_NL"]}
INTERNATIONAL = ("+49 30 9", "+44 20 79 ", "+33 1 44 ", "+1 (415) 5", "+34 91 4", "+39 06 6", "+55 11 39", "+31 20 7", "+49 (0)89 1", "0049 89 1")
NER = OnnxNer(open_folder(MODELS / "rampart"), 600, ModelThreadPool(2))
PUBLIC = {"LOCATION", "PUBLIC_FIGURE"}
NOT_PERSONAL = {"LOCATION", "GPE", "ORGANIZATION", "DATE_TIME", "DOMAIN_NAME", "URL", "TITLE", "PREFIX", "AGE", "NRP", "ZIP_CODE"}
TITLES = re.compile(r"(?:(?:mr|mrs|ms|dr|miss|prof)\b\.?\s*)+", re.IGNORECASE)
SUFFIX = re.compile(r"\s+(?:phd|md|dds|jr\.?|sr\.?|dvm|msc|[iv]+)$", re.IGNORECASE)


def found(text):
    """What the guard would act on, merged as it does."""
    (tokens,) = asyncio.run(NER.label([text]))
    rules = recognise(text)
    return merged([*rules, *with_public_figures(text, entities(text, tokens), rules)])


def values(fake):
    """One value of each kind, in the form in which people write it in that country."""
    card = fake.credit_card_number()
    return {
        "PERSON": lambda: f"{fake.first_name()} {fake.last_name()}",
        "GIVEN": fake.first_name,
        "EMAIL_ADDRESS": lambda: random.choice((fake.email, fake.free_email, fake.company_email))(),
        "PHONE_NUMBER": fake.phone_number,
        "INTERNATIONAL": lambda: random.choice(INTERNATIONAL) + "".join(str(random.randint(2, 9)) for _ in range(6)),
        "CREDIT_CARD": lambda: random.choice((card, " ".join(re.findall(".{1,4}", card)), "-".join(re.findall(".{1,4}", card)))),
        "IBAN_CODE": lambda: random.choice((lambda code: code, lambda code: " ".join(re.findall(".{1,4}", code))))(fake.iban()),
        "IP_ADDRESS": lambda: random.choice((fake.ipv4_public, fake.ipv6))(),
        "US_SSN": lambda: f"{random.choice([n for n in range(1, 899) if n != 666]):03}-{random.randint(1, 99):02}-{random.randint(1, 9999):04}",
        "ADDRESS": lambda: fake.street_address().replace("\n", ", "),
    }


def planted(sentences, times=40):
    """Sentences with values in known places, the same ones at every run."""
    from faker import Faker

    random.seed(SEED)
    Faker.seed(SEED)
    for language, texts in sentences.items():
        fakes = [Faker(locale) for locale in LOCALES[language]]
        for _ in range(times):
            for sentence in texts:
                yield language, *fill(sentence, values(random.choice(fakes)))


def fill(sentence, make):
    """The text, and where each value stands."""
    text, places, end = "", [], 0
    for slot in SLOT.finditer(sentence):
        text += sentence[end : slot.start()]
        value = make[slot[1]]()
        places.append((slot[1], len(text), len(text) + len(value)))
        text, end = text + value, slot.end()
    return text + sentence[end:], places


def measure_planted(sentences, change=lambda text: text):
    """Recall by kind and language: a value counts when every character is covered; and characters found where none were planted."""
    whole, right, all_of, by_language, missed = Counter(), Counter(), Counter(), Counter(), []
    hit = extra = total = 0
    for language, text, places in planted(sentences):
        text = change(text)
        spans = found(text)
        covered = {index for span in spans for index in range(span.start, span.end) if span.kind not in PUBLIC}
        true = {index for _, start, end in places for index in range(start, end)}
        hit, extra, total = hit + len(covered & true), extra + len(covered - true), total + len(true)
        for kind, start, end in places:
            named = {"GIVEN": "PERSON", "INTERNATIONAL": "PHONE_NUMBER"}.get(kind, kind)
            is_whole = all(index in covered for index in range(start, end) if text[index].isalnum())
            all_of[kind] += 1
            whole[kind] += is_whole
            right[kind] += is_whole and any(span.kind == named and span.start < end and span.end > start for span in spans)
            by_language[language, named == "PERSON", "of"] += 1
            by_language[language, named == "PERSON", "found"] += is_whole
            if not is_whole:
                missed.append((kind, language, text[start:end], repr(text)))
    precision, recall = hit / (hit + extra), hit / total
    print(f"characters: precision {precision:.3f} recall {recall:.3f} F1 {2 * precision * recall / (precision + recall):.3f}")
    for kind in sorted(all_of):
        print(f"{kind:15} n {all_of[kind]:5} covered {whole[kind] / all_of[kind]:.3f} and named so {right[kind] / all_of[kind]:.3f}")
    for language in sentences:
        shares = [by_language[language, is_name, "found"] / by_language[language, is_name, "of"] for is_name in (True, False)]
        print(f"{language}: names {shares[0]:.3f}, the rest {shares[1]:.3f}")
    return missed


def measure_ordinary(files):
    """Share of texts in which anything but a place is found; needs reading, since some do hold names."""
    texts = []
    for line in "\n".join(Path(name).read_text(encoding="utf-8") for name in files).splitlines():
        if line:
            row = json.loads(line)
            texts.append("\n".join(part for part in (row["instruction"], row["instances"][0]["input"]) if part))
    hits = Counter()
    for text in texts:
        kinds = {span.kind for span in found(text)}
        hits.update(kinds | ({"anything that is not public"} if kinds - PUBLIC else set()))
        hits["injection >= 0.9"] += score_injection(text)[0] >= 0.9
        for span in found(text):
            print(f"  {span.kind} {span.score:.2f} {text[span.start : span.end]!r} in {text[max(0, span.start - 30) : span.end + 20]!r}")
    for kind, count in hits.most_common():
        print(f"{kind}: {count} of {len(texts)} texts ({100 * count / len(texts):.1f} %)")


def measure_generated(files):
    """Characters and whole entities in sentences of presidio-research (`full_text`, `spans`); titles are no names, NOT_PERSONAL counts neither way."""
    whole, all_of, hit, extra, total = Counter(), Counter(), 0, 0, 0
    for row in json.loads(Path(files[0]).read_text(encoding="utf-8")):
        text = row["full_text"]
        places = [(one["entity_type"], one["start_position"], one["end_position"]) for one in row["spans"]]
        covered = {index for span in found(text) if span.kind not in PUBLIC for index in range(span.start, span.end) if not text[index].isspace()}
        neutral = {index for kind, start, end in places if kind in NOT_PERSONAL for index in range(start, end)}
        true = set()
        for kind, start, end in (place for place in places if place[0] not in NOT_PERSONAL):
            if kind == "PERSON":
                start += len(title[0]) if (title := TITLES.match(text[start:end])) else 0
                end -= len(suffix[0]) if (suffix := SUFFIX.search(text[start:end])) else 0
            true |= {index for index in range(start, end) if not text[index].isspace()}
            all_of[kind] += 1
            whole[kind] += all(index in covered for index in range(start, end) if text[index].isalnum())
        hit, extra, total = hit + len(true & covered), extra + len(covered - true - neutral), total + len(true)
    precision, recall = hit / (hit + extra), hit / total
    print(f"characters: precision {precision:.3f} recall {recall:.3f} F1 {2 * precision * recall / (precision + recall):.3f}")
    for kind, count in all_of.most_common():
        print(f"{kind:20} n {count:5} covered {whole[kind] / count:.3f}")


def measure_tweets(files):
    """Recall and precision of persons in real, noisy text (WNUT-17; handles are no persons there)."""
    truth = hit = spans_count = right = 0
    for block in "\n\n".join(Path(name).read_text(encoding="utf-8") for name in files).split("\n\n"):
        rows = [line.rsplit("\t", 1) for line in block.splitlines() if "\t" in line]
        text, places = "", []
        for word, label in rows:
            if label == "I-person" and places:
                places[-1] = (places[-1][0], len(text) + len(word))
            elif label == "B-person":
                places.append((len(text), len(text) + len(word)))
            text += word + " "
        persons = [span for span in found(text) if span.kind == "PERSON"]
        truth += len(places)
        hit += sum(any(span.start <= start and span.end >= end for span in persons) for start, end in places)
        spans_count += len(persons)
        right += sum(any(span.start < end and span.end > start for start, end in places) for span in persons)
    print(f"persons: recall {hit / truth:.3f} of {truth}, precision {right / spans_count:.3f} of {spans_count}")


def measure_speed():
    """CPU time for texts of 30, 200 and 2,000 tokens, of the model and of the rules."""
    words = " ".join(text for _, text, _ in planted({"en": ["Tell {PERSON} at {EMAIL_ADDRESS} that the parcel went to {ADDRESS}, and be polite about it."]}, 400)).split(" ")
    for tokens in (30, 200, 2_000):
        ids = NER._cutter._tokenizer.encode(" ".join(words), add_special_tokens=False)
        text = " ".join(words)[: ids.offsets[tokens - 1][1]]
        for name, work in (("model", lambda: asyncio.run(NER.label([text]))), ("rules", lambda: recognise(text))):
            work()
            rounds = max(5, 3_000 // tokens)
            started = time.process_time()
            for _ in range(rounds):
                work()
            print(f"{tokens} tokens, {name}: {1000 * (time.process_time() - started) / rounds:.2f} CPU-ms")


def measure_original(files):
    """The model as its makers ship it beside ours: equal labels, and CPU time for 30 tokens."""
    import numpy as np
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    original = ort.InferenceSession(str(Path(files[0]) / "model_q4.onnx"), options, providers=["CPUExecutionProvider"])
    sentences = json.loads((Path(__file__).parent / "sentences" / "development.json").read_text(encoding="utf-8"))
    tokenizer = open_folder(MODELS / "rampart").tokenizer()
    windows = [tokenizer.encode(text).ids[:128] for _, text, _ in planted(sentences, 5)]
    cpu, same, total = Counter(), 0, 0
    for window in windows:
        ids = np.array([window], dtype=np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        labels = {}
        for name, session in (("original", original), ("ours", NER._session)):
            started = time.process_time()
            labels[name] = session.run(["logits"], inputs)[0][0].argmax(axis=-1)
            cpu[name] += time.process_time() - started
        same += int((labels["original"] == labels["ours"]).sum())
        total += ids.shape[1]
    print(f"{same / total:.4f} of {total} tokens have the same label")
    for name, seconds in cpu.items():
        print(f"{name}: {30_000 * seconds / total:.2f} CPU-ms for 30 tokens")


def main(what, *files):
    """Run one of the measurements."""
    if what == "planted":
        (name,) = files
        sentences = json.loads((Path(__file__).parent / "sentences" / f"{name}.json").read_text(encoding="utf-8"))
        for row in measure_planted(sentences):
            print("missed", *row, sep=" | ")
        print("the same in lower case")
        measure_planted(sentences, str.lower)
    else:
        {"ordinary": measure_ordinary, "generated": measure_generated, "tweets": measure_tweets, "original": measure_original}.get(what, lambda _: measure_speed())(files)


if __name__ == "__main__":
    main(*sys.argv[1:])
