"""The token classifier for personal data (Rampart, see docs/models.md) under onnxruntime."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from services.guard.adapters.batched_model import BatchedModel, ModelThreadPool, Rows
from services.guard.adapters.model_files import ModelFolder
from services.guard.adapters.windows import TokenWindow, WindowTokenizer, check_window_count, windows
from services.guard.domain.pii.token_entities import (
    LABEL_FAMILIES,
    MIN_TOKEN_SCORE,
    NAME_WEIGHT,
    LabelledToken,
)


class OnnxNer:
    """Labels the tokens of texts; the labels of a text do not depend on the other texts of a call."""

    def __init__(self, files: ModelFolder, max_windows: int, threads: ModelThreadPool) -> None:
        """Load the model; `max_windows` is the limit for all texts of one call."""
        self._labels: list[str] = [label.partition("-")[2] for label in files.manifest["labels"]]
        families = [LABEL_FAMILIES.get(label, label) for label in self._labels]
        self._same_family = np.array(
            [[float(first == second) for second in families] for first in families], dtype=np.float32
        )
        self._weights = np.array(
            [NAME_WEIGHT if family == "PERSON" else float(bool(family)) for family in families],
            dtype=np.float32,
        )
        self._cutter = WindowTokenizer(files.tokenizer(), keeps_offsets=True)
        self._session = files.session()
        self._max_windows = max_windows
        self._model = BatchedModel(self._run, self._tokens, threads)

    async def label(self, texts: Sequence[str]) -> list[list[LabelledToken]]:
        """The labelled tokens of each text; raises BadEventError if they need more windows than the limit."""
        cut = [windows(tokens) for tokens in await self._cutter.tokens(texts)]
        check_window_count(self._max_windows, sum(map(len, cut)))
        labelled = iter(await self._model.run([window for of_text in cut for window in of_text]))
        return [[token for _ in of_text for token in next(labelled)] for of_text in cut]

    def _run(self, rows: Sequence[TokenWindow], width: int) -> Rows:
        ids, mask = padded(rows, width, self._cutter)
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        return [np.asarray(self._session.run(["logits"], inputs)[0], dtype=np.float32)]

    def _tokens(self, windows: Sequence[TokenWindow], outputs: Rows) -> list[list[LabelledToken]]:
        """The tokens that may be personal; a score adds up the probabilities of all labels of its family.

        Sums run over the last axis, so that a token's score has the same bits in any run.
        """
        logits = outputs[0]
        probabilities = np.exp(logits - logits.max(axis=-1, keepdims=True))
        probabilities /= probabilities.sum(axis=-1, keepdims=True)
        best = (probabilities * self._weights).argmax(axis=-1)
        scores = (probabilities * self._same_family[best]).sum(axis=-1)
        labelled: list[list[LabelledToken]] = [[] for _ in windows]
        for row, column in np.argwhere(scores >= MIN_TOKEN_SCORE).tolist():
            window = windows[row]
            index, tokens = window.start + column - 1, window.tokens
            if index in window.owned_tokens:
                labelled[row].append(
                    LabelledToken(
                        tokens.starts[index],
                        tokens.ends[index],
                        self._labels[best[row, column]],
                        float(scores[row, column]),
                    )
                )
        return labelled


def padded(
    rows: Sequence[TokenWindow], width: int, cutter: WindowTokenizer
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The token ids with special tokens, and the mask, padded to one width."""
    ids = np.zeros((len(rows), width), dtype=np.int64)
    mask = np.zeros_like(ids)
    for index, row in enumerate(rows):
        count = row.end - row.start
        ids[index, 0], ids[index, count + 1] = cutter.first, cutter.last
        ids[index, 1 : count + 1] = row.tokens.ids[row.start : row.end]
        mask[index, : count + 2] = 1
    return ids, mask
