"""Bookings are read as far back as the stream holds them, without records that are no events."""

import pytest

from schemas.topics import COMPLETIONS
from streaming.brokers.records import OutboundRecord, TopicPartition
from streaming.events.publishing import acknowledged
from tests.weir.prices.bench import (
    CALLS,
    booked_stream,
    prices,
    repriced,
)
from weir.prices.booking_log import (
    HistoryGoneError,
)

pytestmark = pytest.mark.slow


async def test_calls_that_the_stream_has_dropped_are_refused_with_what_it_holds() -> None:
    broker = await booked_stream(prices("1000"))
    await broker.admin.delete_before({TopicPartition(COMPLETIONS.name, number): 5 for number in range(3)})

    with pytest.raises(
        HistoryGoneError,
        match=r"the stream holds completions from .* on, and .* lies before it: ask from then on",
    ):
        await repriced(broker)


async def test_a_record_that_is_no_event_is_skipped() -> None:
    broker = await booked_stream(prices("1000"))

    await acknowledged(
        [
            await broker.producer.send(
                OutboundRecord(COMPLETIONS.name, b"acme", b"{", (("ce_type", b"weir.llm.completion.v1"),))
            )
        ]
    )

    assert (await repriced(broker, wait_s=None)).difference.total().lines == CALLS
