"""The balance of a known stream: each planted fault changes exactly its own figures."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from streaming.brokers.records import Record
from weir.verify.balance import StreamBalance

if TYPE_CHECKING:
    from tests.weir.verify.conftest import Stream

pytestmark = pytest.mark.integration
ANSWERED = {
    "answered": 8,
    "blocked": 0,
    "rejected": 0,
    "failed": 0,
    "expired": 0,
    "duplicate": 0,
    "screened": 0,
}


def changed(before: StreamBalance, after: StreamBalance) -> Mapping[str, object]:
    """The figures that differ, as they are now."""
    old, new = before.model_dump(), after.model_dump()
    return {name: new[name] for name in new if new[name] != old[name]}


async def test_a_settled_stream_closes(settled: "Stream") -> None:
    balance = await settled.balance()

    assert balance.closes
    assert balance.is_drained
    assert list(balance.problems()) == []
    assert (balance.records, balance.completions["answered"], balance.dead_letters, balance.difference) == (
        7,
        7,
        0,
        0,
    )
    assert balance.attempts == {"finished": 7, "failed": 0, "unknown": 0, "open": 0}
    assert balance.usage_lines == 7
    assert '"closes": true' in balance.to_json()


async def test_a_stream_without_a_record_closes(stream: "Stream") -> None:
    balance = await stream.balance()

    assert balance.closes
    assert balance.records == 0


async def test_a_record_that_got_no_ending_is_missing_and_named(settled: "Stream") -> None:
    before = await settled.balance()

    lost = await settled.request(2)
    await settled.guard_commits()

    assert changed(before, await settled.balance()) == {
        "records": 8,
        "difference": 1,
        "records_without_ending": 1,
        "first_without_ending": [f"llm.requests/2@{lost.offset}"],
    }


async def test_a_loss_in_one_partition_is_not_made_up_for_by_a_phantom_in_another(settled: "Stream") -> None:
    phantom = await settled.answered(2)
    before = await settled.balance()

    await settled.request(0)
    await settled.guard_commits()
    await settled.end(settled.completion(type(phantom)(1, 999)), "completions")
    after = await settled.balance()

    assert (after.difference, after.records_without_ending, after.endings_without_record) == (0, 1, 1)
    assert before.difference == 0
    assert not after.closes


async def test_what_the_guard_has_not_read_is_late_and_not_lost(settled: "Stream") -> None:
    before = await settled.balance()

    waiting = await settled.request(1)
    after = await settled.balance()

    assert changed(before, after).keys() == {
        "records",
        "difference",
        "records_without_ending",
        "first_without_ending",
        "late_groups",
        "late_for_s",
    }
    assert after.late_groups == {"guard": 1}
    assert after.first_without_ending == [f"llm.requests/1@{waiting.offset}"]
    assert not after.is_drained
    assert [
        problem
        for problem in after.problems()
        if problem.startswith("group guard has 1 records to do, the first has been waiting for")
    ]


async def test_a_row_of_an_outcome_that_is_stored_twice_is_counted_twice(settled: "Stream") -> None:
    twice = await settled.answered()
    await settled.guard_commits()
    before = await settled.balance()

    await settled.end(settled.completion(twice), "completions")

    assert changed(before, await settled.balance()) == {
        "completions": {**ANSWERED, "answered": 9},
        "outcomes_counted_twice": 1,
    }


async def test_two_outcomes_of_one_offset_are_a_doubled_position(settled: "Stream") -> None:
    twice = await settled.answered()
    await settled.guard_commits()
    before = await settled.balance()

    await settled.end(settled.completion(twice, record_id=UUID(int=1), request_id="another"), "completions")

    assert changed(before, await settled.balance()) == {
        "completions": {**ANSWERED, "answered": 9},
        "positions_counted_twice": 1,
    }


async def test_a_dead_letter_is_an_ending_and_counts_once_however_often_it_was_written(
    settled: "Stream",
) -> None:
    before = await settled.balance()

    broken = await settled.request(1)
    await settled.guard_commits()
    await settled.dead_letter(broken)
    await settled.dead_letter(broken)
    after = await settled.balance()

    assert changed(before, after) == {"records": 8, "dead_letters": 1}
    assert after.closes


async def test_a_dead_letter_beside_an_outcome_is_a_doubled_position(settled: "Stream") -> None:
    ended = await settled.answered(2)
    await settled.guard_commits()
    before = await settled.balance()

    await settled.dead_letter(ended)

    assert changed(before, await settled.balance()) == {"dead_letters": 1, "positions_counted_twice": 1}


async def test_a_dead_letter_of_a_later_topic_ends_no_record(settled: "Stream") -> None:
    before = await settled.balance()

    stuck = await settled.request()
    await settled.guard_commits()
    await settled.dead_letter(stuck, "llm.requests.screened")
    after = await settled.balance()

    assert after.records_without_ending == 1
    assert changed(before, after)["other_dead_letters"] == {"llm.requests.screened": 1}


async def test_a_foreign_letter_that_names_no_place_stands_for_no_record(settled: "Stream") -> None:
    before = await settled.balance()

    await settled.letter(Record("llm.requests.dlq", 0, 900, 0, None, b"whatever"))

    assert changed(before, await settled.balance()) == {}


async def test_a_skip_that_covers_an_answered_record_is_a_doubled_position(settled: "Stream") -> None:
    answered = await settled.answered(2)
    await settled.guard_commits()
    before = await settled.balance()

    await settled.pass_over(answered)

    assert changed(before, await settled.balance()) == {"records": 7, "positions_counted_twice": 1}


async def test_ranges_of_skips_that_overlap_after_a_crash_count_each_offset_once(settled: "Stream") -> None:
    before = await settled.balance()

    first, _, last = [await settled.marker(2) for _ in range(3)]
    await settled.guard_commits()
    await settled.pass_over(first)
    await settled.pass_over(first, last)
    await settled.pass_over(first, last)

    assert changed(before, await settled.balance()) == {}


async def test_ticks_and_markers_at_the_end_of_the_log_are_no_records_before_or_after_the_guard_says_so(
    settled: "Stream",
) -> None:
    before = await settled.balance()

    marker, tick = await settled.marker(2), await settled.tick(2)
    unread = await settled.balance()
    await settled.pass_over(marker, tick)
    reported = await settled.balance()
    await settled.guard_commits()

    assert (unread.records, unread.difference) == (reported.records, reported.difference) == (7, 0)
    assert changed(before, await settled.balance()) == {}


async def test_what_retention_took_unread_stays_a_loss_but_what_had_ended_before_does_not(
    settled: "Stream",
) -> None:
    ended, taken = await settled.answered(2), await settled.request(2)
    await settled.guard_commits()
    before = await settled.balance()

    await settled.pass_over(ended, taken, reason="lost")

    assert changed(before, await settled.balance()) == {"lost_to_retention": 1}
    assert before.first_without_ending == [f"llm.requests/2@{taken.offset}"]


async def test_a_request_id_that_is_admitted_again_within_a_day_is_no_duplicate_and_shows(
    settled: "Stream",
) -> None:
    times = (timedelta(), timedelta(hours=25), timedelta(hours=26))
    seen: list[int] = []

    for later in times:
        request = await settled.request()
        at = settled.AT + later
        await settled.end(settled.completion(request, request_id="again", admitted_at=at), "completions")
        seen.append((await settled.balance()).requests_admitted_twice)

    assert seen == [0, 0, 1]
