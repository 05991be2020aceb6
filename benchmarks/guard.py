"""Times the guard's input scanners; compare ratios, best on otherwise idle cores.

    python benchmarks/guard.py [--models FOLDER] [--tokens 30 200] [--no-rivals] [--worst]

For texts of 30, 200 and 2,000 tokens and all detectors together, as in the service: an idle screener (one
text at a time, p50), a saturated one (many at a time), the same windows in bare onnxruntime in full batches
(one thread a model), and other products. No two texts are alike, so no result comes from a cache. On a busy
machine read CPU-ms and p10. `--worst` only measures the rules on their worst texts: CPU a KB, and whether it
grows with the length of the text.
"""

import argparse
import asyncio
import platform
import statistics
import sys
import threading
import time
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
import onnxruntime as ort

from benchmarks.guard_rivals import rivals
from benchmarks.guard_texts import texts
from benchmarks.guard_worst import worst
from services.guard.adapters.batched_model import MAX_TOKENS, MAX_WINDOWS
from services.guard.adapters.model_files import open_folder
from services.guard.adapters.onnx_ner import padded
from services.guard.adapters.windows import WindowTokenizer, windows
from services.guard.app import offline_screener
from services.guard.domain.types import ScreeningContext, TextSegment
from services.guard.screener import Screener
from services.guard.settings import MODELS, GuardSettings
from streaming.seal.seal import new_key

COUNTS = {30: 1_500, 200: 200, 2_000: 32}
IDLE = 43
AT_ONCE = 64
TARGET_P50_MS, TARGET_PER_S, TARGET_SHARE = 10.0, 200.0, 0.9


async def idle(screener: Screener, prompts: Sequence[str]) -> list[float]:
    """Milliseconds of each text, one text at a time."""
    took: list[float] = []
    for prompt in prompts:
        started = time.perf_counter()
        await screener.screen([TextSegment(prompt)], ScreeningContext("input"))
        took.append(1000 * (time.perf_counter() - started))
    return took


async def saturated(screener: Screener, prompts: Sequence[str]) -> tuple[float, float, float]:
    """Texts a second with many at a time, CPU-ms a text, and the share that needed the encoder."""
    gate = asyncio.Semaphore(AT_ONCE)
    tiers: list[str | None] = []

    async def screen(prompt: str) -> None:
        async with gate:
            tiers.append(
                (await screener.screen([TextSegment(prompt)], ScreeningContext("input"))).verdict.tier
            )

    started, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(screen(prompt) for prompt in prompts))
    wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    return len(prompts) / wall, 1000 * cpu / len(prompts), tiers.count("model") / len(tiers)


async def bare(folders: Sequence[Path], prompts: Sequence[str]) -> tuple[float, float]:
    """Texts a second and CPU-ms a text of bare onnxruntime on prepared full batches, one thread a model."""
    work: list[tuple[ort.InferenceSession, list[dict[str, np.ndarray]]]] = []
    for folder in folders:
        files = open_folder(folder)
        cutter = WindowTokenizer(files.tokenizer(), keeps_offsets=False)
        rows = sorted(
            (row for tokens in await cutter.tokens(prompts) for row in windows(tokens)),
            key=lambda row: row.width,
        )
        feeds: list[dict[str, np.ndarray]] = []
        session = files.session()
        names = {node.name for node in session.get_inputs()}
        for width, group in groupby(rows, key=lambda row: row.width):
            members = list(group)
            size = min(MAX_WINDOWS, max(1, MAX_TOKENS // width))
            for start in range(0, len(members), size):
                ids, mask = padded(members[start : start + size], width, cutter)
                feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
                feeds.append({name: values for name, values in feed.items() if name in names})
        session.run(None, feeds[0])
        work.append((session, feeds))

    def run(session: ort.InferenceSession, feeds: Sequence[dict[str, np.ndarray]]) -> None:
        for feed in feeds:
            session.run(None, feed)

    threads = [threading.Thread(target=run, args=batches) for batches in work]
    started, cpu = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        await asyncio.to_thread(thread.join)
    return len(prompts) / (time.perf_counter() - started), 1000 * (time.process_time() - cpu) / len(prompts)


async def measured(screener: Screener, folders: Sequence[Path], tokens: int) -> list[str]:
    """The result lines for texts of one length."""
    prompts = texts(open_folder(folders[0]).tokenizer(), tokens, COUNTS[tokens] + IDLE)
    single, many = prompts[:IDLE], prompts[IDLE:]
    await idle(screener, single[:3])
    took = sorted(await idle(screener, single[3:]))
    per_s, cpu_ms, model_share = await saturated(screener, many)
    bare_per_s, bare_ms = await bare(folders, many)
    p10, p50, p95 = took[len(took) // 10], statistics.median(took), took[int(0.95 * len(took))]
    lines = [
        f"{tokens} tokens, idle: p10 {p10:.2f} ms, p50 {p50:.2f} ms, p95 {p95:.2f} ms",
        (
            f"{tokens} tokens, {AT_ONCE} at a time: {per_s:.1f} texts/s, {cpu_ms:.2f} CPU-ms a text; "
            f"the encoder ran for {model_share:.0%}"
        ),
        (
            f"{tokens} tokens, bare onnxruntime with all windows of both models: "
            f"{bare_per_s:.1f} texts/s, {bare_ms:.2f} CPU-ms a text"
        ),
        (
            f"{tokens} tokens, beside bare onnxruntime: texts/s {per_s / bare_per_s:.2f}, "
            f"CPU {bare_ms / cpu_ms:.2f} (wanted {TARGET_SHARE})"
        ),
    ]
    if tokens == 30:
        lines.append(
            f"30 tokens: wanted p50 {TARGET_P50_MS} ms: ratio {p50 / TARGET_P50_MS:.2f}; "
            f"wanted {TARGET_PER_S}/s: {per_s / TARGET_PER_S:.2f}"
        )
    return lines


async def main() -> None:
    """Measure, and print figures and ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", type=Path, default=MODELS)
    parser.add_argument("--tokens", type=int, nargs="+", choices=COUNTS, default=list(COUNTS))
    parser.add_argument("--no-rivals", action="store_true")
    parser.add_argument("--worst", action="store_true", help="only the rules on their worst texts")
    chosen = parser.parse_args()
    print(
        f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, "
        f"onnxruntime {ort.__version__}, numpy {np.__version__}"
    )
    settings = GuardSettings.model_validate({"seal_key": new_key(), "guard_models": chosen.models})
    if chosen.worst:
        print("\n".join(await worst(settings)))
        return
    screener = offline_screener(settings)
    folders = [folder for name in ("rampart", "encoder") if (folder := chosen.models / name).exists()]
    for tokens in chosen.tokens:
        for line in await measured(screener, folders, tokens):
            print(line, flush=True)
    if not chosen.no_rivals:
        tokenizer = open_folder(folders[0]).tokenizer()
        for tokens in chosen.tokens:
            for line in rivals(texts(tokenizer, tokens, min(50, COUNTS[tokens]), seed=2)):
                print(f"{tokens} tokens, {line}", flush=True)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
