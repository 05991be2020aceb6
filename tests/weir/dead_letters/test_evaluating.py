"""The evaluator's handlers for dead letters: built at the first event, and the same as in its loop."""

from uuid import uuid4

import pytest

from schemas.event import Event
from schemas.outcomes import Completion
from schemas.quality import Evaluation
from streaming.events.event_processing import RecordRejectedError
from streaming.handling import Incoming
from tests.weir.dead_letters.bench import KEY, NOW, example, fact_record
from weir.dead_letters.evaluating import EvaluatorHandlers


def incoming(event: Event) -> Incoming[Event]:
    return Incoming(event, uuid4(), fact_record(event), NOW)


@pytest.fixture
def handlers() -> EvaluatorHandlers:
    return EvaluatorHandlers("127.0.0.1:9", "http://127.0.0.1:9", KEY)


async def test_an_answered_completion_is_evaluated_without_kafka_and_clickhouse(
    handlers: EvaluatorHandlers,
) -> None:
    completion: Completion = example(Completion)

    (evaluation,) = await handlers.evaluate(incoming(completion))

    assert isinstance(evaluation, Evaluation)
    assert evaluation.record_id == completion.request.record_id
    assert evaluation.metrics


async def test_nothing_follows_an_outcome_without_an_answer(handlers: EvaluatorHandlers) -> None:
    failed = example(Completion).model_copy(update={"status": "failed", "output": None})

    assert list(await handlers.evaluate(incoming(failed))) == []


async def test_an_event_that_the_evaluator_does_not_handle_is_rejected(handlers: EvaluatorHandlers) -> None:
    with pytest.raises(RecordRejectedError):
        await handlers.evaluate(incoming(example(Evaluation)))
