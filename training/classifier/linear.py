"""Fits the linear tier: one logistic regression on hashed features for each of three heads.

python training/classifier/linear.py --work WORK
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from features import BUCKETS, buckets
from numpy.typing import NDArray
from rows import HEADS
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

NAMES = {"toxicity": HEADS.index("toxic"), "injection": HEADS.index("injection"), "indirect": HEADS.index("indirect")}
STRENGTH = {"toxicity": 4.0, "injection": 30.0, "indirect": 16.0}  # of the fit against its penalty, chosen on development rows
LONGEST = 2000  # letters of a training text; longer ones would teach their common words


def matrix(texts: Sequence[str]) -> csr_matrix:
    """One row of hashed features a text."""
    found = [buckets(text) for text in texts]
    starts = np.cumsum([0, *map(len, found)])
    columns = np.fromiter((bucket for one in found for bucket in one), np.int32, starts[-1])
    values = np.fromiter((value for one in found for value in one.values()), np.float32, starts[-1])
    return csr_matrix((values, columns, starts), shape=(len(texts), BUCKETS))


def logits(features: csr_matrix, texts: Sequence[str], weights: Mapping[str, NDArray], head: str) -> NDArray[np.float64]:
    """The logits of a head, those of a long text by the weights for long texts, as services/guard/domain/classifier/linear.py mixes them."""
    short = features @ weights[head].astype(np.float32) + weights[f"{head}_bias"]
    if f"{head}_long" not in weights:
        return short
    long = features @ weights[f"{head}_long"].astype(np.float32) + weights[f"{head}_long_bias"]
    shares = np.clip(np.log(np.maximum([len(text) for text in texts], 1) / 150) / np.log(400 / 150), 0, 1)
    return short + shares * (long - short)


def fitted(features: csr_matrix, labels: NDArray[np.float64], strength: float) -> tuple[NDArray[np.float16], float]:
    """Weights and bias; a doubtful label counts for both classes, each with its share."""
    known = ~np.isnan(labels)
    rows, truth = features[known], labels[known]
    index = np.concatenate([np.flatnonzero(truth > 0), np.flatnonzero(truth < 1)])
    classes = np.concatenate([np.ones((truth > 0).sum()), np.zeros((truth < 1).sum())])
    shares = np.concatenate([truth[truth > 0], 1 - truth[truth < 1]])
    shares *= np.where(classes == 1, shares.sum() / (2 * shares[classes == 1].sum()), shares.sum() / (2 * shares[classes == 0].sum()))
    model = LogisticRegression(C=strength, solver="liblinear").fit(rows[index], classes, sample_weight=shares)
    return model.coef_[0].astype(np.float16), float(model.intercept_[0])


def read(work: Path, split: str) -> list[dict]:
    """The rows of one split."""
    return [row for line in (work / "rows.jsonl").open(encoding="utf-8") if (row := json.loads(line))["split"] == split]


def labels_of(rows: Sequence[dict], head: int) -> NDArray[np.float64]:
    """Labels of a head, NaN where the source gives none."""
    return np.array([np.nan if row["labels"][head] is None else row["labels"][head] for row in rows])


def main() -> None:
    """Write linear.npz and print the AUC on each development source that has both classes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    chosen = parser.parse_args()
    train, dev = read(chosen.work, "train"), read(chosen.work, "dev")
    features = matrix([row["text"][:LONGEST] for row in train])
    tests = matrix([row["text"] for row in dev])
    arrays: dict[str, NDArray] = {}
    for name, head in NAMES.items():
        arrays[name], bias = fitted(features, labels_of(train, head), STRENGTH[name])
        arrays[f"{name}_bias"] = np.array(bias, np.float32)
        scores = tests @ arrays[name].astype(np.float32) + bias
        truth = labels_of(dev, head)
        for source in sorted({row["source"] for row in dev}):
            mine = np.array([row["source"] == source for row in dev]) & ~np.isnan(truth)
            if mine.any() and 0 < (truth[mine] > 0.5).mean() < 1:
                print(f"{name:10} {source:32} {mine.sum():5} AUC {roc_auc_score(truth[mine] > 0.5, scores[mine]):.4f}")
    np.savez_compressed(chosen.work / "linear.npz", **arrays)


if __name__ == "__main__":
    main()
