"""Reads what stands beside the encoder: the linear tier's weights, and how scores are calibrated and where they count."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from zipfile import BadZipFile

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.guard.adapters.model_files import ModelFileError, ModelFolder
from services.guard.domain.classifier.calibration import INDIRECT, INJECTION, TOXICITY, Clear, Head
from services.guard.domain.classifier.features import BUCKETS
from services.guard.domain.classifier.linear import Linear

HEADS = (TOXICITY, INJECTION, INDIRECT)


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class Calibration(_Part):
    """Weights of both logits."""

    encoder: float
    linear: float
    bias: float


class LinearOnly(_Part):
    """The linear logit alone as a probability."""

    a: float
    b: float


class Bounds(_Part):
    """Where the linear tier is sure."""

    below: float
    above: float


class HeadEntry(_Part):
    """One head of the manifest."""

    calibration: Calibration
    points: Mapping[str, float] = Field(min_length=1)
    default: str
    linear_only: LinearOnly
    clear: Bounds

    def head(self) -> Head:
        """As the domain sees it."""
        clear = Clear(self.clear.below, self.clear.above, self.linear_only.a, self.linear_only.b)
        fusion = self.calibration
        return Head(fusion.encoder, fusion.linear, fusion.bias, self.points, self.default, clear)


class Manifest(_Part):
    """What the classifier needs of manifest.json."""

    version: str
    heads: Mapping[str, HeadEntry]


@dataclass(frozen=True, slots=True)
class ClassifierCard:
    """The encoder's name and version, its heads, and the linear tier of all."""

    version: str
    heads: Mapping[str, Head]
    linear: Linear


def classifier_card(files: ModelFolder) -> ClassifierCard:
    """Read both files; raises ModelFileError, which names what is wrong in which file."""
    try:
        manifest = Manifest.model_validate(files.manifest)
        heads = {name: manifest.heads[name].head() for name in HEADS}
    except (ValidationError, KeyError) as error:
        msg = f"model file {files.path / 'manifest.json'} is damaged: {error}"
        raise ModelFileError(msg) from error
    return ClassifierCard(f"encoder@{manifest.version}", heads, _linear(files))


def _linear(files: ModelFolder) -> Linear:
    try:
        with np.load(BytesIO(files.content("linear.npz")), allow_pickle=False) as arrays:
            weights = np.stack([arrays[name].astype(np.float32) for name in HEADS])
            biases = np.array([float(arrays[f"{name}_bias"]) for name in HEADS])
    except (KeyError, ValueError, BadZipFile) as error:
        msg = f"model file {files.path / 'linear.npz'} is damaged: {error}"
        raise ModelFileError(msg) from error
    if weights.shape != (len(HEADS), BUCKETS):
        msg = f"model file {files.path / 'linear.npz'} is damaged: a head needs {BUCKETS} weights"
        raise ModelFileError(msg)
    return Linear(HEADS, weights, biases)
