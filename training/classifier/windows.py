"""Cuts texts into the windows that the guard runs, and runs them through the shipped model."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from tokenizers import Tokenizer

WINDOW, STRIDE = 128, 96
OUTPUTS = ["toxicity", "injection", "indirect"]


def session_of(path: Path) -> ort.InferenceSession:
    """One thread, as in the guard."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def tokenizer_of(path: Path) -> Tokenizer:
    """The tokenizer without padding or truncation."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def cut(ids: Sequence[int], first: int, last: int) -> Iterator[list[int]]:
    """Windows of WINDOW tokens with the special ones, STRIDE apart; the last ends with the text."""
    for start in range(0, max(1, len(ids) - (WINDOW - 2) + STRIDE), STRIDE):
        yield [first, *ids[start : start + WINDOW - 2], last]


def logits_of(session: ort.InferenceSession, tokenizer: Tokenizer, texts: Sequence[str], most: int = 24) -> NDArray[np.float32]:
    """The largest logit of each head over all windows of each text."""
    first, last = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    windows: list[tuple[int, list[int]]] = []
    for index, one in enumerate(tokenizer.encode_batch(list(texts), add_special_tokens=False)):
        windows += [(index, window) for window in list(cut(one.ids, first, last))[:most]]
    windows.sort(key=lambda item: len(item[1]))
    found = np.full((len(texts), 10), -np.inf, np.float32)
    for start in range(0, len(windows), 16):
        batch = windows[start : start + 16]
        width = max(len(window) for _, window in batch)
        ids = np.array([[*window, *[0] * (width - len(window))] for _, window in batch], np.int64)
        mask = np.array([[1] * len(window) + [0] * (width - len(window)) for _, window in batch], np.int64)
        results = np.concatenate(session.run(OUTPUTS, {"input_ids": ids, "attention_mask": mask}), axis=1)
        for (index, _), row in zip(batch, results, strict=True):
            found[index] = np.maximum(found[index], row)
    return found
