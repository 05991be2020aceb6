"""Reads the files of a shipped model and verifies the SHA-256 of each, so that only measured models score."""

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
    """A model file is missing or damaged, so that the service does not start."""


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A folder with a manifest that names the SHA-256 of every other file; all files are verified by it."""

    path: Path
    manifest: dict[str, Any]

    @property
    def version(self) -> str:
        """Name and version of the model, as `name@version`."""
        return f"{self.path.name}@{self.manifest.get('version', 1)}"

    def content(self, name: str) -> bytes:
        """The bytes of a file; raises ModelFileError, which names it, if it is missing or damaged."""
        file = self.path / name
        expected = self.manifest["sha256"].get(name)
        if expected is None:
            manifest = self.path / MANIFEST
            msg = f"model file {file} is not named in {manifest}: the folder is damaged, install Weir again"
            raise ModelFileError(msg)
        content = _read(file)
        if hashlib.sha256(content).hexdigest() != expected:
            msg = f"model file {file} is damaged: its SHA-256 is not the one in {MANIFEST}"
            raise ModelFileError(msg)
        return content

    def tokenizer(self) -> Tokenizer:
        """The tokenizer without padding and truncation; names of special tokens in a text are plain text."""
        tokenizer = Tokenizer.from_buffer(self.content("tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        tokenizer.encode_special_tokens = True
        return tokenizer

    def session(self) -> ort.InferenceSession:
        """The model; each run uses one thread, since more would compete with the other models."""
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        # The arena keeps the memory of the largest run; without it a full run spends a third on page faults.
        return ort.InferenceSession(self.content("model.onnx"), options, providers=["CPUExecutionProvider"])


def open_folder(path: Path) -> ModelFolder:
    """Read the manifest; raises ModelFileError if it is missing or invalid."""
    file = path / MANIFEST
    try:
        manifest = orjson.loads(_read(file))
    except orjson.JSONDecodeError as error:
        msg = f"model file {file} is damaged: it is no JSON ({error})"
        raise ModelFileError(msg) from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("sha256"), dict):
        msg = f"model file {file} is damaged: it names no SHA-256 of its files"
        raise ModelFileError(msg)
    return ModelFolder(path, manifest)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror
        msg = f"model file {path} cannot be read ({reason}): install Weir again, or set WEIR_GUARD_MODELS"
        raise ModelFileError(msg) from error
