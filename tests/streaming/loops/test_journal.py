"""The completed offsets of a dispatcher: committed in order, with floors for all that is not committed."""

from hypothesis import given
from hypothesis import strategies as st

from streaming.loops.journal import CompletedOffsets, Floors


@given(order=st.permutations(range(12)), commits=st.sets(st.integers(0, 11)))
def test_a_commit_never_passes_an_unfinished_record_and_its_floors_cover_all_that_is_not_committed(
    order: list[int], commits: set[int]
) -> None:
    completed = CompletedOffsets(0, Floors(0, 0))
    for offset in range(12):
        completed.start(offset, Floors(offset * 10, offset * 7))
    finished: set[int] = set()
    for step, offset in enumerate(order):
        completed.finish(offset)
        finished.add(offset)
        committable = completed.committable() if step in commits else None
        if committable is not None:
            committed, floors = committable
            assert set(range(committed)) <= finished
            assert committed == 12 or floors <= (committed * 10, committed * 7)


def test_nothing_is_committed_before_the_first_record_ends() -> None:
    completed = CompletedOffsets(5, Floors(1, 2))
    completed.start(5, Floors(3, 4))
    completed.start(6, Floors(3, 4))
    completed.finish(6)
    assert completed.committable() is None
