"""The text encoder under onnxruntime: the logits of all heads and one embedding for each text."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from services.guard.adapters.batched_model import BatchedModel, ModelThreadPool, Rows
from services.guard.adapters.model_files import ModelFolder
from services.guard.adapters.onnx_ner import padded
from services.guard.adapters.windows import (
    MAX_INLINE_CHARS,
    TokenizedText,
    TokenWindow,
    WindowTokenizer,
    check_window_count,
    windows,
)
from services.guard.domain.classifier.calibration import EncoderLogits, max_logits

OUTPUTS = ("toxicity", "injection", "indirect", "embedding")
MAX_CACHED_TEXTS = 1_024
Vector = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TextEncoding:
    """The largest logits of a text's windows, and the mean of their embeddings with length one."""

    logits: EncoderLogits
    embedding: Vector


class TextEncoder(Protocol):
    """Encodes texts."""

    async def encode(self, texts: Sequence[str]) -> list[TextEncoding]:
        """The encoding of each text."""
        ...


class OnnxEncoder:
    """Runs the shipped encoder; the encoding of a text does not depend on the other texts of a call."""

    def __init__(self, files: ModelFolder, max_windows: int, threads: ModelThreadPool) -> None:
        """Load the model; `max_windows` is the limit for all texts of one call."""
        self._labels: list[str] = list(files.manifest["labels"])
        self._cutter = WindowTokenizer(files.tokenizer(), keeps_offsets=False)
        self._session = files.session()
        self._max_windows = max_windows
        self._model = BatchedModel(self._run, self._encodings, threads)

    async def encode(self, texts: Sequence[str]) -> list[TextEncoding]:
        """The encoding of each text; raises BadEventError if the texts need more windows than the limit."""
        cut = [_windows(tokens) for tokens in await self._cutter.tokens(texts)]
        check_window_count(self._max_windows, sum(map(len, cut)))
        rows = iter(await self._model.run([window for of_text in cut for window in of_text]))
        return [_combined([next(rows) for _ in of_text]) for of_text in cut]

    def _run(self, rows: Sequence[TokenWindow], width: int) -> Rows:
        ids, mask = padded(rows, width, self._cutter)
        outputs = self._session.run(OUTPUTS, {"input_ids": ids, "attention_mask": mask})
        return [np.asarray(output, dtype=np.float32) for output in outputs]

    def _encodings(self, windows: Sequence[TokenWindow], outputs: Rows) -> list[TextEncoding]:
        """The encoding of each window; vectors are copied, since a view keeps the whole run in memory."""
        del windows
        toxicity, injection, indirect, vectors = outputs
        rows = zip(
            toxicity.tolist(), injection.ravel().tolist(), indirect.ravel().tolist(), vectors, strict=True
        )
        return [
            TextEncoding(
                EncoderLogits(dict(zip(self._labels, kinds, strict=True)), direct, hidden), vector.copy()
            )
            for kinds, direct, hidden, vector in rows
        ]


def _combined(windows: Sequence[TextEncoding]) -> TextEncoding:
    """The encoding of a text from its windows, summed in their order for the same bits each time."""
    if len(windows) == 1:
        return windows[0]
    mean = np.stack([window.embedding for window in windows]).sum(axis=0, dtype=np.float32)
    length = max(float(np.linalg.norm(mean)), 1e-12)
    return TextEncoding(
        max_logits([window.logits for window in windows]), np.asarray(mean / length, dtype=np.float32)
    )


class CachingEncoder:
    """Encodes a text once for all detectors, and caches the last ones, since each turn repeats its history.

    The cache holds digests of texts and no clear text.
    """

    def __init__(self, encoder: TextEncoder) -> None:
        """Take the encoder whose results are cached."""
        self._encoder = encoder
        self._cached: OrderedDict[bytes, asyncio.Future[TextEncoding | None]] = OrderedDict()

    async def encode(self, texts: Sequence[str]) -> list[TextEncoding]:
        """The encoding of each text."""
        # Hashing megabytes would block the event loop.
        is_short = sum(map(len, texts)) <= MAX_INLINE_CHARS
        keys = _digests(texts) if is_short else await asyncio.to_thread(_digests, texts)
        new_texts = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._cached}
        self._cached.update((key, asyncio.get_running_loop().create_future()) for key in new_texts)
        awaited = [self._cached[key] for key in keys]
        if new_texts:
            await self._encode_new(new_texts)
        encodings = [await future for future in awaited]
        return [
            encoding or (await self._encoder.encode([text]))[0]
            for encoding, text in zip(encodings, texts, strict=True)
        ]

    async def _encode_new(self, mine: dict[bytes, str]) -> None:
        """Encode texts that are not cached; if that fails, other waiting callers encode for themselves."""
        futures = {key: self._cached[key] for key in mine}
        try:
            for promise, encoding in zip(
                futures.values(), await self._encoder.encode(list(mine.values())), strict=True
            ):
                promise.set_result(encoding)
        finally:
            for key, promise in futures.items():
                if not promise.done():
                    promise.set_result(None)
                    self._cached.pop(key, None)
        while len(self._cached) > MAX_CACHED_TEXTS:
            self._cached.popitem(last=False)


def _digests(texts: Sequence[str]) -> list[bytes]:
    return [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]


def _windows(tokens: TokenizedText) -> list[TokenWindow]:
    """The windows of a text; one without tokens has an empty window, so that it gets a score."""
    return windows(tokens) or [TokenWindow(tokens, 0, 0)]
