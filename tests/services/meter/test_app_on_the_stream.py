"""The meter as it is deployed, on the broker in memory: it closes what it opened, also after a stop in between."""

import asyncio
import math
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import uuid5

from pydantic import SecretStr

from schemas.budgets import BudgetDocument
from schemas.cloudevents import decode
from schemas.event import Event
from schemas.outcomes import Completion
from schemas.requests import AdmittedRequest
from schemas.topics import (
    ACCOUNTS,
    ADJUSTMENTS,
    ANSWERS_SCREENED,
    COMPLETIONS,
    REQUESTS_ADMITTED,
    REQUESTS_SCREENED,
    dead_letter_topic,
    kafka_topics,
)
from schemas.values import ErrorFacts
from services.meter.app import build
from services.meter.domain.settlement import outcomes
from services.meter.settings import MeterSettings
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import TopicPartition
from streaming.events.event_processing import event_in
from streaming.events.publishing import Publisher, acknowledged
from streaming.handling import NAMESPACE
from streaming.process import run
from streaming.seal.seal import Sealer, new_key

if TYPE_CHECKING:
    from tests.services.meter.conftest import Desk

ODD = (
    -1,
    0.5,
    10**13,
    10**400,
    -(10**400),
    1e300,
    math.nan,
    math.inf,
    "x",
    "",
    True,
    [],
    [[1]],
    {},
    {"type": []},
)
ODD_USAGE = (
    *({"prompt_tokens": odd, "completion_tokens": 5, "total_tokens": 15} for odd in ODD),
    *(
        {"prompt_tokens": 10, "completion_tokens": odd, "prompt_tokens_details": {"cached_tokens": 1}}
        for odd in ODD
    ),
    *(
        {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"audio_tokens": odd}}
        for odd in ODD
        if odd != {}
    ),
    *(
        {"input_tokens": 10, "output_tokens": 5, "server_tool_use": {"web_search_requests": odd}}
        for odd in ODD
        if odd not in (0.5, 10**13)
    ),
    *({"input_tokens": 10, "output_tokens": odd, "iterations": [{"type": odd}]} for odd in ODD),
    *(
        {"promptTokenCount": odd, "candidatesTokenCount": 5, "promptTokensDetails": odd}
        for odd in ODD
        if odd is not False
    ),
    {"never": "seen"},
    {},
)
KEY = new_key()
SETTINGS = MeterSettings(seal_key=SecretStr(KEY), meter_snapshot_every_s=1)


@asynccontextmanager
async def running_meter(broker: MemoryBroker) -> AsyncGenerator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(run([build(SETTINGS)], broker, session_s=60, stop=stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def publish(broker: MemoryBroker, *events: Event) -> None:
    publisher = Publisher(broker.producer, group="guard", sealer=Sealer.from_text(KEY))
    for event in events:
        await acknowledged([await publisher.send(event, uuid5(NAMESPACE, event.model_dump_json()), None)])


async def written(broker: MemoryBroker, topic: str, count: int) -> Sequence[Event]:
    """Wait until a topic holds so many events, and give all of them."""
    place = TopicPartition(topic, 0)
    async with asyncio.timeout(10):
        while await broker.reader.end(place) < count:
            await asyncio.sleep(0.02)
    return [
        decode(topic, record.value, record.headers)
        for record in await broker.reader.read(place, 0, await broker.reader.end(place))
    ]


async def prepared(desk: "Desk") -> MemoryBroker:
    broker = MemoryBroker()
    await broker.admin.create_topics(kafka_topics(1))
    small = desk.routes.get("small")
    price = desk.prices.get("local/m")
    assert small is not None
    assert price is not None
    await publish(broker, small, price, BudgetDocument(name="acme", monthly_usd=Decimal(100)))
    desk.now = datetime.now(UTC)
    return broker


async def test_every_request_gets_one_outcome_although_the_meter_stops_and_its_input_comes_twice(
    desk_of: "type[Desk]",
) -> None:
    desk = desk_of()
    broker = await prepared(desk)
    requests = [desk.facts(number) for number in range(20)]
    screened = [
        desk.screened(request, "block" if index % 5 == 4 else "allow")
        for index, request in enumerate(requests)
    ]
    answers = [
        desk.answer(request, desk.call(request, output=40))
        for index, request in enumerate(requests)
        if index % 5 < 4
    ]

    async with running_meter(broker):
        await publish(broker, *screened[:10], *screened[:10])
        await written(broker, REQUESTS_ADMITTED.name, 8)
        await publish(broker, *answers[:4])
        await written(broker, COMPLETIONS.name, 6)
        await asyncio.sleep(1.2)
    async with running_meter(broker):
        await publish(broker, *screened, *answers, *answers)
        outcomes = await written(broker, COMPLETIONS.name, 20)
        await asyncio.sleep(0.3)

    completions = [event for event in outcomes if isinstance(event, Completion)]
    assert sorted(event.request.record_id for event in completions) == sorted(
        request.record_id for request in requests
    )
    assert sum(event.status == "answered" for event in completions) == 16
    assert sum(event.cost_usd or 0 for event in completions) == 16 * Decimal("0.05")
    admitted = await written(broker, REQUESTS_ADMITTED.name, 16)
    assert (
        len({event.request.record_id for event in admitted if isinstance(event, AdmittedRequest)})
        == len(admitted)
        == 16
    )
    assert await broker.reader.end(TopicPartition(COMPLETIONS.name, 0)) == 20
    assert await broker.reader.end(TopicPartition(ADJUSTMENTS.name, 0)) == 0


async def test_money_that_was_reserved_before_a_stop_is_still_reserved_after_it(
    desk_of: "type[Desk]",
) -> None:
    desk = desk_of()
    broker = await prepared(desk)
    await publish(broker, BudgetDocument(name="acme", monthly_usd=Decimal("0.15")))
    async with running_meter(broker):
        await publish(broker, desk.screened(desk.facts(1)))
        await written(broker, REQUESTS_ADMITTED.name, 1)
    async with running_meter(broker):
        await publish(broker, desk.screened(desk.facts(2)))
        (refused,) = await written(broker, COMPLETIONS.name, 1)
    assert isinstance(refused, Completion)
    assert refused.error is not None
    assert refused.error.code == "budget_exceeded"
    assert "reserved 0.116 USD" in refused.error.message


async def test_a_report_that_nobody_can_read_is_held_and_stops_nothing(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    broker = await prepared(desk)
    requests = [desk.facts(number) for number in range(len(ODD_USAGE) + 1)]
    odd = [
        desk.answer(request, desk.call(request, usage=usage))
        for request, usage in zip(requests[:-1], ODD_USAGE, strict=True)
    ]

    async with running_meter(broker):
        await publish(broker, *map(desk.screened, requests))
        await written(broker, REQUESTS_ADMITTED.name, len(requests))
        await publish(broker, *odd, desk.answer(requests[-1], desk.call(requests[-1])))
        outcomes = await written(broker, COMPLETIONS.name, len(requests))

    completions = [event for event in outcomes if isinstance(event, Completion)]
    lines = {event.request.record_id: event.attempts[0] for event in completions}
    assert {
        str(usage): line.cost_usd
        for usage, line in zip(ODD_USAGE, (lines[r.record_id] for r in requests[:-1]), strict=True)
        if line.cost_status != "held"
    } == {}
    assert lines[requests[-1].record_id].cost_usd == Decimal("0.1")
    assert await broker.reader.end(TopicPartition(dead_letter_topic(ANSWERS_SCREENED.name), 0)) == 0


async def test_a_record_that_cannot_be_handled_closes_its_request_with_a_failure(
    desk_of: "type[Desk]",
) -> None:
    desk = desk_of()
    broker = await prepared(desk)
    unread, unanswered, good = (desk.facts(number) for number in range(3))
    broken_request = desk.screened(unread).model_dump_json().replace('"verdict":', '"verdikt":')
    broken_answer = (
        desk.answer(unanswered, desk.call(unanswered))
        .model_dump_json()
        .replace('"status":"answered"', '"status":"?"')
    )

    async with running_meter(broker):
        await append(broker, REQUESTS_SCREENED.name, "weir.llm.request.screened.v1", broken_request)
        await publish(broker, desk.screened(unanswered), desk.screened(good))
        await written(broker, REQUESTS_ADMITTED.name, 2)
        await append(broker, ANSWERS_SCREENED.name, "weir.llm.answer.screened.v1", broken_answer)
        await publish(broker, desk.answer(good, desk.call(good)))
        outcomes = await written(broker, COMPLETIONS.name, 3)

    found = {event.request.record_id: event for event in outcomes if isinstance(event, Completion)}
    assert {record_id: event.status for record_id, event in found.items()} == {
        unread.record_id: "failed",
        unanswered.record_id: "failed",
        good.record_id: "answered",
    }
    assert [
        (error.code, found[unread.record_id].cost_usd) for error in [found[unread.record_id].error] if error
    ] == [("dead_letter", 0)]
    assert [(line.cost_usd, line.cost_status) for line in found[unanswered.record_id].attempts] == [
        (None, "held")
    ]
    assert found[unanswered.record_id].cost_usd is None
    letters = [
        record
        for topic in (REQUESTS_SCREENED, ANSWERS_SCREENED)
        for record in broker.records(dead_letter_topic(topic.name))
    ]
    assert [letter.header("weir-reason") for letter in letters] == [b"invalid_event"] * 2
    assert [letter.header("weir-request") for letter in letters] == [
        str(one.record_id).encode() for one in (unread, unanswered)
    ]


async def test_records_of_strangers_on_its_topics_change_no_account_and_restart_nothing(
    desk_of: "type[Desk]",
) -> None:
    desk = desk_of()
    broker = await prepared(desk)
    requests = [desk.facts(number) for number in range(6)]

    async with running_meter(broker):
        for index, request in enumerate(requests):
            for topic in (
                COMPLETIONS.name,
                REQUESTS_ADMITTED.name,
                ADJUSTMENTS.name,
                ACCOUNTS.name,
                ANSWERS_SCREENED.name,
            ):
                await broker.append(
                    topic,
                    b"{ no event %d" % index,
                    (("ce_id", b"?"), ("a\udcff", b"")),
                    key=b"acme",
                    partition=0,
                )
            await publish(broker, desk.screened(request))
            await asyncio.sleep(0.05)
        await written_events(broker, REQUESTS_ADMITTED.name, len(requests))
    async with running_meter(broker):
        await publish(broker, *(desk.answer(request, desk.call(request)) for request in requests))
        outcomes = await written_events(broker, COMPLETIONS.name, len(requests))

    assert {event.status for event in outcomes if isinstance(event, Completion)} == {"answered"}
    assert len(outcomes) == len(requests)


async def test_a_valid_outcome_of_a_stranger_makes_the_meter_begin_anew_in_the_same_process(
    desk_of: "type[Desk]",
) -> None:
    desk = desk_of()
    broker = await prepared(desk)
    stranger = desk.facts(99)
    requests = [desk.facts(number) for number in range(4)]

    async with running_meter(broker):
        await publish(broker, desk.screened(requests[0]))
        await written(broker, REQUESTS_ADMITTED.name, 1)
        await publish(
            broker,
            outcomes.dead_letter_completion(
                stranger, None, ErrorFacts(code="forged", message="forged"), desk.now
            ),
        )
        await publish(broker, *map(desk.screened, requests[1:]))
        await publish(broker, *(desk.answer(request, desk.call(request)) for request in requests))
        found = await written_events(broker, COMPLETIONS.name, len(requests) + 1)

    ended = {event.request.record_id: event.status for event in found if isinstance(event, Completion)}
    assert {ended[request.record_id] for request in requests} == {"answered"}


async def append(broker: MemoryBroker, topic: str, kind: str, value: str) -> None:
    await broker.append(
        topic,
        value.encode(),
        (("ce_type", kind.encode()), ("ce_id", str(uuid5(NAMESPACE, value)).encode())),
        partition=0,
    )


async def written_events(broker: MemoryBroker, topic: str, count: int) -> Sequence[Event]:
    """Wait until a topic holds so many events, whatever else stands there."""
    async with asyncio.timeout(10):
        while (
            len(
                found := [
                    one.event for record in broker.records(topic) if (one := event_in(record)) is not None
                ]
            )
            < count
        ):
            await asyncio.sleep(0.05)
    return found
