"""Claims on dead letters: of all commands that claim one, the first in the log gets it."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from streaming.brokers.memory.broker import MemoryBroker
from streaming.errors import BrokerDownError
from tests.weir.dead_letters.bench import NOW, append
from weir.dead_letters.claims import CLAIMS, RedriveClaims
from weir.dead_letters.letters import RecordPosition

PLACE = RecordPosition("llm.requests", 0, 41)


async def test_the_first_claim_counts_and_later_commands_are_told_of_it(broker: MemoryBroker) -> None:
    letter_id = uuid4()
    first, second = RedriveClaims(broker), RedriveClaims(broker)

    won = await first.claim(letter_id, PLACE, NOW)
    lost = await second.claim(letter_id, PLACE, NOW + timedelta(seconds=9))

    assert won is None
    assert lost is not None
    assert (lost.topic, lost.partition, lost.offset, lost.claimed_at) == ("llm.requests", 0, 41, NOW)
    assert second.of(letter_id) == lost


async def test_of_many_commands_at_once_one_gets_the_letter(broker: MemoryBroker) -> None:
    letter_id = uuid4()

    answers = await asyncio.gather(*(RedriveClaims(broker).claim(letter_id, PLACE, NOW) for _ in range(8)))

    assert sum(answer is None for answer in answers) == 1
    assert len({answer.claim_id for answer in answers if answer is not None}) == 1


async def test_claims_of_before_are_known_after_a_refresh_and_other_records_are_none(
    broker: MemoryBroker,
) -> None:
    letter_id = uuid4()
    await append(broker, CLAIMS.topic, b"{ no claim")
    await RedriveClaims(broker).claim(letter_id, PLACE, NOW)
    claims = RedriveClaims(broker)

    assert claims.of(letter_id) is None

    await claims.refresh()

    assert claims.of(letter_id) is not None
    assert claims.of(uuid4()) is None


async def test_a_claim_that_the_broker_did_not_take_is_an_error(broker: MemoryBroker) -> None:
    broker.fail_sends(1)

    with pytest.raises(BrokerDownError):
        await RedriveClaims(broker).claim(uuid4(), PLACE, NOW)
