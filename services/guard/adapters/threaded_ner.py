"""One model, many callers: its runs happen in a thread of their own, a request at a time, so that the event loop stays free."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from services.guard.adapters.onnx_ner import OnnxNer
from services.guard.domain.entities import Token
from streaming.errors import BadEventError


class ThreadedNer:
    """Labels texts in order of arrival; onnxruntime releases the interpreter while it runs."""

    def __init__(self, model: OnnxNer) -> None:
        """Take the model; its thread starts with the first call."""
        self._model = model
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ner")

    async def label(self, texts: Sequence[str]) -> list[list[Token]]:
        """Labelled tokens of each text; raises BadEventError where the texts need more windows than the model's cap."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._label, texts)

    def _label(self, texts: Sequence[str]) -> list[list[Token]]:
        windows = self._model.windows_of(texts)
        most = self._model.most_windows
        if len(windows) > most:
            raise BadEventError("too_large", f"the request needs {len(windows)} windows of 128 tokens; at most {most} are scanned: split it")
        return self._model.label(windows, len(texts))
