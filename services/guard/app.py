"""The composition root of the guard."""

import gc
import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

from schemas.answers import ModelAnswer
from schemas.attacks import KnownAttack
from schemas.detections import is_personal
from schemas.policies import PolicyDocument
from schemas.requests import LlmRequest
from schemas.topics import ANSWERS, REQUESTS
from services.guard.adapters.batched_model import ModelThreadPool
from services.guard.adapters.classifier import ClassifierDetector
from services.guard.adapters.classifier_files import classifier_card
from services.guard.adapters.guardrails_validator import GuardrailsChecks
from services.guard.adapters.http_checks import HttpChecks
from services.guard.adapters.known_attacks import KnownAttacks
from services.guard.adapters.language_id import LazyLanguageIdentifier
from services.guard.adapters.model_files import ModelFileError, open_folder
from services.guard.adapters.ner_detector import NerDetector
from services.guard.adapters.onnx_encoder import CachingEncoder, OnnxEncoder
from services.guard.adapters.onnx_ner import OnnxNer
from services.guard.adapters.plugin_checks import PluginChecks
from services.guard.adapters.plugin_loading import load_check_plugins, load_detector_plugins, plugin_detectors
from services.guard.adapters.rule_threads import RuleThreadPool
from services.guard.adapters.similarity_detector import EmbeddingDetector, OverlapDetector
from services.guard.adapters.unscanned import UnavailableDetector
from services.guard.domain.checks.registry import CheckDetector
from services.guard.domain.detectors import ModelDetector
from services.guard.domain.language_detector import UnverifiedLanguageDetector
from services.guard.domain.output.canary import CanaryDetector
from services.guard.domain.output.leaks import PersonalLeakDetector, PromptLeakDetector
from services.guard.domain.output.placeholder_links import PlaceholderLinkDetector
from services.guard.domain.rule_detectors import InjectionPhraseDetector, KnownValueDetector, RuleDetector
from services.guard.handler import Guard, RequestLimits
from services.guard.screener import DetectorSet, Screener
from services.guard.settings import GuardSettings
from streaming.loops.stage import Stage
from streaming.process import Service, unique_client_id
from streaming.seal.seal import Sealer
from streaming.state.table import Table

log = logging.getLogger(__name__)


def detectors(settings: GuardSettings, known: KnownAttacks, beside: RuleThreadPool) -> DetectorSet:
    """All detectors, in order of their cost."""
    threads, overlaps = ModelThreadPool(settings.guard_model_threads), OverlapDetector(known)
    languages = LazyLanguageIdentifier()
    languages.load()
    added = load_detector_plugins(settings.plugins)
    classifiers = _load_or_unavailable(
        "encoder", settings, lambda: _classifiers(settings, known, threads, beside)
    )
    personal = [plugin for plugin in added if any(map(is_personal, plugin.declaration.kinds))]
    others = [plugin for plugin in added if plugin not in personal]
    limit_s = settings.guard_validator_timeout_s
    return DetectorSet(
        rules=(
            RuleDetector(),
            KnownValueDetector(),
            PlaceholderLinkDetector(),
            InjectionPhraseDetector(),
            overlaps,
            CanaryDetector(),
            CheckDetector(languages, log.warning),
            UnverifiedLanguageDetector(languages.shares),
            PromptLeakDetector(),
        ),
        privacy=(
            *_load_or_unavailable("rampart", settings, lambda: [_ner(settings, threads, beside)]),
            *plugin_detectors(personal, limit_s),
        ),
        models=(
            *classifiers,
            *plugin_detectors(others, limit_s),
        ),
        validators=(
            GuardrailsChecks(limit_s),
            PluginChecks(load_check_plugins(settings.plugins), limit_s),
            HttpChecks(),
        ),
        post_detectors=(PersonalLeakDetector(),),
        pending_attack_chars=overlaps.pending_attack_chars,
        # Without the encoder nothing can overrule a phrase, so phrases decide alone.
        fusion=next((each.fusion for each in classifiers if isinstance(each, ClassifierDetector)), None),
    )


def _ner(settings: GuardSettings, threads: ModelThreadPool, beside: RuleThreadPool) -> ModelDetector:
    files = open_folder(settings.guard_models / "rampart")
    return NerDetector(OnnxNer(files, settings.guard_windows, threads), files.version, beside)


def _classifiers(
    settings: GuardSettings, known: KnownAttacks, threads: ModelThreadPool, beside: RuleThreadPool
) -> Sequence[ModelDetector]:
    """The classifier and the similarity detector, which share one encoder."""
    files = open_folder(settings.guard_models / "encoder")
    card = classifier_card(files)
    encoder = CachingEncoder(OnnxEncoder(files, settings.guard_windows, threads))
    return ClassifierDetector(encoder, card, beside), EmbeddingDetector(known, encoder, card.version)


def _load_or_unavailable(
    name: str, settings: GuardSettings, load: Callable[[], Sequence[ModelDetector]]
) -> Sequence[ModelDetector]:
    """The detectors; if a model is missing and settings allow it, one that reports texts as unscanned."""
    try:
        return load()
    except ModelFileError as error:
        if not settings.guard_start_without_models:
            raise
        log.error(  # noqa: TRY400 - the message says all
            "starting without a model: every text will be unscanned by it",
            extra={"model": name, "error": str(error)},
        )
        return [UnavailableDetector(name)]


def _screener(settings: GuardSettings, known: KnownAttacks) -> Screener:
    beside = RuleThreadPool()
    screener = Screener(detectors(settings, known, beside), beside)
    # Models stay in memory: without this each full garbage collection would block all threads for 50 ms.
    gc.collect()
    gc.freeze()
    return screener


def offline_screener(settings: GuardSettings) -> Screener:
    """The screener without a stream, and so without known attacks."""
    sealer = Sealer.from_text(settings.seal_key.get_secret_value())
    return _screener(settings, KnownAttacks(Table(KnownAttack), sealer))


def build(settings: GuardSettings) -> Service:
    """The stage that screens requests and checks answers, and purges handled raw requests."""
    sealer = Sealer.from_text(settings.seal_key.get_secret_value())
    policies, attacks = Table(PolicyDocument), Table(KnownAttack)
    screener = _screener(settings, KnownAttacks(attacks, sealer))
    limits = RequestLimits(
        content_chars=settings.guard_content_chars,
        default_deadline=timedelta(seconds=settings.guard_default_deadline_s),
        max_deadline=timedelta(seconds=settings.guard_longest_deadline_s),
    )
    guard = Guard(screening=screener, policies=policies, sealer=sealer, limits=limits)
    stage = Stage(
        group="guard",
        handlers={LlmRequest: guard.screen, ModelAnswer: guard.check},
        sealer=sealer,
        client_id=unique_client_id("guard"),
        counted=frozenset({REQUESTS.name}),
        purged=frozenset({REQUESTS.name}),
        closing={ANSWERS.name: guard.close},
    )
    return Service("guard", [stage], [policies, attacks])
