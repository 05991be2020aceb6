"""What the loops remember between records: marks out of order, recent ids, the lease, the breaker."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.errors import BreakerOpenError, LeaseLostError
from streaming.events.breaker import CircuitBreaker, HandlingFailure
from streaming.loops.journal import CompletedOffsets
from streaming.partitions.lease import Lease
from streaming.state.dedup import DedupWindow


@given(order=st.permutations(range(12)), commits=st.sets(st.integers(0, 11)))
def test_a_mark_never_passes_an_unfinished_record_and_its_floors_cover_all_that_is_not_committed(
    order: list[int], commits: set[int]
) -> None:
    marks = CompletedOffsets(0, (0, 0))
    for offset in range(12):
        marks.start(offset, (offset * 10, offset * 7))
    finished: set[int] = set()
    for step, offset in enumerate(order):
        marks.finish(offset)
        finished.add(offset)
        mark = marks.committable() if step in commits else None
        if mark is not None:
            committed, floors = mark
            assert set(range(committed)) <= finished
            assert committed == 12 or floors <= (committed * 10, committed * 7)


def test_nothing_is_committed_before_the_first_record_ends() -> None:
    marks = CompletedOffsets(5, (1, 2))
    marks.start(5, (3, 4))
    marks.start(6, (3, 4))
    marks.finish(6)
    assert marks.committable() is None


@given(ids=st.lists(st.integers(0, 6), max_size=60), start=st.integers(0, 59), window=st.integers(1, 20))
def test_a_warmed_up_window_answers_like_one_that_read_the_whole_log(
    ids: list[int], start: int, window: int
) -> None:
    whole, warm = DedupWindow(window), DedupWindow(window)
    expected = [whole.is_redelivery(UUID(int=number), offset) for offset, number in enumerate(ids)]
    for offset in range(max(0, start - window), min(start, len(ids))):
        warm.is_redelivery(UUID(int=ids[offset]), offset)
    assert [
        warm.is_redelivery(UUID(int=ids[offset]), offset) for offset in range(start, len(ids))
    ] == expected[start:]


def test_the_first_record_with_an_id_is_the_event_and_the_next_one_a_repeat() -> None:
    ids = DedupWindow(10)
    assert [
        ids.is_redelivery(UUID(int=1), 0),
        ids.is_redelivery(UUID(int=1), 4),
        ids.is_redelivery(UUID(int=2), 5),
    ] == [False, True, False]


def test_a_process_that_was_away_longer_than_its_session_may_not_write_again() -> None:
    now = [100.0]
    lease = Lease(6.0, clock=lambda: now[0])
    now[0] = 105.9
    lease.check()
    now[0] = 106.1
    with pytest.raises(LeaseLostError, match=r"6\.1 s"):
        lease.check()
    now[0] = 100.0
    with pytest.raises(LeaseLostError):
        lease.check()


def test_broken_input_never_opens_the_breaker_but_a_run_of_unexpected_errors_does() -> None:
    breaker = CircuitBreaker(window=40, min_contents=10, share=0.5)
    for _ in range(1_000):
        breaker.note_handled()
    for number in range(19):
        breaker.note_failed(KeyError("x"), HandlingFailure("KeyError", str(number).encode(), ""))
    with pytest.raises(BreakerOpenError, match="20 of the last 40"):
        breaker.note_failed(KeyError("x"), HandlingFailure("KeyError", b"19", ""))


def test_a_broken_record_of_nobody_does_not_keep_the_breaker_of_a_single_tenant_closed() -> None:
    breaker = CircuitBreaker(window=40, min_contents=10, share=0.5)
    breaker.note_handled()
    for number in range(9):
        breaker.note_failed(KeyError("x"), HandlingFailure("KeyError", str(number).encode(), "acme"))
    with pytest.raises(BreakerOpenError):
        breaker.note_failed(KeyError("x"), HandlingFailure("KeyError", b"9", "acme"))
