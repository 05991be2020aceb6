"""Waits are those of the looker's clock, whatever clocks the records were stamped by."""

from hypothesis import given
from hypothesis import strategies as st

from streaming.partitions.waits import MAX_SAMPLES, LogEndHistory

HOUR_S = 3600.0


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_first_look_believes_the_timestamp() -> None:
    assert LogEndHistory(Clock()).seconds("log", 5, 9, 77.0) == 77.0


def test_a_record_stamped_ahead_of_time_waits_by_the_clock_of_the_looker() -> None:
    waits = LogEndHistory(clock := Clock())
    assert waits.seconds("log", 5, 6, 0.0) == 0.0

    clock.now += 30
    assert waits.seconds("log", 5, 60, 0.0) == 30.0
    clock.now += 30
    assert waits.seconds("log", 20, 60, 0.0) == 30.0, "it was there at the second look, and not at the first"


def test_a_record_stamped_long_ago_waits_at_most_since_the_last_look_without_it() -> None:
    waits = LogEndHistory(clock := Clock())
    assert waits.seconds("log", None, 5, 0.0) == 0.0

    clock.now += 5
    assert waits.seconds("log", 5, 15, 60 * 24 * HOUR_S) == 5.0
    clock.now += 5
    assert waits.seconds("log", 5, 15, 60 * 24 * HOUR_S) == 10.0


def test_a_log_made_anew_is_a_new_log() -> None:
    waits = LogEndHistory(clock := Clock())
    waits.seconds("log", 50, 60, 0.0)

    clock.now += HOUR_S

    assert waits.seconds("log", 0, 1, 2.0) == 2.0


def test_logs_do_not_share_their_waits() -> None:
    waits = LogEndHistory(clock := Clock())
    waits.seconds("one", None, 5, 0.0)
    clock.now += 5

    assert waits.seconds("other", 5, 6, HOUR_S) == HOUR_S


@given(
    st.lists(
        st.tuples(st.floats(0.1, 10), st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=MAX_SAMPLES
    )
)
def test_with_looks_from_the_start_the_wait_is_right_to_the_length_of_a_look(
    steps: list[tuple[float, int, int]],
) -> None:
    waits = LogEndHistory(clock := Clock())
    appended: list[float] = []
    finished, longest_s = 0, 0.0
    waits.seconds("log", None, 0, 0.0)
    for passed_s, written, done in steps:
        clock.now += passed_s
        longest_s = max(longest_s, passed_s)
        appended += [clock.now] * written
        finished = min(len(appended), finished + done)
        stuck_at = finished if finished < len(appended) else None

        seconds = waits.seconds("log", stuck_at, len(appended), -HOUR_S if written % 2 else HOUR_S)

        truth_s = 0.0 if stuck_at is None else clock.now - appended[stuck_at]
        assert truth_s - 1e-6 <= seconds <= truth_s + longest_s + 1e-6
