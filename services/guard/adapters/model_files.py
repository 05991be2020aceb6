"""Reads the files of a shipped model and proves each by its SHA-256: a model that is not the one that was measured never scores."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnxruntime as ort
import orjson
from tokenizers import Tokenizer

from streaming.errors import StopServiceError

MANIFEST = "manifest.json"


class ModelFileError(StopServiceError):
    """A model file is missing or damaged: nothing may pass unscanned, so the service does not start."""


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A folder with a manifest that names the SHA-256 of every other file; what is read through it is what the manifest says."""

    path: Path
    manifest: dict[str, Any]

    @property
    def version(self) -> str:
        """The model as verdicts name it."""
        return f"{self.path.name}@{self.manifest.get('version', 1)}"

    def content(self, name: str) -> bytes:
        """The bytes of one file; raises ModelFileError, which names the file, where it is missing or another one."""
        place = self.path / name
        wanted = self.manifest["sha256"].get(name)
        if wanted is None:
            msg = f"model file {place} is not named in {self.path / MANIFEST}: the folder is damaged, install Weir again"
            raise ModelFileError(msg)
        content = _read(place)
        if hashlib.sha256(content).hexdigest() != wanted:
            msg = f"model file {place} is damaged: its SHA-256 is not the one in {MANIFEST}"
            raise ModelFileError(msg)
        return content

    def tokenizer(self) -> Tokenizer:
        """Without padding or truncation, and with the names of special tokens read as the plain text that they are in a caller's mouth."""
        tokenizer = Tokenizer.from_buffer(self.content("tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        tokenizer.encode_special_tokens = True
        return tokenizer

    def session(self) -> ort.InferenceSession:
        """The model, each run in one thread: several would spin beside those of the other models."""
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        # The arena keeps what the widest run needs, and no run is wider than MOST_TOKENS; without it a full run spends a third on page faults.
        return ort.InferenceSession(self.content("model.onnx"), options, providers=["CPUExecutionProvider"])


def open_folder(path: Path) -> ModelFolder:
    """Read the manifest; raises ModelFileError where it is missing or no manifest."""
    place = path / MANIFEST
    try:
        manifest = orjson.loads(_read(place))
    except orjson.JSONDecodeError as error:
        msg = f"model file {place} is damaged: it is no JSON ({error})"
        raise ModelFileError(msg) from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("sha256"), dict):
        msg = f"model file {place} is damaged: it names no SHA-256 of its files"
        raise ModelFileError(msg)
    return ModelFolder(path, manifest)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        msg = f"model file {path} cannot be read ({error.strerror}): install Weir again, or set WEIR_GUARD_MODELS"
        raise ModelFileError(msg) from error
