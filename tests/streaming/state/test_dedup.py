"""The dedup window: the first record with an id is no redelivery, on every replay alike."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from streaming.state.dedup import DedupWindow


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


def test_the_first_record_with_an_id_is_the_event_and_the_next_one_a_redelivery() -> None:
    ids = DedupWindow(10)
    assert [
        ids.is_redelivery(UUID(int=1), 0),
        ids.is_redelivery(UUID(int=1), 4),
        ids.is_redelivery(UUID(int=2), 5),
    ] == [False, True, False]
