"""The composition root of the guard."""

import logging
from collections.abc import Callable
from datetime import timedelta

from schemas.answers import ModelAnswer
from schemas.policies import PolicyDocument
from schemas.requests import LlmRequest
from schemas.topics import REQUESTS
from services.guard.adapters.classifier import ClassifierDetector
from services.guard.adapters.classifier_files import classifier_card
from services.guard.adapters.model_files import ModelFileError, open_folder
from services.guard.adapters.ner_detector import NerDetector
from services.guard.adapters.onnx_encoder import LongTexts, OnnxEncoder, SharedEncoder
from services.guard.adapters.onnx_ner import OnnxNer
from services.guard.adapters.unscanned import Unscanned
from services.guard.domain.detectors import KnownValueDetector, PhraseDetector, RuleDetector
from services.guard.handler import Guard, Limits
from services.guard.screener import Detectors, Model, Screener
from services.guard.settings import GuardSettings
from streaming.life import Service, unique_client_id
from streaming.seal import Sealer
from streaming.stage import Stage
from streaming.table import Table

log = logging.getLogger(__name__)
SAMPLED_WINDOWS = 64
"""Of each text, in an offline scan: 6,000 tokens; the head, the tail, and evenly between."""


def detectors(settings: GuardSettings, long_texts: LongTexts = "refuse") -> Detectors:
    """All detectors, in order of price; `sample` is for offline scans alone, where a classifier may skip parts of a long text and says so."""
    return Detectors(
        rules=(RuleDetector(), KnownValueDetector(), PhraseDetector()),
        privacy=(_loaded("rampart", settings, lambda: _names(settings)),),
        models=_classifier(settings, long_texts),
    )


def _names(settings: GuardSettings) -> Model:
    files = open_folder(settings.guard_models / "rampart")
    return NerDetector(OnnxNer(files, settings.guard_windows), files.version)


def _classifier(settings: GuardSettings, long_texts: LongTexts) -> tuple[Model, ...]:
    """The classifier, and what else reads the encoder's embeddings: the encoder runs once for all of them."""

    def load() -> Model:
        files = open_folder(settings.guard_models / "encoder")
        most = settings.guard_windows if long_texts == "refuse" else SAMPLED_WINDOWS
        encoder = SharedEncoder(OnnxEncoder(files, most, long_texts))
        return ClassifierDetector(encoder, classifier_card(files))

    return (_loaded("encoder", settings, load),)


def _loaded(name: str, settings: GuardSettings, load: Callable[[], Model]) -> Model:
    """The detector, or one that says of each text that nobody looked at it, where the settings allow that."""
    try:
        return load()
    except ModelFileError as error:
        if not settings.guard_start_without_models:
            raise
        log.error("starting without a model: every text will be unscanned by it", extra={"model": name, "error": str(error)})  # noqa: TRY400 - the message says all
        return Unscanned(name)


def build(settings: GuardSettings) -> Service:
    """A stage that screens requests and checks answers, and purges the raw requests behind it."""
    sealer, policies = Sealer.from_text(settings.seal_key.get_secret_value()), Table(PolicyDocument)
    screener = Screener(detectors(settings))
    limits = Limits(
        content_chars=settings.guard_content_chars,
        default_deadline=timedelta(seconds=settings.guard_default_deadline_s),
        longest_deadline=timedelta(seconds=settings.guard_longest_deadline_s),
    )
    guard = Guard(screening=screener, policies=policies, sealer=sealer, limits=limits)
    stage = Stage(
        group="guard",
        handlers={LlmRequest: guard.screen, ModelAnswer: guard.check},
        sealer=sealer,
        client_id=unique_client_id("guard"),
        counted=frozenset({REQUESTS.name}),
        purged=frozenset({REQUESTS.name}),
    )
    return Service("guard", [stage], [policies])
