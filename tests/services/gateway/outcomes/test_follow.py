"""The follower passes on what is appended while it follows, and afterwards what it missed in between."""

import asyncio
from typing import Any

from services.gateway.outcomes.follow import OutcomeFollower
from streaming.brokers.records import Record

TOPIC = "llm.completions"


async def test_only_what_follows_the_first_start_is_passed_on_and_nothing_is_missed_later(
    broker: Any,
) -> None:
    seen: list[Record] = []
    follower = OutcomeFollower(broker, seen.append)
    await broker.append(TOPIC, b"before")

    async with follower.caught_up() as follow:
        await broker.append(TOPIC, b"followed")
        following = asyncio.ensure_future(follow())
        async with asyncio.timeout(5):
            while not seen:
                await asyncio.sleep(0.01)
        following.cancel()
        await asyncio.wait({following})
    await broker.append(TOPIC, b"missed")
    async with follower.caught_up():
        pass

    assert [record.value for record in seen] == [b"followed", b"missed"]
