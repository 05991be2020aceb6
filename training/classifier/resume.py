"""Reads the weights of a shipped model back from its int8 file, so that training can go on where it ended without its checkpoints.

python training/classifier/resume.py --base MINILM --model services/guard/models/encoder/model.onnx --target WORK/shipped.pt
"""

import argparse
from pathlib import Path

import onnx
import torch
from network import Guard
from onnx import numpy_helper

LAYERS, PRODUCTS = "/encoder/encoder/", "/MatMul_quant"


def weights_of(graph: onnx.GraphProto) -> dict[str, torch.Tensor]:
    """What training moves, by the name it has there: products by the name of their node, everything else by its own."""
    values = {one.name: torch.from_numpy(numpy_helper.to_array(one).copy()) for one in graph.initializer}
    found = {
        name: value
        for name, value in values.items()
        if name in {"heads", "biases"} or (name.startswith("encoder.encoder.") and value.dtype == torch.float32)
    }
    for node in graph.node:
        name = next((one.removesuffix("_quantized") for one in node.input if one.endswith("_quantized") and one in values), None)
        if node.op_type == "MatMulInteger" and name is not None:
            matrix = (values[f"{name}_quantized"].float() - values[f"{name}_zero_point"].float()) * values[f"{name}_scale"]
            place = node.name.removeprefix(LAYERS).removesuffix(PRODUCTS).replace("/", ".")
            found.update({name: matrix} if name == "projection" else {f"encoder.encoder.{place}.weight": matrix.T.contiguous()})
    return found


def main() -> None:
    """Write the weights as a checkpoint; what was rounded stays rounded, and the word vectors, which training never moves, come from the base."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--base", "--model", "--target"):
        parser.add_argument(name, type=Path, required=True)
    chosen = parser.parse_args()
    model, found = Guard(chosen.base), weights_of(onnx.load(chosen.model).graph)
    moved = {name for name, _ in model.named_parameters() if "embeddings" not in name}
    if found.keys() != moved:
        parser.error(f"{chosen.model} lacks {sorted(moved - found.keys())} and has {sorted(found.keys() - moved)} besides")
    model.load_state_dict(found, strict=False)
    torch.save(model.state_dict(), chosen.target)


if __name__ == "__main__":
    main()
