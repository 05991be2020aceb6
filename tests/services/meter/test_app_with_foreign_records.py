"""Records of foreign producers on the meter's topics change no account."""

import asyncio
from typing import TYPE_CHECKING

from schemas.outcomes import Completion
from schemas.topics import (
    ACCOUNTS,
    ADJUSTMENTS,
    ANSWERS_SCREENED,
    COMPLETIONS,
    REQUESTS_ADMITTED,
)
from schemas.values import ErrorFacts
from services.meter.domain.settlement import outcomes
from tests.services.meter.streams import (
    prepared,
    publish,
    running_meter,
    written,
    written_events,
)

if TYPE_CHECKING:
    from tests.services.meter.conftest import Desk


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
