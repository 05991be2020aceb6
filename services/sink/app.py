"""The composition root of the sink."""

from schemas.answers import Attempt
from schemas.groups import DEAD_LETTER_TOPICS
from schemas.outcomes import Adjustment, Completion
from schemas.quality import Alert, Evaluation, Feedback, Review, ReviewTask
from schemas.stream import OffsetsSkipped
from services.sink.adapters.clickhouse_store import ClickHouseStore
from services.sink.domain.outcome_rows import adjustment_rows, completion_rows
from services.sink.domain.rows import (
    alert_rows,
    attempt_rows,
    dead_letter_rows,
    evaluation_rows,
    feedback_rows,
    review_rows,
    review_task_rows,
    skip_rows,
)
from services.sink.settings import SinkSettings
from streaming.loops.sink import Sink
from streaming.process import Service, unique_client_id
from streaming.seal.seal import Sealer


def build(settings: SinkSettings) -> Service:
    """A sink for all topics of facts and all dead letters."""
    sink = Sink(
        group="sink",
        rows={
            Attempt: attempt_rows,
            Completion: completion_rows,
            Adjustment: adjustment_rows,
            Evaluation: evaluation_rows,
            Feedback: feedback_rows,
            ReviewTask: review_task_rows,
            Review: review_rows,
            Alert: alert_rows,
            OffsetsSkipped: skip_rows,
        },
        record_rows=dict.fromkeys(DEAD_LETTER_TOPICS, dead_letter_rows),
        store=ClickHouseStore(settings.clickhouse_url, settings.sink_insert_timeout_s),
        sealer=Sealer.from_text(settings.seal_key.get_secret_value()),
        client_id=unique_client_id("sink"),
    )
    return Service("sink", [sink])
