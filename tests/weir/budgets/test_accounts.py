"""Accounts and histories of requests are read from the decisions of the meter in the log."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4

import pytest

from schemas.cloudevents import encode
from schemas.event import Event
from schemas.outcomes import Adjustment, Completion
from schemas.requests import AdmittedRequest
from schemas.topics import TOPIC_OF, kafka_topics
from streaming.brokers.kafka.broker import key_partition
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import OutboundRecord
from weir.budgets.accounts import RequestHistory, find_request_histories, read_account

E = TypeVar("E", bound=Event)
EXAMPLES = Path(__file__).parents[3] / "schemas" / "examples"
NOW = datetime.now(UTC)
PARTITIONS = 3


def example(kind: type[E]) -> E:
    return kind.model_validate_json((EXAMPLES / f"{kind.TYPE}.json").read_bytes())


ADMITTED, COMPLETION, ADJUSTMENT = example(AdmittedRequest), example(Completion), example(Adjustment)


def outcome_of(tenant: str, request_id: str, record_id: UUID) -> Completion:
    update = {"tenant": tenant, "request_id": request_id, "record_id": record_id}
    return COMPLETION.model_copy(update={"request": COMPLETION.request.model_copy(update=update)})


async def stream_of(events: Sequence[Event], partitions: int = PARTITIONS) -> MemoryBroker:
    """A stream that holds these events, each on the partition of its tenant."""
    broker = MemoryBroker()
    await broker.admin.create_topics(kafka_topics(partitions))
    for event in events:
        encoded = encode(event, event_id=uuid4(), source="meter", time=NOW)
        record = OutboundRecord(TOPIC_OF[type(event)].name, encoded.key, encoded.value, encoded.headers, 0)
        await broker.producer.send(replace(record, partition=key_partition(encoded.key or b"", partitions)))
    return broker


async def test_the_decisions_about_a_request_are_found_by_either_of_its_ids() -> None:
    adjustment = ADJUSTMENT.model_copy(
        update={
            "record_id": COMPLETION.request.record_id,
            "tenant": COMPLETION.request.tenant,
            "request_id": COMPLETION.request.request_id,
        }
    )
    broker = await stream_of([ADMITTED, COMPLETION, adjustment, outcome_of("acme", "other", uuid4())])

    for name in ("order-4711", str(COMPLETION.request.record_id)):
        (history,) = await find_request_histories(broker, name, None)

        assert (history.admitted, history.outcome) == (ADMITTED, COMPLETION)
        assert (history.adjustments, history.tenant) == ([adjustment], "acme")


@pytest.mark.parametrize("partitions", [1, PARTITIONS])
async def test_a_request_id_of_another_tenant_is_another_request(partitions: int) -> None:
    acme, globex = outcome_of("acme", "twice", uuid4()), outcome_of("globex", "twice", uuid4())
    broker = await stream_of([acme, globex], partitions)

    both = await find_request_histories(broker, "twice", None)
    one = await find_request_histories(broker, "twice", "globex")

    assert {history.tenant for history in both} == {"acme", "globex"}
    assert [history.outcome for history in one] == [globex]
    assert await find_request_histories(broker, "never", None) == []


async def test_a_record_that_is_no_event_is_passed_over() -> None:
    broker = await stream_of([COMPLETION])
    await broker.append("llm.completions", b'{"request_id": "order-4711"}', partition=0)

    (history,) = await find_request_histories(broker, "order-4711", None)

    assert history.outcome == COMPLETION


async def test_an_account_without_a_snapshot_is_folded_from_all_decisions_of_its_tenant() -> None:
    broker = await stream_of([COMPLETION])

    accounts = await read_account(broker, "acme")

    assert accounts.balance("acme", Decimal(1), "2026-11").captured == COMPLETION.cost_usd
    assert accounts.balance("globex", Decimal(1), "2026-11").captured == 0


@pytest.mark.parametrize("request_is_kept", [True, False])
def test_what_retention_left_of_a_request_still_names_its_tenant(request_is_kept: bool) -> None:
    facts = COMPLETION.request if request_is_kept else None
    adjustment = ADJUSTMENT.model_copy(update={"request": facts, "tenant": "acme"})

    history = RequestHistory(adjustment.record_id, None, None, [adjustment])

    assert (history.request, history.tenant) == (facts, "acme")
