"""The PII token classifier (Rampart, see docs/models.md) under onnxruntime: one intra-op thread, windows over long texts."""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
from tokenizers import Tokenizer

from services.guard.domain.entities import FAINTEST_SCORE, FAMILIES, NAMES_WEIGH, Token
from streaming.errors import StopServiceError

WINDOW = 126
STRIDE = 96
SURROGATE = re.compile("[\ud800-\udfff]")
Logits = npt.NDArray[np.float32]


class ModelFileError(StopServiceError):
    """A model file is missing or damaged: nothing may pass unscanned, so the service does not start."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of one text's tokens; its outer halves of the overlap are left to the neighbours, which see more around them."""

    text: int
    ids: Sequence[int]
    offsets: Sequence[tuple[int, int]]
    first: int
    last: int


class OnnxNer:
    """Finds labelled tokens; safe to call from one thread at a time."""

    def __init__(self, folder: Path, windows: int) -> None:
        """Load the model from `folder`; texts that need more than `windows` windows together are refused by `windows_of`."""
        manifest = json.loads(_checked(folder / "manifest.json", None))
        model = _checked(folder / "model.onnx", manifest["sha256"]["model.onnx"])
        self._tokenizer = Tokenizer.from_buffer(_checked(folder / "tokenizer.json", manifest["sha256"]["tokenizer.json"]))
        self._labels: list[str] = [label.partition("-")[2] for label in manifest["labels"]]
        families = [FAMILIES.get(label, label) for label in self._labels]
        self._same_family = np.array([[float(one == other) for other in families] for one in families], dtype=np.float32)
        self._weights = np.array([NAMES_WEIGH if one == "PERSON" else float(bool(one)) for one in families], dtype=np.float32)
        self._classes, self._separator = self._tokenizer.token_to_id("[CLS]"), self._tokenizer.token_to_id("[SEP]")
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.most_windows = windows

    def windows_of(self, texts: Sequence[str]) -> list[Window]:
        """Cut texts into windows of 128 tokens with special tokens, 96 apart."""
        # One by one: a batch would start a thread pool of its own beside the one that runs the model.
        encoded = [self._tokenizer.encode(text, add_special_tokens=False) for text in texts]
        return [window for index, text in enumerate(encoded) for window in _windows(index, text.ids, text.offsets)]

    def label(self, windows: Sequence[Window], texts: int) -> list[list[Token]]:
        """Labelled tokens of each text.

        Each window runs alone: int8 activations are scaled over a whole run, so neighbours would change each other's labels.
        """
        found: list[list[Token]] = [[] for _ in range(texts)]
        for window in windows:
            found[window.text] += self._tokens(window, self._run(window))
        return found

    def _run(self, window: Window) -> Logits:
        ids = np.array([[self._classes, *window.ids, self._separator]], dtype=np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        return np.asarray(self._session.run(["logits"], inputs)[0], dtype=np.float32)[0]

    def _tokens(self, window: Window, logits: Logits) -> Iterator[Token]:
        """What is more than unlikely to be personal; probabilities of one family's labels add up, since first or last name is all one."""
        rows = logits[1 : len(window.ids) + 1]
        odds = np.exp(rows - rows.max(axis=-1, keepdims=True))
        odds /= odds.sum(axis=-1, keepdims=True)
        families = odds @ self._same_family
        best = (odds * self._weights).argmax(axis=-1)
        for index in range(window.first, window.last):
            label, score = int(best[index]), float(families[index, best[index]])
            if score >= FAINTEST_SCORE:
                start, end = window.offsets[index]
                yield Token(start, end, self._labels[label], score)


def _windows(text: int, ids: Sequence[int], offsets: Sequence[tuple[int, int]]) -> Iterator[Window]:
    count = len(ids)
    start = 0
    while start < count:
        end = min(start + WINDOW, count)
        overlap = (WINDOW - STRIDE) // 2
        first = overlap if start else 0
        last = end - start if end == count else WINDOW - overlap
        yield Window(text, ids[start:end], offsets[start:end], first, last)
        if end == count:
            return
        start += STRIDE


def _checked(path: Path, digest: str | None) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        msg = f"model file {path} cannot be read ({error.strerror}): install Weir again, or set WEIR_GUARD_MODELS"
        raise ModelFileError(msg) from error
    if digest is not None and hashlib.sha256(content).hexdigest() != digest:
        msg = f"model file {path} is damaged: its SHA-256 is not the one in manifest.json"
        raise ModelFileError(msg)
    return content
