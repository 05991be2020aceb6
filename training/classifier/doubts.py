"""Drops training rows of one noisily labelled source that a first model contradicts strongly.

python training/classifier/doubts.py --work WORK --base MINILM --weights FIRST.pt --source s-labs
"""

import argparse
import json
from pathlib import Path

import torch
from network import Guard
from rows import HEADS
from tokenizers import Tokenizer
from train import WINDOW, run

HEAD = HEADS.index("injection")
UNSURE = 0.06  # a label whose probability is below this is taken for a mistake


def main() -> None:
    """Rewrite rows.jsonl and print what was dropped."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--work", "--base", "--weights"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--source", required=True)
    chosen = parser.parse_args()
    tokenizer = Tokenizer.from_file(str(chosen.base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(WINDOW)
    path = chosen.work / "rows.jsonl"
    rows = [json.loads(line) for line in path.open(encoding="utf-8")]
    asked = [row for row in rows if row["source"] == chosen.source and row["split"] == "train"]
    model = Guard(chosen.base)
    model.load_state_dict(torch.load(chosen.weights))
    logits = run(model, [one.ids for one in tokenizer.encode_batch([row["text"] for row in asked])])[0][:, HEAD]
    wrong = {id(row) for row, p in zip(asked, logits.sigmoid().tolist(), strict=True) if abs(row["labels"][HEAD] - p) > 1 - UNSURE}
    for row in asked[:4000]:
        if id(row) in wrong:
            print(int(row["labels"][HEAD]), row["text"][:100])
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows if id(row) not in wrong)
    print(f"{len(wrong)} of {len(asked)} rows dropped")


if __name__ == "__main__":
    main()
