"""Long work waits while short texts are in progress, and for a bounded time only."""

import re
import threading

import pytest

from services.guard.adapters.rule_threads import MAX_INLINE_CHARS, RuleThreadPool
from services.guard.adapters.short_texts_first import (
    FIRST_WAIT_S,
    MAX_WAIT_SHARE,
    SHORT_TEXTS_FIRST,
    LongWork,
    ShortTextsFirst,
)
from services.guard.domain.text.windowed_search import WINDOW_CHARS, matches
from services.guard.domain.threads import give_way, giving_way


class FakeTime(threading.Event):
    """A clock, and an event that is never set and whose waits move the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.waits: list[float] = []

    def clock(self) -> float:
        return self.now

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0.0)
        self.now += timeout or 0.0
        return False


def test_long_work_waits_at_most_its_share_beside_short_texts_without_end() -> None:
    time = FakeTime()
    work = LongWork(time, time.clock)

    for _ in range(1_000):
        time.now += 0.001
        work.give_way()

    worked_s = 1.0
    assert sum(time.waits) == pytest.approx(FIRST_WAIT_S + MAX_WAIT_SHARE * worked_s)
    assert time.now == pytest.approx(worked_s + sum(time.waits))


def test_long_work_does_not_wait_if_no_short_text_is_in_progress() -> None:
    time = FakeTime()
    time.set()

    LongWork(time, time.clock).give_way()

    assert time.waits == []


def test_long_work_goes_on_when_the_last_short_text_ends() -> None:
    first = ShortTextsFirst(clock=lambda: 0.0)
    steps, waiting = list[str](), threading.Event()

    def work() -> None:
        with first.long_work():
            waiting.set()
            give_way()
            steps.append("long")

    end = first.begin()
    first.begin()()
    thread = threading.Thread(target=work)
    thread.start()
    waiting.wait(10)
    steps.append("short")
    end()
    thread.join(10)

    assert steps == ["short", "long"]


def test_work_gives_way_between_the_windows_of_a_search_and_nowhere_else() -> None:
    calls = list[int]()
    pattern = re.compile("needle")
    with giving_way(lambda: calls.append(1)):
        assert len(list(matches(pattern, "needle " * 10))) == 10
        short = len(calls)
        assert len(list(matches(pattern, "x" * (4 * WINDOW_CHARS)))) == 0
    inside = len(calls)
    assert len(list(matches(pattern, "x" * (4 * WINDOW_CHARS)))) == 0

    assert (short, inside, len(calls)) == (0, 4, 4)


@pytest.mark.parametrize(
    ("chars", "is_waited_for"), [(MAX_INLINE_CHARS, True), (MAX_INLINE_CHARS + 1, False)]
)
async def test_the_pool_counts_short_texts_only(chars: int, *, is_waited_for: bool) -> None:
    async with RuleThreadPool().room_for(chars):
        is_idle_inside = SHORT_TEXTS_FIRST.is_idle

    assert is_idle_inside is not is_waited_for
    assert SHORT_TEXTS_FIRST.is_idle
