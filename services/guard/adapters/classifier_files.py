"""Reads the calibration and operating points of the classifier, and the weights of the linear tier."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Self
from zipfile import BadZipFile

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from services.guard.adapters.model_files import ModelFileError, ModelFolder
from services.guard.domain.classifier.calibration import (
    INDIRECT,
    INJECTION,
    TOXICITY,
    ClassifierHead,
    InjectionEvidence,
    LinearThresholds,
)
from services.guard.domain.classifier.features import BUCKETS
from services.guard.domain.classifier.linear import LONG, LinearClassifier

HEADS = (TOXICITY, INJECTION, INDIRECT)


class _ManifestPart(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class Calibration(_ManifestPart):
    """The weights of both logits."""

    encoder: float
    linear: float
    bias: float


class EvidenceWeights(_ManifestPart):
    """The weights of the other layers' evidence, which is added to the logit of both tiers."""

    phrases: float = Field(gt=0)
    similarity: float = Field(gt=0)


class LinearCalibration(_ManifestPart):
    """The calibration of the linear logit alone."""

    a: float
    b: float


class LinearThresholdsEntry(_ManifestPart):
    """The scores below and above which the linear tier is sure."""

    below: float
    above: float


class HeadEntry(_ManifestPart):
    """One head of the manifest."""

    calibration: Calibration
    points: Mapping[str, float] = Field(min_length=1)
    default: str
    linear_only: LinearCalibration
    clear: LinearThresholdsEntry
    evidence: EvidenceWeights | None = None

    @model_validator(mode="after")
    def _has_its_default(self) -> Self:
        # No score would reach an operating point that does not exist, so nothing would be found.
        if self.default not in self.points:
            raise ValueError(f"the default '{self.default}' is none of the points {', '.join(self.points)}")
        return self

    def head(self) -> ClassifierHead:
        """The head as the domain's type."""
        clear = LinearThresholds(self.clear.below, self.clear.above, self.linear_only.a, self.linear_only.b)
        tiers, evidence = self.calibration, self.evidence
        return ClassifierHead(
            tiers.encoder,
            tiers.linear,
            tiers.bias,
            self.points,
            self.default,
            clear,
            evidence and InjectionEvidence(evidence.phrases, evidence.similarity),
        )


class ClassifierManifest(_ManifestPart):
    """The fields of manifest.json that the classifier needs."""

    version: str
    heads: Mapping[str, HeadEntry]


@dataclass(frozen=True, slots=True)
class ClassifierSpec:
    """The encoder's name and version, its heads, and the linear tier of all heads."""

    version: str
    heads: Mapping[str, ClassifierHead]
    linear: LinearClassifier


def classifier_card(files: ModelFolder) -> ClassifierSpec:
    """Read both files; raises ModelFileError, which names the file and the problem."""
    try:
        manifest = ClassifierManifest.model_validate(files.manifest)
        heads = {name: manifest.heads[name].head() for name in HEADS}
    except (ValidationError, KeyError) as error:
        msg = f"model file {files.path / 'manifest.json'} is damaged: {error}"
        raise ModelFileError(msg) from error
    return ClassifierSpec(f"encoder@{manifest.version}", heads, _linear(files))


def _linear(files: ModelFolder) -> LinearClassifier:
    try:
        with np.load(BytesIO(files.content("linear.npz")), allow_pickle=False) as arrays:
            names = (*HEADS, *(name for head in HEADS if (name := head + LONG) in arrays))
            weights = np.stack([arrays[name].astype(np.float32) for name in names])
            biases = np.array([float(arrays[f"{name}_bias"]) for name in names])
    except (KeyError, TypeError, ValueError, EOFError, BadZipFile) as error:
        msg = f"model file {files.path / 'linear.npz'} is damaged: {error}"
        raise ModelFileError(msg) from error
    if weights.shape != (len(names), BUCKETS):
        msg = f"model file {files.path / 'linear.npz'} is damaged: a head needs {BUCKETS} weights"
        raise ModelFileError(msg)
    return LinearClassifier(names, weights, biases)
