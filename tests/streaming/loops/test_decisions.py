"""Decisions of a ledger: folded only as they are written, and a rejected record is closed by one."""

from collections.abc import Callable
from uuid import UUID

import pytest

from schemas.outcomes import Completion
from schemas.requests import ScreenedRequest
from schemas.topics import MAX_RECORD_BYTES
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import Record
from streaming.events.event_processing import HandlerRunner
from streaming.events.publishing import Publisher
from streaming.events.rejecting import DeadLetterWriter
from streaming.handling import DeadLetteredRecord, Incoming, LedgerDecision
from streaming.loops.decisions import Decide, RecordDecider
from streaming.partitions.quarantine import POISON_DEATHS
from tests.streaming.loops.bench import SCREENED, SEALER, Books, example, failed, reasons

DECLARED = UUID(int=7)
LETTERS = f"{SCREENED}.dlq"


def record(value: bytes | None = None) -> Record:
    headers = (("ce_type", ScreenedRequest.TYPE.encode()), ("ce_id", str(DECLARED).encode()))
    event: ScreenedRequest = example(ScreenedRequest)
    return Record(SCREENED, 0, 5, 0, b"acme", value or event.model_dump_json().encode(), headers)


def decided(state: Books, incoming: Incoming[ScreenedRequest]) -> LedgerDecision | None:
    return failed("decided")


def nothing(state: Books, incoming: Incoming[ScreenedRequest]) -> LedgerDecision | None:
    return None


def too_large(state: Books, incoming: Incoming[ScreenedRequest]) -> LedgerDecision | None:
    completion: Completion = example(Completion)
    return LedgerDecision(completion.model_copy(update={"output": "x" * MAX_RECORD_BYTES}), "large")


def faulty(state: Books, incoming: Incoming[ScreenedRequest]) -> LedgerDecision | None:
    raise KeyError("secret")


def closed(dead_lettered: DeadLetteredRecord) -> LedgerDecision | None:
    return failed(f"closed for {dead_lettered.reason}")


def never(dead_lettered: DeadLetteredRecord) -> LedgerDecision | None:
    raise ValueError("cannot close")


def decider(
    broker: MemoryBroker,
    decide: Decide | None = decided,
    close: Callable[[DeadLetteredRecord], LedgerDecision | None] = closed,
) -> RecordDecider:
    publisher = Publisher(broker.producer, group="meter", sealer=SEALER)
    return RecordDecider(
        "meter",
        0,
        Books(),
        {ScreenedRequest: decide} if decide is not None else {},
        HandlerRunner("meter"),
        publisher,
        DeadLetterWriter[LedgerDecision](publisher, "meter", {SCREENED: close}),
    )


def folded(deciding: RecordDecider) -> list[UUID]:
    assert isinstance(deciding.state, Books)
    return deciding.state.folded


async def test_a_decision_is_folded_and_its_record_returned_with_its_source(broker: MemoryBroker) -> None:
    deciding = decider(broker)

    (written,) = await deciding.decide(record(), 0)

    assert folded(deciding) == [failed("decided").event_id]
    assert deciding.has_changed
    headers = dict(written.headers)
    assert headers["ce_id"].decode() == str(failed("decided").event_id)
    assert (headers["ce_parentid"].decode(), headers["weir-source-offset"]) == (str(DECLARED), b"5")
    assert written.partition == 0


async def test_what_needs_no_decision_changes_nothing(broker: MemoryBroker) -> None:
    deciding = decider(broker, nothing)

    assert await deciding.decide(record(), 0) == ()
    assert (folded(deciding), deciding.has_changed) == ([], False)


@pytest.mark.parametrize(
    ("decide", "value", "reason"),
    [
        (decided, b"{", "invalid_event"),
        (faulty, None, "unexpected_error"),
        (too_large, None, "too_large"),
        (None, None, "unhandled_event"),
    ],
)
async def test_a_rejected_record_is_a_letter_and_only_the_closing_decision_is_folded(
    broker: MemoryBroker, decide: Decide | None, value: bytes | None, reason: str
) -> None:
    deciding = decider(broker, decide)

    (written,) = await deciding.decide(record(value), 0)

    assert reasons(broker, LETTERS) == [reason]
    assert folded(deciding) == [failed(f"closed for {reason}").event_id]
    assert dict(written.headers)["ce_id"].decode() == str(folded(deciding)[0])


async def test_a_request_that_cannot_be_closed_leaves_its_letter_and_no_decision(
    broker: MemoryBroker,
) -> None:
    deciding = decider(broker, faulty, never)

    assert await deciding.decide(record(), 0) == ()
    assert (reasons(broker, LETTERS), folded(deciding)) == (["unexpected_error"], [])


async def test_poison_is_not_decided_again_and_beyond_that_not_even_decoded(broker: MemoryBroker) -> None:
    deciding = decider(broker)

    closing = await deciding.decide(record(), POISON_DEATHS)
    silent = await deciding.decide(record(), POISON_DEATHS + 1)

    assert (len(closing), len(silent)) == (1, 0)
    assert folded(deciding) == [failed("closed for poison").event_id]
    assert reasons(broker, LETTERS) == ["poison", "poison"]
