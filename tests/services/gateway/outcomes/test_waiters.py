"""Each outcome reaches the calls that wait for it, in any order of events, and no other call."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from schemas.outcomes import Completion
from services.gateway.outcomes.outcome import DeadLetter, RequestPosition
from services.gateway.outcomes.waiters import ClosingError, OutcomeWaiters
from streaming.brokers.records import Record

KEEP = 1_000_000


def letter(offset: int, reason: bytes = b"too_large") -> Record:
    headers = (
        ("weir-source-topic", b"llm.requests"),
        ("weir-source-partition", b"0"),
        ("weir-source-offset", str(offset).encode()),
        ("weir-reason", reason),
    )
    return Record("llm.requests.dlq", 0, offset, 0, None, b"sealed", headers)


async def test_an_outcome_that_comes_before_its_call_asks_is_kept(ended: Any) -> None:
    outcomes = OutcomeWaiters(KEEP)
    outcomes.consume(ended(7))
    outcomes.note_published(RequestPosition(0, 7), ("acme", "r-7"))

    outcome = await outcomes.wait_for_position(RequestPosition(0, 7), ("acme", "r-7"))

    assert isinstance(outcome, Completion)
    assert not outcomes.is_open(("acme", "r-7"))


async def test_a_dead_letter_that_comes_first_is_named_by_its_call() -> None:
    outcomes = OutcomeWaiters(KEEP)
    outcomes.consume(letter(7))
    outcomes.note_published(RequestPosition(0, 7), ("acme", "r-7"))

    assert isinstance(await outcomes.wait_for_position(RequestPosition(0, 7), ("acme", "r-7")), DeadLetter)
    assert isinstance(outcomes.find_request(("acme", "r-7")), DeadLetter)


async def test_all_who_wait_get_the_ending_and_a_repeat_changes_nothing(ended: Any) -> None:
    outcomes = OutcomeWaiters(KEEP)
    outcomes.note_published(RequestPosition(0, 7), ("acme", "r-7"))
    waiting = [
        asyncio.create_task(outcomes.wait_for_position(RequestPosition(0, 7), ("acme", "r-7")))
        for _ in range(3)
    ]
    waiting.append(asyncio.create_task(outcomes.wait_for_record(UUID(int=7))))
    await asyncio.sleep(0)

    outcomes.consume(ended(7))
    outcomes.consume(ended(7))

    assert len({id(ending) for ending in await asyncio.gather(*waiting)}) == 1


async def test_a_position_of_a_topic_created_anew_never_leads_to_the_old_requests_outcome(ended: Any) -> None:
    outcomes = OutcomeWaiters(KEEP)
    outcomes.consume(ended(7, tenant="globex"))
    outcomes.note_published(RequestPosition(0, 7), ("acme", "r-7"))
    waiting = asyncio.create_task(outcomes.wait_for_position(RequestPosition(0, 7), ("acme", "r-7")))
    await asyncio.sleep(0)

    assert not waiting.done()
    outcomes.consume(ended(7, record=8))
    outcome = await waiting

    assert isinstance(outcome, Completion)
    assert outcome.request.tenant == "acme"


async def test_a_caller_who_leaves_leaves_nothing_behind(ended: Any) -> None:
    outcomes = OutcomeWaiters(KEEP)
    waiting = asyncio.create_task(outcomes.wait_for_position(RequestPosition(0, 7), ("acme", "r-7")))
    await asyncio.sleep(0)

    waiting.cancel()
    await asyncio.wait({waiting})
    outcomes.consume(ended(7))

    assert outcomes.find_request(("acme", "r-7")) is not None


async def test_closing_ends_all_waiting_now_and_later() -> None:
    outcomes = OutcomeWaiters(KEEP)
    waiting = asyncio.create_task(outcomes.wait_for_position(RequestPosition(0, 7), ("acme", "r-7")))
    await asyncio.sleep(0)

    outcomes.close()

    with pytest.raises(ClosingError):
        await waiting
    with pytest.raises(ClosingError):
        await outcomes.wait_for_record(UUID(int=1))


@pytest.mark.parametrize(
    "record",
    [Record("llm.completions", 0, 1, 0, None, b"{broken"), Record("llm.requests.dlq", 0, 1, 0, None, b"x")],
)
async def test_a_record_that_says_nothing_is_left_out(record: Record) -> None:
    outcomes = OutcomeWaiters(KEEP)

    outcomes.consume(record)

    assert outcomes.find_request(("acme", "r-1")) is None
