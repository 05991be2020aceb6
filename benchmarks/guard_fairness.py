"""Measures what ten short callers wait alone, and beside one caller of prompts of 100,000 characters.

    python benchmarks/guard_fairness.py [--stack | --cost] [--seconds 10] [--rounds 3] [--pause-ms 0 100]

Each caller sends its next text when the last one is done, after a pause: without a pause the short callers
alone use all cores, with one they use a part. Alone and beside alternate in rounds of one run. Prints the
quantiles and their ratios, and asserts nothing. `--stack` measures over HTTP through a whole stack (its own
Kafka and a fast stub provider, ports 24080 and up); without it, the screener alone. `--cost` prints what one
long prompt costs: CPU by 1,000 tokens, and memory. No two texts are alike.
"""

import argparse
import asyncio
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import aiohttp
import psutil

from benchmarks.guard_texts import sentences
from benchmarks.load import server
from benchmarks.pipeline import GATEWAY, STUB, weir
from benchmarks.results import quantile
from services.guard.adapters.batched_model import ModelThreadPool
from services.guard.adapters.model_files import open_folder
from services.guard.adapters.onnx_encoder import OnnxEncoder
from services.guard.adapters.onnx_ner import OnnxNer
from services.guard.app import offline_screener
from services.guard.domain.types import ScreeningContext, TextSegment
from services.guard.settings import MODELS, GuardSettings
from streaming.seal.seal import new_key

SHORT_CALLERS = 10
LONG_CHARS = 100_000
WARM_UP_S = 3.0
MAX_SECONDS = 120.0
"""Of one part that waits for the end of a long text."""
SEEDS = count(1)

Send = Callable[[str], Awaitable[None]]


@dataclass(slots=True)
class Waits:
    """The milliseconds that short and long texts took."""

    short: list[float] = field(default_factory=list[float])
    long: list[float] = field(default_factory=list[float])
    seconds: float = 0.0
    """How long the callers were at it."""


def short_texts() -> Iterator[str]:
    """Sentences of some 20 tokens, each with a number of its own."""
    return (f"{sentence} ({next(SEEDS)})" for sentence in sentences(next(SEEDS)))


def long_texts() -> Iterator[str]:
    """Prompts of LONG_CHARS characters."""
    while True:
        source, text = sentences(next(SEEDS)), f"Letter {next(SEEDS)}."
        parts, chars = [text], len(text)
        while chars < LONG_CHARS:
            parts.append(next(source))
            chars += len(parts[-1]) + 1
        yield " ".join(parts)[:LONG_CHARS]


async def call_repeatedly(send: Send, texts: Iterator[str], pause_s: float, took: list[float]) -> None:
    """Send one text after the other, and note the milliseconds of each, until cancelled."""
    for text in texts:
        started = time.perf_counter()
        await send(text)
        took.append(1000 * (time.perf_counter() - started))
        await asyncio.sleep(pause_s)


async def waits(send: Send, seconds: float, pause_s: float, *, long_callers: int) -> Waits:
    """What each text took while all callers send for a number of seconds, or until a long text is done."""
    took, started = Waits(), time.perf_counter()
    short = [(short_texts(), pause_s, took.short)] * SHORT_CALLERS
    tasks = [
        asyncio.create_task(call_repeatedly(send, *caller))
        for caller in [*short, *[(long_texts(), 0.0, took.long)] * long_callers]
    ]
    await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
    while long_callers and not took.long and time.perf_counter() - started < MAX_SECONDS:
        await asyncio.wait(tasks, timeout=1.0, return_when=asyncio.FIRST_EXCEPTION)
    took.seconds = time.perf_counter() - started
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task
    return took


def line(name: str, took: Sequence[float], seconds: float) -> str:
    """The quantiles of one kind of texts."""
    if not took:
        return f"{name:22} none was done"
    p50, p99 = quantile(took, 0.5), quantile(took, 0.99)
    return (
        f"{name:22} {len(took) / seconds:7.2f}/s   p50 {p50:8.1f} ms   p99 {p99:8.1f} ms   "
        f"longest {max(took):8.1f} ms"
    )


async def compare(send: Send, seconds: float, rounds: int, pause_s: float) -> None:
    """Alternate between alone and beside, and print both with their ratios."""
    await waits(send, WARM_UP_S, pause_s, long_callers=0)
    alone, beside, ratios = Waits(), Waits(), list[float]()
    for _ in range(rounds):
        single = await waits(send, seconds, pause_s, long_callers=0)
        mixed = await waits(send, seconds, pause_s, long_callers=1)
        alone.short += single.short
        beside.short += mixed.short
        beside.long += mixed.long
        alone.seconds += single.seconds
        beside.seconds += mixed.seconds
        ratios.append(quantile(mixed.short, 0.99) / quantile(single.short, 0.99))
    print(f"pause {1000 * pause_s:.0f} ms")
    print(line("  short alone", alone.short, alone.seconds))
    print(line("  short beside long", beside.short, beside.seconds))
    print(line("  long", beside.long, beside.seconds))
    p50, p99 = (quantile(beside.short, share) / quantile(alone.short, share) for share in (0.5, 0.99))
    by_round = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    print(f"  beside over alone: p50 {p50:.2f}, p99 {p99:.2f} (by round {by_round})", flush=True)


def thread_seconds() -> dict[str, float]:
    """CPU seconds of the threads of this process, by the name without its number."""
    names = {thread.native_id: thread.name.rsplit("_", 1)[0] for thread in threading.enumerate()}
    used: dict[str, float] = {}
    for thread in psutil.Process().threads():
        name = names.get(thread.id, "others")
        used[name] = used.get(name, 0.0) + thread.user_time + thread.system_time
    return used


async def measure_screener(chosen: argparse.Namespace) -> None:
    """Measure the screener in this process."""
    settings = GuardSettings.model_validate({"seal_key": new_key(), "guard_models": chosen.models})
    screener = offline_screener(settings)

    async def send(text: str) -> None:
        await screener.screen([TextSegment(text)], ScreeningContext("input"))

    for pause_ms in chosen.pause_ms:
        await compare(send, chosen.seconds, chosen.rounds, pause_ms / 1000)
    print("CPU seconds by thread:", {name: round(used, 1) for name, used in thread_seconds().items()})


async def cpu_seconds(work: Awaitable[object]) -> float:
    """CPU seconds of the process while something is awaited."""
    started = time.process_time()
    await work
    return time.process_time() - started


async def measure_cost(chosen: argparse.Namespace) -> None:
    """Print the CPU of one long prompt by 1,000 tokens, and the memory that the guard takes more for it."""
    settings = GuardSettings.model_validate({"seal_key": new_key(), "guard_models": chosen.models})
    screener, threads, text = offline_screener(settings), ModelThreadPool(1), next(long_texts())
    folders = {name: open_folder(chosen.models / name) for name in ("rampart", "encoder")}
    tokens = len(folders["rampart"].tokenizer().encode(text, add_special_tokens=False).ids)
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    whole_s = await cpu_seconds(screener.screen([TextSegment(text)], ScreeningContext("input")))
    more_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib) / 1024
    names_s = await cpu_seconds(OnnxNer(folders["rampart"], settings.guard_windows, threads).label([text]))
    encoder_s = await cpu_seconds(
        OnnxEncoder(folders["encoder"], settings.guard_windows, threads).encode([text])
    )
    print(f"one prompt of {len(text)} characters, {tokens} tokens: {more_mib:.0f} MiB more at its peak")
    for name, seconds in (
        ("all together", whole_s),
        ("names (rampart)", names_s),
        ("encoder", encoder_s),
        ("rules and all else", whole_s - names_s - encoder_s),
    ):
        print(f"  {name:20} {1e6 * seconds / tokens:7.1f} CPU-ms by 1,000 tokens")


async def measure_stack(chosen: argparse.Namespace, headers: dict[str, str]) -> None:
    """Measure over HTTP."""
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=100), timeout=aiohttp.ClientTimeout(180), headers=headers
    ) as client:

        async def send(text: str) -> None:
            body = {"model": "small", "messages": [{"role": "user", "content": text}], "max_tokens": 32}
            async with client.post(f"http://127.0.0.1:{GATEWAY}/v1/chat/completions", json=body) as response:
                response.raise_for_status()
                await response.read()

        for pause_ms in chosen.pause_ms:
            await compare(send, chosen.seconds, chosen.rounds, pause_ms / 1000)


def main() -> None:
    """Measure, and print quantiles and ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", type=Path, default=MODELS)
    parser.add_argument("--stack", action="store_true", help="through a whole stack, over HTTP")
    parser.add_argument("--cost", action="store_true", help="only what one long prompt costs")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pause-ms", type=float, nargs="+", default=[0.0, 100.0])
    chosen = parser.parse_args()
    if not chosen.stack:
        asyncio.run(measure_cost(chosen) if chosen.cost else measure_screener(chosen))
        return
    with tempfile.TemporaryDirectory(prefix="weir-fairness-") as name:
        folder = Path(name)
        command = [sys.executable, "-m", "weir.local.stub_provider", "--port", str(STUB), "--latency-ms", "1"]
        with (
            server(command, f"http://127.0.0.1:{STUB}/health", folder / "stub.log"),
            weir(folder) as headers,
        ):
            asyncio.run(measure_stack(chosen, headers))


if __name__ == "__main__":
    main()
