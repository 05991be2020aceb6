"""Screens 200,000 texts and watches the memory of the process.

    python benchmarks/guard_soak.py [--texts N] [--models FOLDER]

Most texts are short, some are long, and one in ten is repeated; many at a time with all detectors, as in the
service. Prints the resident memory in ten steps, and the last step relative to the second (the first one
still loads): a leak of 100 bytes a text would show.
"""

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from benchmarks.guard_texts import sentences
from services.guard.app import offline_screener
from services.guard.domain.types import ScreeningContext, TextSegment
from services.guard.screener import Screener
from services.guard.settings import MODELS, GuardSettings
from streaming.seal.seal import new_key

AT_ONCE = 64
STEPS = 10
MIB = 2**20


def prompts(count: int) -> Iterator[str]:
    """Texts of which one in 500 has 40 sentences and one in ten repeats the previous text."""
    chosen, source, last = random.Random(3), sentences(3), "hello"
    for number in range(count):
        if chosen.random() < 0.9:
            last = " ".join(next(source) for _ in range(40 if number % 500 == 0 else 1))
        yield last


async def soak(screener: Screener, count: int) -> list[float]:
    """Mean resident memory of each step in MiB."""
    process, source = psutil.Process(), prompts(count)
    means: list[float] = []
    started = time.perf_counter()
    for step in range(STEPS):
        seen: list[float] = []
        for _ in range(max(1, count // STEPS // AT_ONCE)):
            batch = [text for _, text in zip(range(AT_ONCE), source, strict=False)]
            await asyncio.gather(
                *(screener.screen([TextSegment(text)], ScreeningContext("input")) for text in batch)
            )
            seen.append(process.memory_info().rss / MIB)
        means.append(sum(seen) / len(seen))
        print(
            f"{(step + 1) * 100 // STEPS} %: {means[-1]:.1f} MiB, {time.perf_counter() - started:.0f} s",
            flush=True,
        )
    return means


async def main() -> None:
    """Print the memory step by step."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--texts", type=int, default=200_000)
    parser.add_argument("--models", type=Path, default=MODELS)
    chosen = parser.parse_args()
    settings = GuardSettings.model_validate({"seal_key": new_key(), "guard_models": chosen.models})
    means = await soak(offline_screener(settings), chosen.texts)
    print(
        f"memory of the last tenth over the first: {means[-1] / means[0]:.3f}; "
        f"over the second: {means[-1] / means[1]:.3f}"
    )


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
