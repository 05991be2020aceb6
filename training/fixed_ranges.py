"""Gives a dynamically quantised ONNX model fixed activation ranges, so that a text scores the same whatever shares its batch.

    pip install onnx onnxruntime numpy
    python training/fixed_ranges.py DYNAMIC.onnx CALIBRATION.npz FIXED.onnx

Dynamic int8 (`quantize_dynamic`) scales each activation over the whole batch: a neighbour with a large value coarsens all others.
Here every DynamicQuantizeLinear becomes a QuantizeLinear whose scale and zero point come from ranges seen on calibration inputs.
Cutting the range at a percentile is for models without outliers; MiniLM needs its extremes (cosine to float 0.991 against 0.926 at 99.99).
CALIBRATION.npz holds one array per model input; several batches are numbered `input_ids_0`, `attention_mask_0`, `input_ids_1` ...
"""

import argparse
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from onnx import NodeProto, helper, numpy_helper

Feed = dict[str, NDArray[np.int64]]
SAMPLE = 40_000  # values kept of a tensor per batch, for the percentiles
MASK = "attention_mask"


@dataclass(slots=True)
class Seen:
    """The extremes and a sample of the values that one activation took on real tokens."""

    low: float = 0.0
    high: float = 0.0
    sample: list[NDArray[np.float32]] = field(default_factory=list)

    def add(self, values: NDArray[np.float32], generator: np.random.Generator) -> None:
        """Take one batch into account."""
        flat = values.ravel()
        self.low, self.high = min(self.low, float(flat.min())), max(self.high, float(flat.max()))
        self.sample.append(generator.choice(flat, SAMPLE) if flat.size > SAMPLE else flat)

    def bounds(self, percentile: float) -> tuple[float, float]:
        """The range to quantise; it always holds 0, which padding and sparse activations need exact."""
        if percentile >= 100:
            return self.low, self.high
        everything = np.concatenate(self.sample)
        low, high = np.percentile(everything, [100 - percentile, percentile])
        return min(float(low), 0.0), max(float(high), 0.0)


def batches(path: Path) -> list[Feed]:
    """The calibration inputs: the arrays of one batch share the number at the end of their names."""
    found: dict[str, Feed] = {}
    with np.load(path) as arrays:
        for name in arrays.files:
            parts = re.fullmatch(r"(.+?)(?:_(\d+))?", name)
            stem, number = (parts[1], parts[2] or "0") if parts else (name, "0")
            found.setdefault(number, {})[stem] = arrays[name].astype(np.int64)
    return list(found.values())


def dynamic_nodes(model: onnx.ModelProto) -> list[NodeProto]:
    """The nodes that measure their activation at run time."""
    return [node for node in model.graph.node if node.op_type == "DynamicQuantizeLinear"]


def real_tokens(values: NDArray[np.float32], mask: NDArray[np.int64] | None) -> NDArray[np.float32]:
    """Without the rows of padding, whose values never reach an output."""
    if mask is not None and values.ndim == mask.ndim + 1 and values.shape[:2] == mask.shape:
        return values[mask.astype(bool)]
    return values


def record(model: onnx.ModelProto, feeds: Iterable[Feed]) -> dict[str, Seen]:
    """Run the float side of every dynamic node over the calibration inputs, by name of the activation."""
    names = list(dict.fromkeys(node.input[0] for node in dynamic_nodes(model)))
    probe = onnx.ModelProto()
    probe.CopyFrom(model)
    probe.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC  # fusions would hide what is asked for
    with tempfile.TemporaryDirectory() as folder:
        onnx.save(probe, Path(folder) / "probe.onnx")
        session = ort.InferenceSession(str(Path(folder) / "probe.onnx"), options, providers=["CPUExecutionProvider"])
    seen = {name: Seen() for name in names}
    generator = np.random.default_rng(0)
    for feed in feeds:
        for name, values in zip(names, session.run(names, feed), strict=True):
            seen[name].add(real_tokens(values, feed.get(MASK)), generator)
    return seen


def constants(name: str, bounds: tuple[float, float]) -> list[onnx.TensorProto]:
    """Scale and zero point of an asymmetric uint8 range."""
    low, high = bounds
    scale = max(high - low, 1e-8) / 255
    zero = round(min(max(-low / scale, 0), 255))
    return [numpy_helper.from_array(np.array(scale, np.float32), f"{name}_scale"), numpy_helper.from_array(np.array(zero, np.uint8), f"{name}_zero")]


def fixed_nodes(node: NodeProto, model: onnx.ModelProto, seen: Mapping[str, Seen], percentile: float) -> list[NodeProto]:
    """The same quantisation with a constant range; what asks for the scale reads the constant."""
    scale, zero = constants(f"{node.output[0]}_fixed", seen[node.input[0]].bounds(percentile))
    model.graph.initializer.extend([scale, zero])
    for user in model.graph.node:
        for index, name in enumerate(user.input):
            if name in node.output[1:]:
                user.input[index] = scale.name if name == node.output[1] else zero.name
    return [helper.make_node("QuantizeLinear", [node.input[0], scale.name, zero.name], [node.output[0]], name=f"{node.name}_fixed")]


def rewrite(model: onnx.ModelProto, seen: Mapping[str, Seen], percentile: float) -> onnx.ModelProto:
    """Replace every dynamic node."""
    replaced: list[NodeProto] = []
    for node in list(model.graph.node):
        replaced.extend(fixed_nodes(node, model, seen, percentile) if node.op_type == "DynamicQuantizeLinear" else [node])
    copies = [NodeProto.FromString(node.SerializeToString()) for node in replaced]  # emptying the list frees what it held
    del model.graph.node[:]
    model.graph.node.extend(copies)
    onnx.checker.check_model(model)
    return model


def main() -> None:
    """Read a dynamic model, write the fixed one, print the widest ranges: they are what costs precision."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("calibration", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--percentile", type=float, default=100.0, help="100 takes the extremes; 99.99 cuts rare large values off")
    chosen = parser.parse_args()
    model = onnx.load(chosen.model)
    seen = record(model, batches(chosen.calibration))
    for name, one in sorted(seen.items(), key=lambda item: item[1].low - item[1].high)[:8]:
        low, high = one.bounds(chosen.percentile)
        print(f"{name}: seen {one.low:.2f} to {one.high:.2f}, range {low:.2f} to {high:.2f}")
    onnx.save(rewrite(model, seen, chosen.percentile), chosen.target)


if __name__ == "__main__":
    main()
