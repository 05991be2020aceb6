"""Fits how encoder and linear tier add up to a probability, chooses the thresholds on development rows, and writes the manifest.

python training/classifier/calibrate.py --work WORK --target services/guard/models/encoder --version 1
"""

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from linear import labels_of, logits as linear_logits, matrix, read
from numpy.typing import NDArray
from rows import HEADS, TOXICITY
from sklearn.linear_model import LogisticRegression
from windows import STRIDE, WINDOW, logits_of, session_of, tokenizer_of

Floats = NDArray[np.float64]
ORDINARY = ("self_instruct", "t0_train", "made:everyday", "made:follow_ups", "piguard_valid:PINT_chat")
# Prompts of WildGuard are harmless but dressed as attacks (role play, "research"), so they are hard, not ordinary.
STRANGERS = ("neuralchemy_hard", "piguard_valid:PINT_hard_negatives", "bastioncorpus", "wildguard")
HARD = ("made:trigger_words", "made:trigger_words_languages", "made:technical_trigger_words", *STRANGERS)
COMMENTS = ("wikipedia", "hatemoji")
DOCUMENTS = ("made:documents", "made:indirect_neighbours", "piguard_valid:PINT_documents")
MOST = 300  # rows by which one source counts
# For injection also of hard ones by other authors alone, who write unlike us.
# Shares of ordinary and of hard harmless texts that each point lets through as false alarms, with margin to the rate in its name.
POINTS = {
    "injection": {"fpr_0.1%": (0.001, 0.01, 0.01), "fpr_1%": (0.005, 0.03, 0.025), "fpr_5%": (0.03, 0.10, 0.15)},
    "toxicity": {"fpr_0.1%": (0.001, 0.001), "fpr_1%": (0.01, 0.01), "fpr_5%": (0.05, 0.05)},
    "indirect": {"fpr_0.1%": (0.001, 0.001), "fpr_1%": (0.01, 0.01), "fpr_5%": (0.05, 0.05)},
}


@dataclass(frozen=True, slots=True)
class Head:
    """One head's development rows: what both tiers say, the truth and the source."""

    encoder: Floats
    linear: Floats
    truth: Floats
    sources: NDArray[np.str_]

    def of(self, names: Sequence[str]) -> NDArray[np.bool_]:
        """The harmless rows of these sources."""
        return np.isin(self.sources, names) & (self.truth == 0)

    @property
    def weights(self) -> Floats:
        """Each source counts as at most MOST rows, and harmless rows three times as much as the others."""
        shares = np.zeros(len(self.truth))
        for label in (0, 1):
            for source in set(self.sources):
                mine = (self.sources == source) & (self.truth == label)
                if mine.any():
                    shares[mine] = min(1.0, MOST / mine.sum())
            shares[self.truth == label] *= (3 if label == 0 else 1) / shares[self.truth == label].sum()
        return shares * len(self.truth) / shares.sum()


def heads_of(rows: Sequence[dict], logits: NDArray[np.float32], linear: Mapping[str, Floats]) -> dict[str, Head]:
    """The development rows of each head that has a linear tier."""
    found = {}
    sources = np.array([row["source"] for row in rows])
    for name, label in (("toxicity", "toxic"), ("injection", "injection"), ("indirect", "indirect")):
        head = HEADS.index(label)
        truth = labels_of(rows, head)
        known = ~np.isnan(truth)
        found[name] = Head(logits[known, head].astype(float), linear[name][known], (truth[known] > 0.5).astype(float), sources[known])
    return found


def probability(values: Floats) -> Floats:
    """Logistic function."""
    return 1 / (1 + np.exp(-np.clip(values, -40, 40)))


def fused(head: Head) -> dict[str, float]:
    """Weights of both logits; neither may count backwards."""
    both = np.stack([head.encoder, head.linear], axis=1)
    model = LogisticRegression(C=10).fit(both, head.truth, sample_weight=head.weights)
    if model.coef_.min() < 0:
        both[:, int(model.coef_[0].argmin())] = 0
        model = LogisticRegression(C=10).fit(both, head.truth, sample_weight=head.weights)
    return {"encoder": float(model.coef_[0, 0]), "linear": float(model.coef_[0, 1]), "bias": float(model.intercept_[0])}


def points_of(name: str, head: Head, scores: Floats) -> dict[str, float]:
    """The lowest thresholds that keep all kinds of harmless texts below their shares."""
    hard = {"injection": (HARD, STRANGERS), "toxicity": (COMMENTS[:1],), "indirect": (DOCUMENTS,)}[name]
    pools = [scores[head.of(sources)] for sources in (ORDINARY, *hard)]
    chosen = {point: [np.quantile(pool, 1 - share) for pool, share in zip(pools, shares, strict=True)] for point, shares in POINTS[name].items()}
    return {point: float(max(limits)) for point, limits in chosen.items()}


def clear_of(head: Head) -> dict[str, dict[str, float]]:
    """Linear scores outside which the encoder need not run: at most 1 in 1,000 positives below, 1 in 2,000 harmless texts above."""
    model = LogisticRegression(C=10).fit(head.linear[:, None], head.truth, sample_weight=head.weights)
    alone = {"a": float(model.coef_[0, 0]), "b": float(model.intercept_[0])}
    scores = probability(alone["a"] * head.linear + alone["b"])
    below, above = np.quantile(scores[head.truth == 1], 0.001), np.quantile(scores[head.truth == 0], 0.9995)
    return {"linear_only": alone, "clear": {"below": float(below), "above": float(max(above, below))}}


def described(name: str, head: Head, fusion: Mapping[str, float], entry: Mapping[str, Mapping[str, float]]) -> None:
    """Development figures, printed."""
    scores = probability(fusion["encoder"] * head.encoder + fusion["linear"] * head.linear + fusion["bias"])
    threshold = entry["points"]["fpr_1%"]
    print(f"{name}: {entry}")
    for source in sorted(set(head.sources)):
        for label in (0, 1):
            mine = (head.sources == source) & (head.truth == label)
            if mine.any():
                print(f"  {source:34} label {label} n {mine.sum():5} flagged {np.mean(scores[mine] >= threshold):.4f} mean {scores[mine].mean():.3f}")


def development(work: Path) -> list[dict]:
    """The development rows; of sources that only measure recall, a sample."""
    rows, counts = [], Counter()
    for row in read(work, "dev"):
        counts[row["source"]] += 1
        if counts[row["source"]] <= (600 if row["source"] in {*ORDINARY, *HARD, *COMMENTS} else MOST // 2):
            rows.append(row)
    return rows


def screened(rows: Sequence[dict], target: Path) -> tuple[NDArray[np.float32], dict[str, Floats]]:
    """Logits of the shipped model and of the linear tier."""
    texts = [row["text"] for row in rows]
    logits = logits_of(session_of(target / "model.onnx"), tokenizer_of(target / "tokenizer.json"), texts)
    features, weights = matrix(texts), np.load(target / "linear.npz")
    return logits, {name: linear_logits(features, texts, weights, name).astype(float) for name in POINTS}


def manifest_of(heads: Mapping[str, Head], target: Path, version: str) -> dict:
    """What the guard reads beside the model."""
    entries = {}
    for name, head in heads.items():
        fusion = fused(head)
        scores = probability(fusion["encoder"] * head.encoder + fusion["linear"] * head.linear + fusion["bias"])
        entries[name] = {"calibration": fusion, "points": points_of(name, head, scores), "default": "fpr_1%", **clear_of(head)}
        described(name, head, fusion, entries[name])
    files = ("model.onnx", "tokenizer.json", "linear.npz")
    digests = {file: hashlib.sha256((target / file).read_bytes()).hexdigest() for file in files}
    return {"version": version, "sha256": digests, "labels": list(TOXICITY), "window": WINDOW, "stride": STRIDE, "heads": entries}


def main() -> None:
    """Screen the development rows, write manifest.json, print what the linear tier alone would settle."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--target", type=Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--again", action="store_true", help="use the logits of the last run, to choose other thresholds without the model")
    chosen = parser.parse_args()
    rows = development(chosen.work)
    if not chosen.again:
        logits, linear = screened(rows, chosen.target)
        np.savez_compressed(chosen.work / "dev_scores.npz", logits=logits, **linear)
    stored = np.load(chosen.work / "dev_scores.npz")
    logits, linear = stored["logits"], {name: stored[name] for name in POINTS}
    manifest = manifest_of(heads_of(rows, logits, linear), chosen.target, chosen.version)
    (chosen.target / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    settled = np.ones(len(rows), bool)
    for name, entry in manifest["heads"].items():
        below = probability(entry["linear_only"]["a"] * linear[name] + entry["linear_only"]["b"]) < entry["clear"]["below"]
        settled &= below if name != "indirect" else True
        mine = np.isin([row["source"] for row in rows], ORDINARY)
        print(f"{name}: the linear tier settles {below[mine].mean():.3f} of ordinary prompts; so far together {settled[mine].mean():.3f}")


if __name__ == "__main__":
    main()
