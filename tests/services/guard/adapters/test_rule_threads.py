"""Long texts are processed in threads: they block neither the event loop nor shorter texts."""

import asyncio
import sys
import threading
import time
from collections.abc import Awaitable, Callable

import pytest

from benchmarks.guard_worst_texts import FAMILIES
from schemas.values import Message
from services.guard.adapters.language_id import LazyLanguageIdentifier
from services.guard.adapters.rule_threads import (
    MAX_INLINE_CHARS,
    MAX_LONG_CHARS_AT_ONCE,
    MAX_SHORT_CHARS,
    MAX_SHORT_CHARS_AT_ONCE,
    SHORT_SWITCH_INTERVAL_S,
    CharacterSemaphore,
    RuleThreadPool,
)
from services.guard.domain.checks.registry import CheckDetector
from services.guard.domain.output.canary import CanaryDetector
from services.guard.domain.output.leaks import PersonalLeakDetector, PromptLeakDetector
from services.guard.domain.rule_detectors import InjectionPhraseDetector, KnownValueDetector, RuleDetector
from services.guard.domain.types import ScreeningContext, TextSegment
from services.guard.library import Guardian
from services.guard.screener import DetectorSet, Screener

pytestmark = pytest.mark.slow
LONG = 131_072
STALL_S = 1.0
"""Ten times less than the session lease, which ends a process whose heartbeats stand still."""
WORST = (
    "numbers of eleven",
    "phones",
    "codes",
    "binary",
    "digits alone",
    "emails",
    "phone-like zeros",
    "base64",
    "combining",
    "tags closed",
)


def screener() -> Screener:
    rules = (
        RuleDetector(),
        KnownValueDetector(),
        InjectionPhraseDetector(),
        CanaryDetector(),
        CheckDetector(LazyLanguageIdentifier()),
        PromptLeakDetector(),
    )
    return Screener(
        DetectorSet(rules, privacy=(), post_detectors=(PersonalLeakDetector(),)), RuleThreadPool()
    )


class Ticker:
    """Ticks in the event loop and remembers the longest time between two ticks."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._last = time.perf_counter()

    async def run(self) -> None:
        while True:
            await asyncio.sleep(0.005)
            now = time.perf_counter()
            self.longest = max(self.longest, now - self._last)
            self._last = now


async def longest_stall(*work: Callable[[], Awaitable[object]]) -> float:
    """Between two ticks while all the work goes on; each gives something to await."""
    ticker = Ticker()
    ticking = asyncio.create_task(ticker.run())
    await asyncio.sleep(0)
    await asyncio.gather(*(one() for one in work))
    ticking.cancel()
    return ticker.longest


@pytest.mark.timeout(240)
async def test_the_event_loop_ticks_while_ten_of_the_worst_requests_are_screened() -> None:
    shared = screener()
    texts = [FAMILIES[name](LONG) for name in WORST]
    assert (
        await longest_stall(
            *(
                lambda text=text: shared.screen([TextSegment(text)], ScreeningContext("input"))
                for text in texts
            )
        )
        < STALL_S
    )


@pytest.mark.timeout(240)
async def test_the_event_loop_ticks_while_an_answer_is_compared_with_thirteen_thousand_values() -> None:
    known = {f"<EMAIL_ADDRESS_{number}>": f"m{number}@example.com" for number in range(13_000)}
    prompt = (
        Message(role="system", content=FAMILIES["ordinary"](20_000)),
        Message(role="user", content=" ".join(known)[:LONG]),
    )
    answer = TextSegment(FAMILIES["emails"](LONG), "output")
    shared = screener()
    assert (
        await longest_stall(
            lambda: shared.screen([answer], ScreeningContext("output", pseudonyms=known, prompt=prompt))
        )
        < STALL_S
    )


@pytest.mark.timeout(240)
async def test_a_caller_of_the_library_goes_on_while_its_text_is_taken_apart_and_screened() -> None:
    with Guardian(screener()) as guardian:
        text = FAMILIES["headings"](LONG)
        assert await longest_stall(lambda: guardian.screen(text)) < STALL_S


async def test_a_short_text_is_screened_while_long_ones_wait() -> None:
    shared = screener()
    long = [
        asyncio.create_task(shared.screen([TextSegment(FAMILIES["phones"](LONG))], ScreeningContext("input")))
        for _ in range(3)
    ]
    await asyncio.sleep(0.01)
    await shared.screen([TextSegment("Call +49 30 901820 please.")], ScreeningContext("input"))
    await shared.screen([TextSegment(FAMILIES["ordinary"](2 * MAX_INLINE_CHARS))], ScreeningContext("input"))
    assert not any(task.done() for task in long)
    for task in long:
        task.cancel()
    await asyncio.gather(*long, return_exceptions=True)


async def test_each_length_has_its_thread_and_a_short_text_needs_none() -> None:
    threads = RuleThreadPool()
    names = [
        await threads.run(chars, lambda: threading.current_thread().name)
        for chars in (MAX_INLINE_CHARS, MAX_SHORT_CHARS, LONG)
    ]
    assert names[0] == threading.current_thread().name
    assert [name.rpartition("_")[0] for name in names[1:]] == ["rules-short", "rules-long"]


async def test_threads_take_turns_more_often_only_while_long_work_goes_on() -> None:
    async with asyncio.timeout(30):
        while sys.getswitchinterval() == SHORT_SWITCH_INTERVAL_S:
            # Work that another test gave up goes on to its end.
            await asyncio.sleep(0.01)
    usual = sys.getswitchinterval()
    during = await RuleThreadPool().run(LONG, sys.getswitchinterval)
    assert (during, sys.getswitchinterval()) == (pytest.approx(SHORT_SWITCH_INTERVAL_S), usual)
    assert during < usual


async def test_an_error_of_the_work_reaches_who_asked() -> None:
    with pytest.raises(ZeroDivisionError):
        await RuleThreadPool().run(LONG, lambda: 1 // 0)


@pytest.mark.parametrize(
    ("chars", "most"), [(MAX_SHORT_CHARS, MAX_SHORT_CHARS_AT_ONCE), (LONG, MAX_LONG_CHARS_AT_ONCE)]
)
async def test_only_so_many_characters_are_screened_at_once(chars: int, most: int) -> None:
    threads, inside, highest = RuleThreadPool(), 0, 0

    async def one() -> None:
        nonlocal inside, highest
        async with threads.room_for(chars):
            inside += chars
            highest = max(highest, inside)
            await asyncio.sleep(0)
            inside -= chars

    await asyncio.gather(*(one() for _ in range(40)))
    assert 0 < highest <= most


async def test_room_is_given_in_order_of_arrival_and_what_is_too_large_comes_in_alone() -> None:
    room, order = CharacterSemaphore(10), list[int]()

    async def one(chars: int) -> None:
        async with room.acquire(chars):
            order.append(chars)
            await asyncio.sleep(0)

    await asyncio.gather(*(one(chars) for chars in (6, 50, 3, 4)))
    assert order == [6, 50, 3, 4]


async def test_who_gives_up_waiting_keeps_no_room() -> None:
    room = CharacterSemaphore(10)

    async def one(chars: int) -> None:
        async with room.acquire(chars):
            await asyncio.sleep(3600)

    first, second, third = (asyncio.create_task(one(chars)) for chars in (8, 8, 2))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    third.cancel()
    await asyncio.gather(third, return_exceptions=True)
    async with asyncio.timeout(1), room.acquire(10):
        pass
