"""The dedup windows: the newest request owns a request id, and entries older than a day are dropped."""

from services.meter.domain.accounts.dedup import DEDUP_WINDOW_S, DedupWindows, FirstRequest

OLD, NEW = FirstRequest(1, "a", 100.0), FirstRequest(2, "b", 200.0)


def test_the_newest_request_owns_a_request_id_in_whatever_order_they_are_read() -> None:
    ascending, descending = DedupWindows(), DedupWindows()

    for first in (OLD, NEW):
        ascending.note_first("acme", "r1", first)
    for first in (NEW, OLD):
        descending.note_first("acme", "r1", first)

    assert ascending.first == descending.first == {("acme", "r1"): NEW}


def test_entries_are_dropped_a_day_after_their_event() -> None:
    dedup = DedupWindows(closed={1: 100.0, 2: 200.0}, booked={3: 100.0}, corrections={4: 200.0})
    dedup.note_first("acme", "r1", OLD)
    dedup.note_first("acme", "r2", NEW)

    dedup.drop_old(DEDUP_WINDOW_S + 150.0)

    assert (dedup.closed, dedup.booked, dedup.corrections) == ({2: 200.0}, {}, {4: 200.0})
    assert dedup.first == {("acme", "r2"): NEW}


def test_an_old_entry_behind_a_young_one_is_dropped_later() -> None:
    dedup = DedupWindows(closed={1: 200.0, 2: 100.0})

    dedup.drop_old(DEDUP_WINDOW_S + 150.0)
    assert dedup.closed == {1: 200.0, 2: 100.0}

    dedup.drop_old(DEDUP_WINDOW_S + 250.0)
    assert dedup.closed == {}
