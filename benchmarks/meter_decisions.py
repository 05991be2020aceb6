"""The meter's decisions without a stream, made and folded by its own ledger with loaded tables."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from benchmarks.meter_traffic import Traffic, event_id, publish_documents
from schemas.answers import ScreenedAnswer
from schemas.event import Event
from schemas.requests import ScreenedRequest
from schemas.topics import kafka_topics
from services.meter.app import build
from services.meter.settings import MeterSettings
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import Record
from streaming.events.publishing import Publisher
from streaming.handling import Incoming, LedgerDecision, LedgerState
from streaming.loops.ledger import Ledger
from streaming.seal.seal import Sealer, new_key

KEY = new_key()
RECORD = Record("llm.requests.screened", 0, 0, 0, None, None)


async def loaded_ledger() -> Ledger:
    """The meter's ledger as it is deployed, with its tables loaded."""
    broker = MemoryBroker()
    await broker.admin.create_topics(kafka_topics(1))
    await publish_documents(Publisher(broker.producer, group="guard", sealer=Sealer.from_text(KEY)))
    service = build(MeterSettings.model_validate({"seal_key": KEY}))
    keepers = [asyncio.create_task(table.keep(broker)) for table in service.tables]
    await asyncio.gather(*(table.ready() for table in service.tables))
    for keeper in keepers:
        keeper.cancel()
    await asyncio.gather(*keepers, return_exceptions=True)
    (ledger,) = service.loops
    assert isinstance(ledger, Ledger)  # noqa: S101 - it tells the type checker what the meter is made of
    return ledger


def decided(
    ledger: Ledger, traffic: Traffic, numbers: range
) -> tuple[list[LedgerDecision], list[LedgerDecision]]:
    """The meter's decisions: the admissions of these requests, and their outcomes."""
    state, kinds = ledger.new_state(), (ScreenedRequest, ScreenedAnswer)
    made: tuple[list[LedgerDecision], list[LedgerDecision]] = ([], [])
    for kind, make, decisions in zip(kinds, (traffic.request, traffic.answer), made, strict=True):
        for number in numbers:
            event: Any = make(number)
            decision = ledger.decide[kind](state, Incoming(event, event_id(event), RECORD, datetime.now(UTC)))
            if decision is not None:
                state.fold(decision.event, decision.event_id)
                decisions.append(decision)
    return made


def fold_time(state: LedgerState, pairs: Sequence[tuple[Event, UUID]]) -> float:
    """CPU seconds to fold these events."""
    started = time.process_time()
    for event, decision_id in pairs:
        state.fold(event, decision_id)
    return time.process_time() - started
