"""The PII token classifier (Rampart, see docs/models.md) under onnxruntime: labels of every token, none skipped."""

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
    """Finds labelled tokens; a text has the same ones whatever is labelled beside it."""

    def __init__(self, files: ModelFolder, most_windows: int, threads: ModelThreadPool) -> None:
        """Load the model; texts that need more than `most_windows` windows together are refused."""
        self._labels: list[str] = [label.partition("-")[2] for label in files.manifest["labels"]]
        families = [LABEL_FAMILIES.get(label, label) for label in self._labels]
        self._same_family = np.array(
            [[float(one == other) for other in families] for one in families], dtype=np.float32
        )
        self._weights = np.array(
            [NAME_WEIGHT if one == "PERSON" else float(bool(one)) for one in families], dtype=np.float32
        )
        self._cutter = WindowTokenizer(files.tokenizer(), keeps_places=True)
        self._session = files.session()
        self._most_windows = most_windows
        self._model = BatchedModel(self._run, self._tokens, threads)

    async def label(self, texts: Sequence[str]) -> list[list[LabelledToken]]:
        """Labelled tokens of each text; raises BadEventError where the texts need more windows than the cap."""
        cut = [windows(tokens) for tokens in await self._cutter.tokens(texts)]
        check_window_count(self._most_windows, sum(map(len, cut)))
        found = iter(await self._model.run([window for one in cut for window in one]))
        return [[token for _ in one for token in next(found)] for one in cut]

    def _run(self, rows: Sequence[TokenWindow], width: int) -> Rows:
        ids, mask = padded(rows, width, self._cutter)
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        return [np.asarray(self._session.run(["logits"], inputs)[0], dtype=np.float32)]

    def _tokens(self, windows: Sequence[TokenWindow], outputs: Rows) -> list[list[LabelledToken]]:
        """What is more than unlikely to be personal; probabilities of one family's labels add up, since first or last name is all one.

        Sums run over the last axis, so that a token's have the same bits in any run.
        """
        logits = outputs[0]
        odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
        odds /= odds.sum(axis=-1, keepdims=True)
        best = (odds * self._weights).argmax(axis=-1)
        scores = (odds * self._same_family[best]).sum(axis=-1)
        found: list[list[LabelledToken]] = [[] for _ in windows]
        for row, place in np.argwhere(scores >= MIN_TOKEN_SCORE).tolist():
            window = windows[row]
            index, places = window.start + place - 1, window.tokens
            if index in window.owned_tokens:
                found[row].append(
                    LabelledToken(
                        places.starts[index],
                        places.ends[index],
                        self._labels[best[row, place]],
                        float(scores[row, place]),
                    )
                )
        return found


def padded(
    rows: Sequence[TokenWindow], width: int, cutter: WindowTokenizer
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Ids with the special tokens, and the mask, padded to one length."""
    ids = np.zeros((len(rows), width), dtype=np.int64)
    mask = np.zeros_like(ids)
    for index, row in enumerate(rows):
        count = row.end - row.start
        ids[index, 0], ids[index, count + 1] = cutter.first, cutter.last
        ids[index, 1 : count + 1] = row.tokens.ids[row.start : row.end]
        mask[index, : count + 2] = 1
    return ids, mask
