"""Repricing and settling end to end on the in-memory broker, with the deployed meter."""

import asyncio

import pytest

from schemas.topics import ADJUSTMENTS, COMPLETIONS, CORRECTIONS, dead_letter_topic
from streaming.brokers.records import OutboundRecord, TopicPartition
from streaming.events.publishing import acknowledged
from tests.weir.prices.bench import (
    CALLS,
    DAY,
    booked_stream,
    corrections_at,
    count,
    prices,
    repriced,
    running_meter,
    totals,
)
from weir.prices.booking_log import (
    CallSelection,
    HistoryGoneError,
    ends_of,
)
from weir.prices.correction_requests import CorrectionCounts, CorrectionRequests
from weir.prices.corrections import reprice_calls, settle_calls
from weir.prices.tables import remarks
from weir.stack.publish import publish_documents

pytestmark = pytest.mark.slow


async def test_a_price_change_at_noon_that_comes_late_is_booked_as_if_it_had_been_known() -> None:
    late, fresh = await booked_stream(prices("1000")), await booked_stream(prices("1000", "700.123456789012"))
    await publish_documents(late, [prices("1000", "700.123456789012", version=2)])

    async with running_meter(late):
        dry = await repriced(late, wait_s=None)

        assert await count(late, CORRECTIONS.name) == 0

        booked, again = await repriced(late), await repriced(late)

    assert (dry.needed, dry.decided, dry.difference.total().lines) == (30, None, CALLS)
    assert (booked.needed, booked.decided) == (30, CorrectionCounts(booked=30))

    difference_usd = dry.difference.total().difference_usd

    assert difference_usd is not None
    assert booked.difference.total().difference_usd == difference_usd < 0
    assert (again.needed, again.difference.total().difference_usd) == (0, 0)
    assert await totals(late) == await totals(fresh)
    assert all(account == lines > 0 for account, lines in (await totals(late)).values())


async def test_the_same_stream_replayed_gives_the_same_totals() -> None:
    once, again = [await booked_stream(prices("1000", "700.5")) for _ in range(2)]

    assert await totals(once) == await totals(again)


async def test_corrections_that_are_published_twice_while_the_meter_stops_and_starts_are_booked_once() -> (
    None
):
    broker, fresh = await booked_stream(prices("1000")), await booked_stream(prices("1000", "250"))
    await publish_documents(broker, [prices("1000", "250", version=2)])
    waiting, second = await repriced(broker, wait_s=0), await repriced(broker, wait_s=0)

    for _ in range(3):
        async with running_meter(broker):
            await repriced(broker, wait_s=0)
            await asyncio.sleep(0.3)
    async with running_meter(broker):
        rest = await repriced(broker)

    assert waiting.decided == second.decided == CorrectionCounts(waiting=30)
    assert (rest.needed, rest.decided) == (0, CorrectionCounts())
    assert await count(broker, CORRECTIONS.name) > 30
    assert await count(broker, ADJUSTMENTS.name) == 30
    assert await totals(broker) == await totals(fresh)


async def test_one_tenant_and_one_model_are_corrected_alone() -> None:
    broker = await booked_stream(prices("1000"))
    await publish_documents(broker, [prices("500", version=2)])

    async with running_meter(broker), asyncio.timeout(20):
        found = await reprice_calls(broker, CallSelection(DAY.since, DAY.until, "acme", "local/m"), 10)
        other = await reprice_calls(broker, CallSelection(DAY.since, DAY.until, None, "local/other"), None)

    assert {cut.tenant for cut, _ in found.difference.by_key()} == {"acme"}
    assert found.decided == CorrectionCounts(booked=20)
    assert other.difference.total().lines == 0


async def test_held_lines_are_settled_once_they_have_a_price() -> None:
    broker, fresh = (
        await booked_stream(prices("1", name="local/other"), "new"),
        await booked_stream(prices("400", name="local/new"), "new"),
    )
    none = await settle_calls(broker, (None, None), None)
    await publish_documents(broker, [prices("400", name="local/new")])

    async with running_meter(broker), asyncio.timeout(20):
        one = await settle_calls(broker, ("acme", None), 10)
        rest = await settle_calls(broker, (None, None), 10)

    assert (none.difference.total().left_alone, none.difference.total().new_usd, none.needed) == (
        CALLS,
        None,
        0,
    )
    assert list(remarks(none)) == [
        f"{CALLS} calls stay held: no price for local/new",
        "nothing to settle: docs/runbooks/held-lines.md says what to do for each reason",
    ]
    assert (one.needed, one.decided, rest.needed, rest.decided) == (
        20,
        CorrectionCounts(booked=20),
        40,
        CorrectionCounts(booked=40),
    )
    assert await totals(broker) == await totals(fresh)
    assert list(remarks(await settle_calls(broker, (None, None), None))) == [
        "nothing to settle: no call is held"
    ]


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
