"""Requests are counted by what the meter decided: booked, overtaken or refused."""

import asyncio

import pytest

from schemas.topics import ADJUSTMENTS, CORRECTIONS, dead_letter_topic
from streaming.brokers.records import TopicPartition
from tests.weir.prices.bench import (
    booked_stream,
    corrections_at,
    count,
    prices,
    repriced,
    running_meter,
)
from weir.prices.booking_log import (
    ends_of,
)
from weir.prices.correction_requests import CorrectionCounts, CorrectionRequests
from weir.stack.publish import publish_documents

pytestmark = pytest.mark.slow


async def test_a_correction_of_another_command_counts_as_overtaken() -> None:
    broker, adjusted = (
        await booked_stream(prices("1000")),
        {TopicPartition(ADJUSTMENTS.name, number): 0 for number in range(3)},
    )
    theirs, ours = CorrectionRequests(broker, adjusted), CorrectionRequests(broker, adjusted)
    await theirs.publish(await corrections_at(broker, prices("1000", "250", version=2)))
    await ours.publish(await corrections_at(broker, prices("1000", "300", version=3)))
    await publish_documents(broker, [prices("1000", "300", version=3)])

    async with running_meter(broker), asyncio.timeout(20):
        decided = await theirs.wait_decided(10), await ours.wait_decided(10)
        rest = await repriced(broker)

    assert decided == (CorrectionCounts(booked=30), CorrectionCounts(overtaken=30))
    assert (rest.needed, rest.decided) == (30, CorrectionCounts(booked=30))


async def test_a_refused_correction_is_a_dead_letter_and_is_reported() -> None:
    broker = await booked_stream(prices("1000"))
    one, other, *_ = await corrections_at(broker, prices("500", version=2))
    wishes = CorrectionRequests(broker, await ends_of(broker, ADJUSTMENTS.name))
    await wishes.publish([one.model_copy(update={"period": "for ever"}), other])

    async with running_meter(broker), asyncio.timeout(20):
        decided = await wishes.wait_decided(10)

    assert decided == CorrectionCounts(booked=1, refused=1)
    assert (
        await count(broker, dead_letter_topic(CORRECTIONS.name)),
        await count(broker, ADJUSTMENTS.name),
    ) == (1, 1)
