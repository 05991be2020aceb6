"""The text encoder under onnxruntime: logits of all heads and one embedding a text, each text once however many detectors ask."""

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
    """One text: the largest logits of its windows, and the mean of their embeddings at length one."""

    logits: EncoderLogits
    embedding: Vector


class TextEncoder(Protocol):
    """Encodes texts."""

    async def encode(self, texts: Sequence[str]) -> list[TextEncoding]:
        """The encoding of each text."""
        ...


class OnnxEncoder:
    """Runs the shipped encoder; a text has the same encoding whatever runs beside it."""

    def __init__(self, files: ModelFolder, most_windows: int, threads: ModelThreadPool) -> None:
        """Load the model; `most_windows` is the cap on all texts of one call."""
        self._labels: list[str] = list(files.manifest["labels"])
        self._cutter = WindowTokenizer(files.tokenizer(), keeps_places=False)
        self._session = files.session()
        self._most_windows = most_windows
        self._model = BatchedModel(self._run, self._encodings, threads)

    async def encode(self, texts: Sequence[str]) -> list[TextEncoding]:
        """The encoding of each text; raises BadEventError where the texts need more windows than the cap."""
        cut = [_windows(tokens) for tokens in await self._cutter.tokens(texts)]
        check_window_count(self._most_windows, sum(map(len, cut)))
        rows = iter(await self._model.run([window for one in cut for window in one]))
        return [_combined([next(rows) for _ in one]) for one in cut]

    def _run(self, rows: Sequence[TokenWindow], width: int) -> Rows:
        ids, mask = padded(rows, width, self._cutter)
        found = self._session.run(OUTPUTS, {"input_ids": ids, "attention_mask": mask})
        return [np.asarray(one, dtype=np.float32) for one in found]

    def _encodings(self, windows: Sequence[TokenWindow], outputs: Rows) -> list[TextEncoding]:
        """What is said of each window; vectors are copied, since one would keep its whole run in memory."""
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
    """The windows of one text, put together in their order, so that sums have the same bits each time."""
    if len(windows) == 1:
        return windows[0]
    mean = np.stack([one.embedding for one in windows]).sum(axis=0, dtype=np.float32)
    length = max(float(np.linalg.norm(mean)), 1e-12)
    return TextEncoding(
        max_logits([one.logits for one in windows]), np.asarray(mean / length, dtype=np.float32)
    )


class CachingEncoder:
    """Encodes a text once for all detectors that ask at the same time, and remembers the last ones: histories come again with every turn.

    A text is remembered by its digest, so that no clear text stays in memory.
    """

    def __init__(self, encoder: TextEncoder) -> None:
        """Take the encoder that does the work."""
        self._encoder = encoder
        self._cached: OrderedDict[bytes, asyncio.Future[TextEncoding | None]] = OrderedDict()

    async def encode(self, texts: Sequence[str]) -> list[TextEncoding]:
        """The encoding of each text."""
        # Readings of a long text are megabytes, which the event loop would stand still for.
        is_short = sum(map(len, texts)) <= MAX_INLINE_CHARS
        keys = _digests(texts) if is_short else await asyncio.to_thread(_digests, texts)
        mine = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._cached}
        self._cached.update((key, asyncio.get_running_loop().create_future()) for key in mine)
        awaited = [self._cached[key] for key in keys]
        if mine:
            await self._encode_new(mine)
        found = [await one for one in awaited]
        return [
            one or (await self._encoder.encode([text]))[0] for one, text in zip(found, texts, strict=True)
        ]

    async def _encode_new(self, mine: dict[bytes, str]) -> None:
        """Encode what nobody has asked for yet; where that fails or is cancelled, those who wait for it try for themselves."""
        promises = {key: self._cached[key] for key in mine}
        try:
            for promise, encoding in zip(
                promises.values(), await self._encoder.encode(list(mine.values())), strict=True
            ):
                promise.set_result(encoding)
        finally:
            for key, promise in promises.items():
                if not promise.done():
                    promise.set_result(None)
                    self._cached.pop(key, None)
        while len(self._cached) > MAX_CACHED_TEXTS:
            self._cached.popitem(last=False)


def _digests(texts: Sequence[str]) -> list[bytes]:
    return [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]


def _windows(tokens: TokenizedText) -> list[TokenWindow]:
    """Also a text without tokens has a score."""
    return windows(tokens) or [TokenWindow(tokens, 0, 0)]
