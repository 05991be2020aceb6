"""The meter as it is deployed, on the in-memory broker: it closes what it opened, also after a restart."""

import asyncio
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from schemas.answers import ScreenedAnswer
from schemas.budgets import BudgetDocument
from schemas.outcomes import Completion
from schemas.requests import AdmittedRequest, RequestFacts, ScreenedRequest
from schemas.topics import (
    ADJUSTMENTS,
    ANSWERS_SCREENED,
    COMPLETIONS,
    REQUESTS_ADMITTED,
    REQUESTS_SCREENED,
    Topic,
    dead_letter_topic,
)
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import TopicPartition
from tests.services.meter.streams import append, prepared, publish, running_meter, written

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


def screened_and_answered(
    desk: "Desk", requests: Sequence[RequestFacts]
) -> tuple[list[ScreenedRequest], list[ScreenedAnswer]]:
    """Block every fifth request and answer the others."""
    screened = [
        desk.screened(request, "block" if index % 5 == 4 else "allow")
        for index, request in enumerate(requests)
    ]
    answered = [request for index, request in enumerate(requests) if index % 5 < 4]
    return screened, [desk.answer(request, desk.call(request, output=40)) for request in answered]


async def test_every_request_gets_one_outcome_although_the_meter_stops_and_its_input_comes_twice(
    desk_of: "type[Desk]",
) -> None:
    desk = desk_of()
    broker = await prepared(desk)
    requests = [desk.facts(number) for number in range(20)]
    screened, answers = screened_and_answered(desk, requests)

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
    admitted_ids = {event.request.record_id for event in admitted if isinstance(event, AdmittedRequest)}
    assert len(admitted_ids) == len(admitted) == 16
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


def dead_letters(broker: MemoryBroker, topic: Topic) -> list[tuple[bytes | None, bytes | None]]:
    """List the reason and the request of each dead letter of a topic."""
    letters = broker.records(dead_letter_topic(topic.name))
    return [(letter.header("weir-reason"), letter.header("weir-request")) for letter in letters]


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

    by_record = {event.request.record_id: event for event in outcomes if isinstance(event, Completion)}
    assert {record_id: event.status for record_id, event in by_record.items()} == {
        unread.record_id: "failed",
        unanswered.record_id: "failed",
        good.record_id: "answered",
    }
    error = by_record[unread.record_id].error
    assert error is not None
    assert (error.code, by_record[unread.record_id].cost_usd) == ("dead_letter", 0)
    assert [(line.cost_usd, line.cost_status) for line in by_record[unanswered.record_id].attempts] == [
        (None, "held")
    ]
    assert by_record[unanswered.record_id].cost_usd is None
    assert dead_letters(broker, REQUESTS_SCREENED) == [(b"invalid_event", str(unread.record_id).encode())]
    assert dead_letters(broker, ANSWERS_SCREENED) == [(b"invalid_event", str(unanswered.record_id).encode())]
