"""Makes the small encoder that the guard's tests run: the shipped one's inputs, outputs and files, with random weights.

    pip install onnx numpy tokenizers
    PYTHONPATH=. python training/stand_in.py tests/services/guard/models/encoder

It knows nothing: each token has a random vector, a text is their mean, the heads are random. A few words have weights in the linear
tier, so that each way through it is taken by some text. The mean is a matrix product of each row: a sum over the tokens' axis would
have other bits alone than in a batch.
"""

import hashlib
import json
import string
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from services.guard.domain.classifier.features import BUCKETS, features

LABELS = ["toxic", "insult", "threat", "identity_hate", "obscene", "sexual", "self_harm", "violence"]
WIDTH, VECTOR = 32, 384
WORDS = {"toxicity": {"idiot": 40.0}, "injection": {"ignore": 25.0, "overrule": 60.0}, "indirect": {"assistant": 25.0}}
HARMLESS = "thanks please weather recipe meeting table river music".split()
CALIBRATION = {"encoder": 2.0, "linear": 0.5, "bias": -1.0}
HEAD = {
    "calibration": CALIBRATION,
    "points": {"fpr_0.1%": 0.9, "fpr_1%": 0.6, "fpr_5%": 0.4},
    "default": "fpr_1%",
    "linear_only": {"a": 1.0, "b": -2.0},
    "clear": {"below": 0.02, "above": 0.999},
}


def tokenizer() -> Tokenizer:
    """Letters and digits, at the beginning of a word and inside it."""
    signs = string.ascii_lowercase + string.digits + string.punctuation
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *signs, *(f"##{sign}" for sign in signs)]
    made = Tokenizer(models.WordPiece({word: index for index, word in enumerate(words)}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.add_special_tokens(words[:4])
    return made


def network(vocabulary: int) -> onnx.ModelProto:
    """The mean of the tokens' vectors, then a weighted sum for each output."""
    random = np.random.default_rng(5)
    tensors = {
        "vectors": random.normal(size=(vocabulary, WIDTH)),
        **{f"{name}_weights": random.normal(size=(1, count, WIDTH)) for name, count in (("toxicity", 8), ("injection", 1), ("indirect", 1))},
        "embedding_weights": random.normal(size=(1, VECTOR, WIDTH)),
    }
    nodes = [
        helper.make_node("Gather", ["vectors", "input_ids"], ["tokens"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["mask", "last"], ["count"], keepdims=1),
        helper.make_node("Div", ["mask", "count"], ["shares"]),
        helper.make_node("Unsqueeze", ["shares", "second"], ["share_row"]),
        helper.make_node("MatMul", ["share_row", "tokens"], ["row"]),
    ]
    for name in ("toxicity", "injection", "indirect", "embedding"):
        target = "vector" if name == "embedding" else name
        nodes += [helper.make_node("Mul", ["row", f"{name}_weights"], [f"{name}_terms"])]
        nodes += [helper.make_node("ReduceSum", [f"{name}_terms", "last"], [target], keepdims=0)]
    nodes.append(helper.make_node("LpNormalization", ["vector"], ["embedding"], axis=-1, p=2))
    constants = [numpy_helper.from_array(values.astype(np.float32), name) for name, values in tensors.items()]
    constants += [numpy_helper.from_array(np.array([axis], np.int64), name) for name, axis in (("last", -1), ("second", 1))]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "width"]) for name in ("input_ids", "attention_mask")]
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", count])
        for name, count in (("toxicity", 8), ("injection", 1), ("indirect", 1), ("embedding", VECTOR))
    ]
    graph = helper.make_graph(nodes, "stand-in", inputs, outputs, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def linear() -> dict[str, np.ndarray]:
    """Weights for a few words; the rest is zero and packs to nothing."""
    arrays = {}
    for name, words in WORDS.items():
        weights = np.zeros(BUCKETS, np.float16)
        for word, weight in (*words.items(), *((word, -12.0) for word in HARMLESS)):
            found = features(word)
            weights[found.buckets] += (weight * found.values).astype(np.float16)
        arrays[name], arrays[f"{name}_bias"] = weights, np.array(-0.5, np.float32)
    return arrays


def main(target: Path) -> None:
    """Write all files of the folder."""
    target.mkdir(parents=True, exist_ok=True)
    made = tokenizer()
    made.save(str(target / "tokenizer.json"), pretty=False)
    model = network(made.get_vocab_size())
    onnx.checker.check_model(model)
    onnx.save(model, target / "model.onnx")
    np.savez_compressed(target / "linear.npz", **linear())
    digests = {name: hashlib.sha256((target / name).read_bytes()).hexdigest() for name in ("model.onnx", "tokenizer.json", "linear.npz")}
    heads = dict.fromkeys(("toxicity", "injection", "indirect"), HEAD)
    manifest = {"version": "0", "sha256": digests, "labels": LABELS, "window": 128, "stride": 96, "heads": heads}
    (target / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
