"""Many callers share one model: short waits, no foreign results or errors, and a bounded queue."""

import asyncio
import threading
import time
from array import array
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.guard.adapters.batched_model import (
    MAX_CALLS,
    MAX_SHORT_CALL_WINDOWS,
    MAX_TOKENS,
    MAX_WINDOWS,
    SHORT_RUNS,
    BatchedModel,
    ModelThreadPool,
    Rows,
)
from services.guard.adapters.windows import WIDTHS, TokenizedText, TokenWindow

POISON = -1
THREE = ModelThreadPool(3)


def window(name: int, width: int = 16) -> TokenWindow:
    """A window whose first token is its name."""
    count = width - 2
    return TokenWindow(
        TokenizedText(array("i", [name] * count), array("i", range(count)), array("i", range(count))),
        0,
        count,
    )


class GatedModel:
    """Doubles names; remembers its runs, and waits at the gate before each."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.began = threading.Event()
        self.runs: list[tuple[int, list[int]]] = []

    def __call__(self, rows: Sequence[TokenWindow], width: int) -> Rows:
        self.began.set()
        self.gate.wait(10)
        names = [row.tokens.ids[0] for row in rows]
        self.runs.append((width, names))
        if POISON in names:
            msg = "poisoned"
            raise ArithmeticError(msg)
        return [np.array([[2 * name] for name in names], dtype=np.float32)]


def batched(model: GatedModel, threads: ModelThreadPool | None = None) -> BatchedModel[int]:
    return BatchedModel(
        model, lambda _, outputs: [int(row[0]) for row in outputs[0]], threads or ModelThreadPool(1)
    )


async def queued(
    model: GatedModel, shared: BatchedModel[int], calls: Sequence[Sequence[TokenWindow]]
) -> list[asyncio.Task[list[int]]]:
    """Calls that wait behind a first run which has begun."""
    first = asyncio.create_task(shared.run([window(0)]))
    await asyncio.to_thread(model.began.wait, 10)
    tasks = [asyncio.create_task(shared.run(call)) for call in calls]
    for _ in range(3):
        await asyncio.sleep(0)
    return [first, *tasks]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.tuples(st.integers(0, 999), st.sampled_from(WIDTHS)), max_size=30), max_size=30))
async def test_everybody_gets_their_own_results_in_order(calls: list[list[tuple[int, int]]]) -> None:
    model = GatedModel()
    model.gate.set()
    shared = batched(model, THREE)
    found = await asyncio.gather(
        *(shared.run([window(name, width) for name, width in call]) for call in calls)
    )
    assert found == [[2 * name for name, _ in call] for call in calls]
    assert all(len(names) <= MAX_WINDOWS and len(names) * width <= MAX_TOKENS for width, names in model.runs)


async def test_what_waits_together_runs_together_by_length() -> None:
    model = GatedModel()
    tasks = await queued(model, batched(model), [[window(1)], [window(2, 64)], [window(3)], [window(4, 64)]])
    model.gate.set()
    await asyncio.gather(*tasks)
    assert model.runs == [(16, [0]), (16, [1, 3]), (64, [2, 4])]


async def test_a_long_text_does_not_keep_short_ones_waiting() -> None:
    model = GatedModel()
    tasks = await queued(
        model, batched(model), [[window(9, 128)] * 40, *([window(name)] for name in range(1, 4))]
    )
    model.gate.set()
    await asyncio.gather(*tasks)
    assert model.runs[1] == (16, [1, 2, 3])
    assert model.runs[2] == (128, [9, 9])


async def test_a_long_text_gets_its_share_beside_any_number_of_short_ones() -> None:
    model = GatedModel()
    tasks = await queued(
        model,
        batched(model),
        [[window(9, 128)] * 20, *([window(name, 64)] * MAX_SHORT_CALL_WINDOWS for name in range(10, 30))],
    )
    model.gate.set()
    await asyncio.gather(*tasks)
    places = [index for index, (_, names) in enumerate(model.runs) if 9 in names]
    assert places[0] <= 1 + SHORT_RUNS
    assert all(after - before <= SHORT_RUNS + 1 for before, after in pairwise(places))


async def test_long_texts_that_wait_in_front_of_the_queue_keep_no_short_one_out() -> None:
    model = GatedModel()
    tasks = await queued(
        model, batched(model), [*([window(9, 128)] * 20 for _ in range(MAX_CALLS + 50)), [window(1)]]
    )
    model.gate.set()
    assert await tasks[-1] == [2]
    assert [names for _, names in model.runs].index([1]) <= 1
    for task in tasks[1:-1]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class GateForSome:
    """Doubles names; runs with a window of these names wait at the gate, and are counted."""

    def __init__(self, names: Sequence[int]) -> None:
        self.gate = threading.Event()
        self.waiting = threading.Semaphore(0)
        self._names = names

    def __call__(self, rows: Sequence[TokenWindow], width: int) -> Rows:
        del width
        names = [row.tokens.ids[0] for row in rows]
        if set(names) & set(self._names):
            self.waiting.release()
            self.gate.wait(10)
        return [np.array([[2 * name] for name in names], dtype=np.float32)]


def batched_in_two(run: GateForSome) -> BatchedModel[int]:
    return BatchedModel(run, lambda _, outputs: [int(row[0]) for row in outputs[0]], ModelThreadPool(2))


async def test_a_short_call_does_not_wait_for_the_end_of_any_long_run() -> None:
    model = GateForSome([9])
    shared = batched_in_two(model)
    long = [asyncio.create_task(shared.run([window(9, 128)] * 40)) for _ in range(3)]
    for _ in range(2):
        await asyncio.to_thread(model.waiting.acquire, timeout=10)

    found = await asyncio.gather(*(shared.run([window(name)]) for name in range(1, 20)))

    assert found == [[2 * name] for name in range(1, 20)]
    assert not any(task.done() for task in long)
    model.gate.set()
    assert await asyncio.gather(*long) == [[18] * 40] * 3


async def test_a_long_call_ends_beside_short_calls_that_never_leave_their_threads() -> None:
    model = GateForSome([1])
    shared = batched_in_two(model)
    short = [asyncio.create_task(shared.run([window(1)])) for _ in range(50)]
    for _ in range(2):
        await asyncio.to_thread(model.waiting.acquire, timeout=10)

    assert await shared.run([window(9, 128)] * 40) == [18] * 40

    assert not any(task.done() for task in short)
    model.gate.set()
    assert await asyncio.gather(*short) == [[2]] * 50


async def test_windows_of_a_long_call_are_never_in_a_run_of_short_ones() -> None:
    model = GatedModel()
    shared = batched(model, ModelThreadPool(2))
    tasks = [
        asyncio.create_task(shared.run([window(name, 128)] * count)) for name, count in ((9, 40), (1, 8))
    ]
    await asyncio.to_thread(model.began.wait, 10)
    model.gate.set()
    await asyncio.gather(*tasks)

    assert all(len(set(names)) == 1 for _, names in model.runs)


async def test_two_threads_run_windows_of_one_text_and_they_stay_in_order() -> None:
    together = threading.Barrier(2, timeout=10)

    def run(rows: Sequence[TokenWindow], width: int) -> Rows:
        del width
        names = [row.tokens.ids[0] for row in rows]
        together.wait()
        time.sleep(0.02 if 1 in names else 0)
        return [np.array([[2 * name] for name in names], dtype=np.float32)]

    shared: BatchedModel[int] = BatchedModel(
        run, lambda _, outputs: [int(row[0]) for row in outputs[0]], ModelThreadPool(2)
    )
    texts = [[window(name, 128) for name in names] for names in (range(1, 8), range(11, 18))]
    assert await asyncio.gather(*map(shared.run, texts)) == [
        [2 * name for name in names] for names in (range(1, 8), range(11, 18))
    ]


async def test_a_model_with_much_to_do_lets_the_other_one_in() -> None:
    threads, busy, order = ModelThreadPool(1), GatedModel(), list[str]()

    def other(rows: Sequence[TokenWindow], width: int) -> Rows:
        order.extend(["busy"] * len(busy.runs) + ["other"])
        return busy(rows, width)

    tasks = await queued(busy, batched(busy, threads), [[window(1, 128)] * 40])
    late = asyncio.create_task(
        BatchedModel(other, lambda _, outputs: [len(outputs[0])], threads).run([window(2)])
    )
    for _ in range(3):
        await asyncio.sleep(0)
    busy.gate.set()
    assert await late == [1]
    assert order == ["busy", "other"]
    await asyncio.gather(*tasks)


async def test_a_cancelled_call_leaves_the_queue_and_the_others_are_served() -> None:
    model = GatedModel()
    _, gone, stays = tasks = await queued(model, batched(model), [[window(1)] * 20, [window(2)]])
    gone.cancel()
    await asyncio.sleep(0)
    model.gate.set()
    assert await stays == [4]
    assert await tasks[0] == [0]
    assert all(1 not in names for _, names in model.runs)


async def test_an_error_reaches_the_caller_whose_window_raised_it_and_the_next_call_is_served() -> None:
    model = GatedModel()
    shared = batched(model)
    tasks = await queued(model, shared, [[window(1)], [window(POISON), window(5)], [window(2)]])
    model.gate.set()
    first, one, poisoned, two = await asyncio.gather(*tasks, return_exceptions=True)
    assert (first, one, two) == ([0], [2], [4])
    assert isinstance(poisoned, ArithmeticError)
    assert await shared.run([window(7)]) == [14]


async def test_calls_beyond_the_queue_wait_in_front_of_it() -> None:
    model = GatedModel()
    shared = batched(model)
    tasks = await queued(model, shared, [[window(name)] for name in range(MAX_CALLS + 50)])
    waiting = len(shared._queue)  # pyright: ignore[reportPrivateUsage] - how long it is shows nowhere else
    model.gate.set()
    await asyncio.gather(*tasks)
    assert waiting < MAX_CALLS


async def test_a_call_without_windows_asks_nobody() -> None:
    model = GatedModel()
    assert await batched(model).run([]) == []
    assert model.runs == []


def test_a_caller_whose_event_loop_is_gone_harms_nobody() -> None:
    model = GatedModel()
    shared = batched(model)

    async def leave() -> None:
        await asyncio.wait_for(shared.run([window(1)]), timeout=0.01)

    with pytest.raises(TimeoutError):
        asyncio.run(leave())
    model.gate.set()
    assert asyncio.run(shared.run([window(2)])) == [4]
