"""Sends chat requests at a fixed rate or from a number of callers, and reports latencies and throughput."""

import asyncio
import os
import subprocess
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import aiohttp
import httpx

from benchmarks.results import quantile

NUMBERS = count()
READY_TIMEOUT_S = 180.0
WARM_UP_S = 5.0


@dataclass(frozen=True, slots=True)
class Load:
    """Requests a second for a number of seconds, and the callers of a flood."""

    rate: float
    seconds: float
    callers: int


def body() -> dict[str, object]:
    """A chat request with a text that was not sent before."""
    text = f"Where is my parcel? The order {next(NUMBERS)} is two days late."
    return {"model": "small", "messages": [{"role": "user", "content": text}], "max_tokens": 32}


async def paced(url: str, headers: dict[str, str], rate: float, seconds: float) -> list[float]:
    """Latencies in ms of calls that start at a fixed rate, however long the answers take."""
    latencies: list[float] = []
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=500), timeout=aiohttp.ClientTimeout(60)
    ) as client:

        async def call(at: float) -> None:
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
            started = time.perf_counter()
            async with client.post(url, json=body(), headers=headers) as response:
                response.raise_for_status()
                await response.read()
            latencies.append((time.perf_counter() - started) * 1000)

        begin = time.perf_counter() + 0.2
        await asyncio.gather(*(call(begin + number / rate) for number in range(int(rate * seconds))))
    return latencies


async def flooded(url: str, headers: dict[str, str], seconds: float, callers: int) -> float:
    """Answers per second if each caller sends its next request when the last one is answered."""
    done, until = 0, time.perf_counter() + seconds

    async def caller(client: aiohttp.ClientSession) -> int:
        answers = 0
        while time.perf_counter() < until:
            async with client.post(url, json=body(), headers=headers) as response:
                response.raise_for_status()
                await response.read()
            answers += 1
        return answers

    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=callers), timeout=aiohttp.ClientTimeout(60)
    ) as client:
        done = sum(await asyncio.gather(*(caller(client) for _ in range(callers))))
    return done / seconds


@contextmanager
def server(command: Sequence[str], url: str, log: Path, **variables: str) -> Generator[None]:
    """Run a server until the context ends; waits until it answers at `url`."""
    with log.open("wb") as output:
        started = subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, **variables})
    try:
        deadline = time.monotonic() + READY_TIMEOUT_S
        while time.monotonic() < deadline:
            try:
                httpx.get(url, timeout=1, trust_env=False)
                break
            except httpx.HTTPError:
                time.sleep(0.2)
        yield
    finally:
        started.terminate()
        started.wait(20)


def report(name: str, direct: Sequence[float], latencies: Sequence[float], throughput: float) -> None:
    """Print the latencies, what they add to the direct ones, and the throughput of a system."""
    added = [quantile(latencies, share) - quantile(direct, share) for share in (0.5, 0.99)]
    print(
        f"{name:10} p50 {quantile(latencies, 0.5):7.1f} ms  p99 {quantile(latencies, 0.99):7.1f} ms  "
        f"added p50 {added[0]:6.1f}  p99 {added[1]:6.1f}  "
        f"flood {throughput:6.1f}/s"
    )
