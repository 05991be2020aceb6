"""One step of a redrive: nothing is published before its claim, and a failure says what is known."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

import pytest
from typing_extensions import override

from schemas.cloudevents import decode
from schemas.event import Event
from schemas.outcomes import Completion
from schemas.requests import LlmRequest
from streaming.brokers.memory.broker import MemoryBroker
from streaming.errors import RowsRefusedError
from streaming.events.event_processing import RecordRejectedError
from streaming.handling import Incoming, Row
from streaming.seal.content import opened_request
from tests.weir.dead_letters.bench import (
    NOW,
    QUESTION,
    SEALER,
    ExampleEvaluator,
    NoEvaluator,
    NoRows,
    StoredFacts,
    example,
    fact_record,
)
from weir.dead_letters.claims import RedriveClaims
from weir.dead_letters.execution import (
    EvaluationHandler,
    ExecutableStep,
    FactStore,
    RedriveTargets,
    StepExecutor,
    already_redriven,
    destination_of,
    redriven_record,
)
from weir.dead_letters.letters import DeadLetterRecord, RecordPosition
from weir.dead_letters.plan import RedriveRefusal, RepeatEvaluation, RepublishRequest, StoreRows

PLACE = RecordPosition("llm.requests", 0, 41)
LETTER = DeadLetterRecord(
    at=RecordPosition("llm.requests.dlq", 0, 7),
    source=PLACE,
    timestamp_ms=0,
    service="guard",
    reason="unexpected_error",
    error="KeyError",
    failed_at=NOW,
    size_bytes=1,
    event_id="-",
    request=None,
)
REQUEST = LlmRequest.model_validate(
    {"tenant": "acme", "model": "small", "messages": [{"role": "user", "content": QUESTION}]}
)
FACT: Incoming[Event] = Incoming(example(Completion), uuid4(), fact_record(example(Completion)), NOW)
REPUBLISH = RepublishRequest(uuid4(), REQUEST, b"00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01")
EVALUATE = RepeatEvaluation(uuid4(), FACT)


class SilentEvaluator:
    """An evaluator from whose events nothing follows."""

    async def evaluate(self, incoming: Incoming[Event]) -> Sequence[Event]:
        return []


class RefusingRows:
    """A ClickHouse that refuses every row."""

    async def missing(self, incoming: Incoming[Event]) -> dict[str, Sequence[Row]]:
        return {"completions": [{}]}

    async def store(self, incoming: Incoming[Event], tables: object) -> int:
        raise RowsRefusedError("a column is too narrow")


def executor(
    broker: MemoryBroker,
    rows: FactStore | None = None,
    evaluator: EvaluationHandler | None = None,
    *,
    ignores_claims: bool = False,
) -> StepExecutor:
    targets = RedriveTargets(broker, SEALER, rows or NoRows(), evaluator or NoEvaluator())
    return StepExecutor(targets, RedriveClaims(broker), NOW, ignores_claims=ignores_claims)


async def test_a_request_is_published_sealed_under_its_letters_id_and_keeps_its_trace(
    broker: MemoryBroker,
) -> None:
    position = await executor(broker).execute(LETTER, REPUBLISH)

    (record,) = broker.records("llm.requests")
    request = decode(record.topic, record.value, record.headers)

    assert position == RecordPosition("llm.requests", 0, 0)
    assert (record.key, record.header("weir-redriven-from")) == (b"acme", b"llm.requests/0@41")
    assert record.header("ce_id") == str(REPUBLISH.letter_id).encode()
    assert record.header("traceparent") == REPUBLISH.trace
    assert QUESTION.encode() not in (record.value or b"")
    assert isinstance(request, LlmRequest)
    assert opened_request(SEALER, request).messages == REQUEST.messages


@pytest.mark.parametrize("trace", [None, b"Jane Doe", b"00-" + b"z" * 32 + b"-" + b"b" * 16 + b"-01"])
def test_a_header_that_is_no_trace_is_dropped(trace: bytes | None) -> None:
    record = redriven_record(SEALER, LETTER, replace(REPUBLISH, trace=trace), NOW)

    assert "traceparent" not in dict(record.headers)
    assert trace is None or trace not in dict(record.headers).values()


async def test_a_letter_that_another_command_has_claimed_is_published_only_with_again(
    broker: MemoryBroker,
) -> None:
    await RedriveClaims(broker).claim(REPUBLISH.letter_id, PLACE, NOW)

    refusal = await executor(broker).execute(LETTER, REPUBLISH)

    assert refusal == already_redriven(NOW)
    assert broker.records("llm.requests") == []

    again = await executor(broker, ignores_claims=True).execute(LETTER, REPUBLISH)

    assert again == RecordPosition("llm.requests", 0, 0)


class LosesTheBrokerAfterItsClaim(RedriveClaims):
    """Claims every letter; the next record is not acknowledged."""

    def __init__(self, broker: MemoryBroker) -> None:
        super().__init__(broker)
        self._memory = broker

    @override
    async def claim(self, letter_id: UUID, source: RecordPosition, now: datetime) -> None:
        self._memory.fail_sends(1)


class LosesTheBrokerBeforeItsClaim(RedriveClaims):
    """Claims whose record is not acknowledged."""

    def __init__(self, broker: MemoryBroker) -> None:
        super().__init__(broker)
        broker.fail_sends(1)


@pytest.mark.parametrize("kind", [LosesTheBrokerBeforeItsClaim, LosesTheBrokerAfterItsClaim])
async def test_whether_a_record_stands_on_its_topic_is_not_guessed(
    broker: MemoryBroker, kind: Callable[[MemoryBroker], RedriveClaims]
) -> None:
    targets, claims = RedriveTargets(broker, SEALER, NoRows(), NoEvaluator()), kind(broker)

    refusal = await StepExecutor(targets, claims, NOW, ignores_claims=False).execute(LETTER, REPUBLISH)

    assert isinstance(refusal, RedriveRefusal)
    assert refusal.code == "unknown"
    assert "--again" in refusal.why
    assert broker.records("llm.requests") == []


@pytest.mark.parametrize(
    ("step", "rows", "evaluator", "code"),
    [
        (StoreRows(FACT), NoRows(), None, "clickhouse_down"),
        (StoreRows(FACT), RefusingRows(), None, "row_refused"),
        (EVALUATE, None, SilentEvaluator(), "nothing_follows"),
        (EVALUATE, None, ExampleEvaluator(RecordRejectedError("too_large", "x")), "still_refused"),
    ],
)
async def test_a_step_that_fails_says_why_and_claims_nothing(
    broker: MemoryBroker,
    step: ExecutableStep,
    rows: FactStore | None,
    evaluator: EvaluationHandler | None,
    code: str,
) -> None:
    refusal = await executor(broker, rows, evaluator).execute(LETTER, step)

    assert isinstance(refusal, RedriveRefusal)
    assert refusal.code == code
    assert broker.records("llm.redrives") == []


async def test_rows_are_stored_and_evaluations_published(broker: MemoryBroker) -> None:
    facts = StoredFacts()

    stored = await executor(broker, facts).execute(LETTER, StoreRows(FACT))
    evaluated = await executor(broker, None, ExampleEvaluator()).execute(LETTER, EVALUATE)

    assert (stored, facts.stored) == (None, [FACT.event_id])
    assert evaluated == RecordPosition("llm.evaluations", 0, 0)


def test_every_step_names_its_destination() -> None:
    assert [destination_of(step) for step in (REPUBLISH, EVALUATE, StoreRows(FACT))] == [
        "llm.requests",
        "llm.evaluations",
        "ClickHouse, rows of llm.completions",
    ]
