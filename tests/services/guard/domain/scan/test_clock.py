"""The times of texts in flight add up to the wall time."""

from services.guard.domain.scan.clock import SharedClock


def test_a_text_alone_takes_wall_time() -> None:
    clock = SharedClock()
    started = clock.start(10.0)

    assert clock.end(started, 12.5) == 2.5


def test_texts_in_flight_share_each_moment() -> None:
    clock = SharedClock()
    first, second = clock.start(0.0), clock.start(2.0)

    first_s, second_s = clock.end(first, 6.0), clock.end(second, 7.0)

    assert (first_s, second_s) == (4.0, 3.0)
