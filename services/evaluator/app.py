"""The composition root of the evaluator."""

import asyncio

from schemas.outcomes import Completion
from schemas.quality import Feedback
from services.evaluator.adapters.clickhouse_lookup import ClickHouseLookup
from services.evaluator.adapters.langid_detector import LangidDetector
from services.evaluator.domain.recall import RecentCompletions
from services.evaluator.handler import Evaluator
from services.evaluator.settings import EvaluatorSettings
from streaming.loops.stage import Stage
from streaming.process import Service, unique_client_id
from streaming.seal.seal import Sealer

REMEMBERED = 50_000
FETCH_MIN_BYTES = 65_536
WAITS_S = (0.2, 0.8, 2.0)


def build(settings: EvaluatorSettings) -> Service:
    """A stage that measures answers and joins feedback to them."""
    lookup = ClickHouseLookup(settings.clickhouse_url)
    evaluator = Evaluator(
        recall=RecentCompletions(REMEMBERED),
        lookup=lookup,
        language_of=LangidDetector(),
        waits_s=WAITS_S,
        sleep=asyncio.sleep,
    )
    stage = Stage(
        group="evaluator",
        handlers={Completion: evaluator.evaluate, Feedback: evaluator.join},
        sealer=Sealer.from_text(settings.seal_key.get_secret_value()),
        client_id=unique_client_id("evaluator"),
        fetch_min_bytes=FETCH_MIN_BYTES,
    )
    return Service("evaluator", [stage])
