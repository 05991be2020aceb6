"""The composition root of the guard."""

from datetime import timedelta

from schemas.answers import ModelAnswer
from schemas.documents import PolicyDocument
from schemas.requests import LlmRequest
from schemas.topics import REQUESTS
from services.guard.adapters.onnx_ner import OnnxNer
from services.guard.adapters.threaded_ner import ThreadedNer
from services.guard.handler import Guard, Limits
from services.guard.screener import Screener
from services.guard.settings import GuardSettings
from streaming.life import Service, unique_client_id
from streaming.seal import Sealer
from streaming.stage import Stage
from streaming.table import Table


def build(settings: GuardSettings) -> Service:
    """A stage that screens requests and checks answers, and purges the raw requests behind it."""
    sealer, policies = Sealer.from_text(settings.seal_key.get_secret_value()), Table(PolicyDocument)
    screener = Screener(ThreadedNer(OnnxNer(settings.guard_models / "rampart", settings.guard_windows)))
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
