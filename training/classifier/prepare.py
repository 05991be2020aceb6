"""Gathers the training and development rows of the classifier into one file.

    python training/classifier/prepare.py --data DATA --mirror CLONES --work WORK

DATA holds the corpora as their makers publish them; CLONES holds clones of public repositories, in folders named OWNER+NAME.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from finals import foreign
from generate import attacks, documents, harms
from mirror import Mirror
from prompts import bipia
from rows import HEADS, Row
from sklearn.metrics import roc_auc_score
from sources import everything


def gathered(data: Path, mirror: Mirror) -> list[Row]:
    """What is read, and what is made with it."""
    rows = list(everything(data, mirror))
    plain = [row.text for row in rows if row.source in {"self_instruct", "t0_train"} and row.split == "train"]
    contexts, tasks = bipia(data)
    articles = [text for text in plain if len(text) > 500]
    return [*rows, *harms(), *attacks([text for text in plain if len(text) < 400]), *documents([*contexts, *articles], tasks, 8000)]


def distinct(rows: Iterable[Row], measured: Iterable[str]) -> list[Row]:
    """Each text once, none in training that development has, and none of those measured at the end, whatever its case and punctuation."""
    ordered = sorted(rows, key=lambda row: row.split == "train")
    seen: dict[str, Row] = {}
    kept_out = {Row(text, "").key for text in measured} - {""}
    for row in ordered:
        if row.text.strip() and row.key not in kept_out:
            seen.setdefault(row.key or row.text, row)
    return list(seen.values())


def main() -> None:
    """Write rows.jsonl and print how many rows each source gives."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--data", "--mirror", "--work"):
        parser.add_argument(name, type=Path, required=True)
    chosen = parser.parse_args()
    mirror = Mirror(chosen.mirror)
    rows = distinct(gathered(chosen.data, mirror), [item.text for item in foreign(mirror)])
    with (chosen.work / "rows.jsonl").open("w", encoding="utf-8") as file:
        for row in rows:
            labels = [row.labels.get(name) for name in HEADS]
            file.write(json.dumps({"text": row.text[:6000], "source": row.source, "split": row.split, "labels": labels}) + "\n")
    counts = Counter((row.source, row.split) for row in rows)
    for (source, split), count in sorted(counts.items()):
        mine = [row for row in rows if (row.source, row.split) == (source, split)]
        means = {name: [row.labels[name] for row in mine if name in row.labels] for name in ("toxic", "injection", "indirect")}
        shares = "  ".join(f"{name} {sum(values) / len(values):.2f} of {len(values)}" for name, values in means.items() if values)
        print(f"{source:28} {split:5} {count:6}  {shares}")
    for name in ("toxic", "injection", "indirect"):
        known = [(row.labels[name] > 0.5, len(row.text)) for row in rows if name in row.labels and row.split == "train"]
        print(f"{name}: length alone has an AUC of {roc_auc_score(*zip(*known, strict=True)):.3f}")


if __name__ == "__main__":
    main()
