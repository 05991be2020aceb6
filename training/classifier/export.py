"""Exports trained weights to int8 ONNX with fixed activation ranges, and checks that a row's bits do not depend on its batch.

python training/classifier/export.py --work WORK --base MINILM --weights WORK/final.pt --target services/guard/models/encoder
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
from network import OUTPUTS, Guard
from numpy.typing import NDArray
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer
from windows import session_of, tokenizer_of

RANGES = Path(__file__).parents[1] / "fixed_ranges.py"
Feed = dict[str, NDArray[np.int64]]


def export_float(model: Guard, path: Path) -> None:
    """The fp32 graph with free batch and width."""
    axes = {name: {0: "batch", 1: "width"} for name in ("input_ids", "attention_mask")} | {name: {0: "batch"} for name in OUTPUTS}
    example = torch.ones(2, 8, dtype=torch.long)
    names = {"input_names": ["input_ids", "attention_mask"], "output_names": list(OUTPUTS), "dynamic_axes": axes}
    torch.onnx.export(model.eval(), (example, example), str(path), opset_version=17, dynamo=False, **names)


def calibration(work: Path, tokenizer: Tokenizer, count: int) -> list[Feed]:
    """Training texts of all lengths and labels, in batches of one width."""
    rows = [json.loads(line) for line in (work / "rows.jsonl").open(encoding="utf-8")]
    texts = [row["text"] for row in rows if row["split"] == "train"]
    random.Random(0).shuffle(texts)
    ids = sorted((tokenizer.encode(text[:2000]).ids[:128] for text in texts[:count]), key=len)
    found: list[Feed] = []
    for start in range(0, len(ids), 16):
        batch = ids[start : start + 16]
        width = len(batch[-1])
        mask = np.array([[1] * len(one) + [0] * (width - len(one)) for one in batch])
        found.append({"input_ids": np.array([[*one, *[0] * (width - len(one))] for one in batch]), "attention_mask": mask})
    return found


def check(target: Path, feeds: list[Feed], work: Path) -> None:
    """Same bits alone and in company; distance to the float model."""
    exact, whole = session_of(target), session_of(work / "float.onnx")
    same, rows, far = 0, 0, 0.0
    for feed in feeds[::10]:
        together, reference = exact.run(None, feed), whole.run(None, feed)
        far = max(far, *(float(np.abs(one - other).max()) for one, other in zip(together[:3], reference[:3], strict=True)))
        for index in range(len(feed["input_ids"])):
            alone = exact.run(None, {name: values[index : index + 1] for name, values in feed.items()})
            same += all(np.array_equal(one[0], other[index]) for one, other in zip(alone, together, strict=True))
            rows += 1
    print(f"{same} of {rows} rows have the same bits alone and in a batch; largest distance of a logit to float {far:.2f}")


def main() -> None:
    """Write model.onnx and tokenizer.json into the target."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--work", "--base", "--weights", "--target"):
        parser.add_argument(name, type=Path, required=True)
    chosen = parser.parse_args()
    model = Guard(chosen.base)
    model.load_state_dict(torch.load(chosen.weights))
    export_float(model, chosen.work / "float.onnx")
    quantize_dynamic(chosen.work / "float.onnx", chosen.work / "dynamic.onnx", per_channel=True, weight_type=QuantType.QInt8)
    tokenizer = tokenizer_of(chosen.base / "tokenizer.json")
    feeds = calibration(chosen.work, tokenizer, 1600)
    np.savez(chosen.work / "calibration.npz", **{f"{name}_{index}": values for index, feed in enumerate(feeds) for name, values in feed.items()})
    chosen.target.mkdir(parents=True, exist_ok=True)
    files = [chosen.work / "dynamic.onnx", chosen.work / "calibration.npz", chosen.target / "model.onnx"]
    subprocess.run([sys.executable, str(RANGES), *map(str, files)], check=True)  # noqa: S603 - our own script
    tokenizer.save(str(chosen.target / "tokenizer.json"), pretty=False)
    licence = next((path for path in chosen.base.rglob("LICENSE*")), None)
    if licence:
        shutil.copy(licence, chosen.target / "LICENSE")
    check(chosen.target / "model.onnx", feeds, chosen.work)


if __name__ == "__main__":
    main()
