"""Measures a shipped model on the final sets: the figures of its card.

python training/classifier/measure.py --mirror CLONES --work WORK --target services/guard/models/encoder
"""

import argparse
import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from calibrate import probability
from finals import Item, everything
from linear import logits as linear_logits
from linear import matrix
from mirror import Mirror
from numpy.typing import NDArray
from rows import HEADS
from sklearn.metrics import roc_auc_score
from windows import logits_of, session_of, tokenizer_of

COLUMN = {"toxicity": HEADS.index("toxic"), "injection": HEADS.index("injection"), "indirect": HEADS.index("indirect")}
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def screened(items: Sequence[Item], target: Path, model: Path, cache: Path) -> NDArray[np.float32]:
    """The logits of each item's text; kept in a file, so that thresholds can change without the model."""
    texts = list(dict.fromkeys(item.text for item in items))
    if not cache.exists():
        np.save(cache, logits_of(session_of(model), tokenizer_of(target / "tokenizer.json"), texts))
    place = {text: index for index, text in enumerate(texts)}
    return np.load(cache)[[place[item.text] for item in items]]


def scores_of(items: Sequence[Item], target: Path, logits: NDArray[np.float32]) -> dict[str, Floats]:
    """The fused score, and each tier's own logit."""
    manifest, weights = json.loads((target / "manifest.json").read_text(encoding="utf-8")), np.load(target / "linear.npz")
    features = matrix([item.text for item in items])
    found = {name: np.zeros(len(items)) for name in ("fused", "encoder", "linear")}
    for head, column in COLUMN.items():
        mine = [index for index, item in enumerate(items) if item.head == head]
        encoder, linear = logits[mine, column], linear_logits(features[mine], [items[index].text for index in mine], weights, head)
        fusion = manifest["heads"][head]["calibration"]
        fused = probability(fusion["encoder"] * encoder + fusion["linear"] * linear + fusion["bias"])
        found["fused"][mine], found["encoder"][mine], found["linear"][mine] = fused, encoder, linear
    return found


def kinds(items: Sequence[Item], logits: NDArray[np.float32]) -> None:
    """The heads of single harms against the categories of the moderation release."""
    pairs = {"sexual": "sexual", "self_harm": "self-harm", "violence": "violence", "identity_hate": "hate"}
    for label, category in pairs.items():
        mine = [index for index, item in enumerate(items) if item.source == "openai moderation"]
        truth = [items[index].group == category for index in mine]
        print(f"head {label}: AUC {roc_auc_score(truth, logits[mine, HEADS.index(label)]):.4f} for {category}, n {sum(truth)}")


def recall_at(scores: Floats, truth: Bools, rate: float) -> float:
    """Share of positives above the threshold that this share of negatives exceeds."""
    return float(np.mean(scores[truth] > np.quantile(scores[~truth], 1 - rate)))


def calibration_error(scores: Floats, truth: Bools) -> float:
    """Expected calibration error over ten bins of equal width."""
    bins = np.minimum((scores * 10).astype(int), 9)
    return float(sum(np.mean(bins == one) * abs(scores[bins == one].mean() - truth[bins == one].mean()) for one in set(bins)))


def line(name: str, scores: Mapping[str, Floats], truth: Bools, mine: Bools, threshold: float) -> str:
    """One set's figures."""
    fused, labels = scores["fused"][mine], truth[mine]
    flagged = f"flagged {np.mean(fused[labels] >= threshold):.3f} of positives" if labels.any() else ""
    flagged += f" {np.mean(fused[~labels] >= threshold):.4f} of negatives" if not labels.all() else ""
    if not 0 < labels.mean() < 1:
        return f"{name:46} n {mine.sum():5} {flagged}"
    areas = " ".join(f"{kind} {roc_auc_score(labels, values[mine]):.4f}" for kind, values in scores.items())
    recalls = " ".join(f"{recall_at(fused, labels, rate):.3f}" for rate in (0.001, 0.01, 0.05))
    return f"{name:46} n {mine.sum():5} AUC {areas} recall at 0.1/1/5 % {recalls} ECE {calibration_error(fused, labels):.3f} {flagged}"


def parts(items: Sequence[Item], mine: Bools, source: str) -> Iterator[tuple[str, Bools]]:
    """The groups of a set, harms beside all harmless texts, and the lengths."""
    groups, lengths = np.array([item.group for item in items]), np.array([len(item.text) for item in items])
    for group in sorted(set(groups[mine])):
        is_harm = source == "openai moderation" and group != "nothing"
        yield group, mine & ((groups == group) | (is_harm & (groups == "nothing")))
    for low, high in ((0, 60), (60, 200), (200, 600), (600, 10**9)):
        within = mine & (lengths >= low) & (lengths < high)
        if within.sum() > 40:
            yield f"{low} to {high} letters", within


def report(items: Sequence[Item], scores: Mapping[str, Floats], manifest: Mapping) -> None:
    """Sets, groups within sets, lengths, and attacks against ordinary prompts."""
    truth, sources = np.array([item.truth for item in items]), np.array([item.source for item in items])
    heads = np.array([item.head for item in items])
    for head in COLUMN:
        entry, plain = manifest["heads"][head], (heads == head) & (sources == "ordinary prompts")
        threshold = entry["points"][entry["default"]]
        print(f"== {head}, default point {threshold:.4f}")
        for source in dict.fromkeys(sources[heads == head].tolist()):
            mine = (heads == head) & (sources == source)
            print(line(source, scores, truth, mine, threshold))
            for name, within in parts(items, mine, source):
                print(line(f"   {name}", scores, truth, within, threshold))
        if head == "injection" and plain.any():
            print(line("tensor trust against ordinary prompts", scores, truth, plain | ((heads == head) & (sources == "tensor trust")), threshold))
            print(line("tensor trust against notinject", scores, truth, (heads == head) & np.isin(sources, ["tensor trust", "notinject"]), threshold))


def speed(target: Path) -> None:
    """Milliseconds of one thread."""
    session = session_of(target / "model.onnx")
    for width in (16, 32, 64, 128):
        feed = {"input_ids": np.full((1, width), 2023, np.int64), "attention_mask": np.ones((1, width), np.int64)}
        times = []
        for _ in range(60):
            started = time.process_time()
            session.run(None, feed)
            times.append(time.process_time() - started)
        print(f"{width} tokens: {1000 * float(np.median(times)):.2f} CPU-ms")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--mirror", "--work", "--target"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--model", type=Path, help="another export of the same weights, to see what int8 costs")
    parser.add_argument("--sets", nargs="*", help="only these sets")
    parser.add_argument("--logits-only", action="store_true")
    chosen = parser.parse_args()
    items = [item for item in everything(Mirror(chosen.mirror), chosen.work) if not chosen.sets or item.source in chosen.sets]
    model = chosen.model or chosen.target / "model.onnx"
    name = hashlib.sha256(model.read_bytes() + "".join(item.text for item in items).encode("utf-8", "replace")).hexdigest()[:12]
    logits = screened(items, chosen.target, model, chosen.work / f"logits_{name}.npy")
    if chosen.logits_only:
        return
    report(items, scores_of(items, chosen.target, logits), json.loads((chosen.target / "manifest.json").read_text(encoding="utf-8")))
    if not chosen.sets:
        kinds(items, logits)
        speed(chosen.target)


if __name__ == "__main__":
    main()
