"""Requests per second and added latency of Weir, with the LiteLLM proxy beside it, against one stub provider of fixed latency.

    python benchmarks/pipeline.py [--rate 50] [--seconds 20] [--latency-ms 50] [--without-litellm]

Starts its own stack (ports 24080 and up, loopback only) in a temporary folder, and LiteLLM with one worker in an environment of its own
(installed on the first run, kept under the cache folder). Prints ratios; asserts nothing.
"""

import argparse
import asyncio
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import aiohttp
import clickhouse_connect
import httpx
import psutil

from weir.local.clickhouse.access import DatabaseUser, address
from weir.local.folders import cache_folder
from weir.stack.secrets import tenant_key

STUB, GATEWAY, CLICKHOUSE, LITELLM = 24081, 24080, 24123, 24090
CONFIG = """
home: {home}
kafka: {{port: 24092}}
clickhouse: {{port: 24123}}
model: {{enabled: false}}
gateway: {{port: 24080}}
metrics_port: 24464
providers:
  - {{name: stub, base_url: "http://127.0.0.1:24081/v1"}}
routes:
  - name: small
    max_output_tokens: 64
    candidates: [{{provider: stub, model: tiny, timeout_s: 60, max_attempts: 1}}]
tenants:
  - {{name: acme, budget: {{monthly_usd: "100000.00", requests_per_minute: 100000, burst: 100000}}}}
prices:
  - {{name: stub/tiny, version: 1, valid_from: 2026-01-01T00:00:00Z, input_usd_per_mtok: "0.5", output_usd_per_mtok: "1.5"}}
"""
LITELLM_CONFIG = """
model_list:
  - model_name: small
    litellm_params: {model: openai/tiny, api_base: "http://127.0.0.1:24081/v1", api_key: none}
litellm_settings: {telemetry: false}
general_settings: {master_key: KEY}
"""
LITELLM_KEY = "sk-" + secrets.token_hex(16)
NUMBERS = count()
READY_S = 180.0
WARM_UP_S = 5.0
PARTS = (
    "services.gateway",
    "weir.worker guard",
    "weir.worker meter",
    "weir.worker evaluator",
    "weir.worker watch",
    "kafka.Kafka",
    "clickhouse",
    "stub",
)


def body() -> dict[str, object]:
    """A request that was not sent before."""
    text = f"Where is my parcel? The order {next(NUMBERS)} is two days late."
    return {"model": "small", "messages": [{"role": "user", "content": text}], "max_tokens": 32}


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which that share lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def paced(url: str, headers: dict[str, str], rate: float, seconds: float) -> list[float]:
    """Latencies in ms of calls that start at a fixed rate, whatever the answers take."""
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
    """Answers per second with so many callers that each send the next request when the last is answered."""
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
def process(command: Sequence[str], url: str, log: Path, **variables: str) -> Generator[None]:
    """A server that answers at `url`."""
    with log.open("wb") as output:
        started = subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, **variables})
    try:
        deadline = time.monotonic() + READY_S
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


@contextmanager
def weir(folder: Path) -> Generator[dict[str, str]]:
    """A running stack; gives the caller's headers."""
    config = folder / "weir.yaml"
    config.write_text(CONFIG.format(home=folder / "home"))
    subprocess.run(
        [sys.executable, "-m", "weir", "up", "--detach", "--config", str(config)],
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=300,
    )
    try:
        yield {"Authorization": f"Bearer {tenant_key(folder / 'home', 'acme')}"}
    finally:
        subprocess.run(
            [sys.executable, "-m", "weir", "down", "--config", str(config)],
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=120,
        )


def litellm() -> Path:
    """LiteLLM's proxy in an environment of its own."""
    folder = cache_folder() / "litellm"
    binary = folder / "bin" / "litellm"
    if not binary.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        uv = Path(sys.executable).with_name("uv")
        subprocess.run(
            [
                str(uv),
                "pip",
                "install",
                "--quiet",
                "--python",
                str(folder / "bin" / "python"),
                "litellm[proxy]",
            ],
            check=True,
        )
    return binary


def report(name: str, direct: Sequence[float], latencies: Sequence[float], throughput: float) -> None:
    """One system's line."""
    added = [quantile(latencies, share) - quantile(direct, share) for share in (0.5, 0.99)]
    print(
        f"{name:10} p50 {quantile(latencies, 0.5):7.1f} ms  p99 {quantile(latencies, 0.99):7.1f} ms  added p50 {added[0]:6.1f}  p99 {added[1]:6.1f}  "
        f"flood {throughput:6.1f}/s"
    )


def by_stage(home: Path) -> None:
    """Where Weir's time goes, from its own events, and the CPU of each process."""
    client = clickhouse_connect.get_client(dsn=address(home, CLICKHOUSE, DatabaseUser.ANALYST))
    sql = "SELECT stage, requests, p50_ms, p99_ms FROM weir.latency_by_stage ORDER BY p50_ms"
    for row in client.query(sql).result_rows:
        print(f"    {row[0]:10} n={row[1]:6} p50 {row[2]:6} ms  p99 {row[3]:6} ms")


def cpu(names: Sequence[str]) -> dict[str, float]:
    """CPU seconds so far of the processes whose command holds a name."""
    used: dict[str, float] = {}
    for one in psutil.process_iter(["cmdline"]):
        command = " ".join(one.info["cmdline"] or ())
        for name in names:
            if name in command and "24" in command + str(
                one.environ().get("WEIR_METRICS_PORT", "24") if psutil.pid_exists(one.pid) else ""
            ):
                used[name] = used.get(name, 0.0) + sum(one.cpu_times()[:2])
                break
    return used


def arguments() -> argparse.Namespace:
    """What to measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--latency-ms", type=float, default=50)
    parser.add_argument("--callers", type=int, default=64)
    parser.add_argument("--without-litellm", action="store_true")
    return parser.parse_args()


def measure_weir(chosen: argparse.Namespace, folder: Path, direct: Sequence[float]) -> float:
    """Weir's line, with its stages and processes; gives its answers per second when flooded."""
    with weir(folder) as headers:
        url = f"http://127.0.0.1:{GATEWAY}/v1/chat/completions"
        asyncio.run(paced(url, headers, chosen.rate, WARM_UP_S))
        before = cpu(PARTS)
        latencies = asyncio.run(paced(url, headers, chosen.rate, chosen.seconds))
        used = {
            part: round((seconds - before.get(part, 0)) * 1000 / len(latencies), 2)
            for part, seconds in cpu(PARTS).items()
        }
        time.sleep(3)
        by_stage(folder / "home")
        print(f"    CPU ms per request: {used}, together {sum(used.values()):.1f}")
        throughput = asyncio.run(flooded(url, headers, chosen.seconds / 2, chosen.callers))
        report("weir", direct, latencies, throughput)
        return throughput


def measure_litellm(chosen: argparse.Namespace, folder: Path, direct: Sequence[float]) -> float:
    """LiteLLM's line; gives its answers per second when flooded."""
    (folder / "litellm.yaml").write_text(LITELLM_CONFIG.replace("KEY", LITELLM_KEY))
    command = [
        str(litellm()),
        "--config",
        str(folder / "litellm.yaml"),
        "--port",
        str(LITELLM),
        "--host",
        "127.0.0.1",
        "--num_workers",
        "1",
    ]
    url, key = f"http://127.0.0.1:{LITELLM}", {"Authorization": f"Bearer {LITELLM_KEY}"}
    with process(
        command,
        f"{url}/health/liveliness",
        folder / "litellm.log",
        NO_PROXY="*",
        LITELLM_LOCAL_MODEL_COST_MAP="True",
    ):
        asyncio.run(paced(f"{url}/v1/chat/completions", key, chosen.rate, WARM_UP_S))
        latencies = asyncio.run(paced(f"{url}/v1/chat/completions", key, chosen.rate, chosen.seconds))
        throughput = asyncio.run(
            flooded(f"{url}/v1/chat/completions", key, chosen.seconds / 2, chosen.callers)
        )
        report("litellm", direct, latencies, throughput)
        return throughput


def main() -> None:
    """Measure both, print both."""
    chosen = arguments()
    with tempfile.TemporaryDirectory(prefix="weir-pipeline-") as name:
        folder = Path(name)
        command = [
            sys.executable,
            "-m",
            "weir.local.stub_provider",
            "--port",
            str(STUB),
            "--latency-ms",
            str(chosen.latency_ms),
        ]
        with process(command, f"http://127.0.0.1:{STUB}/health", folder / "stub.log"):
            direct = asyncio.run(
                paced(f"http://127.0.0.1:{STUB}/v1/chat/completions", {}, chosen.rate, chosen.seconds)
            )
            print(
                f"{chosen.rate:.0f} requests/s for {chosen.seconds:.0f} s, provider {chosen.latency_ms:.0f} ms; flood with {chosen.callers} callers"
            )
            print(f"{'direct':10} p50 {quantile(direct, 0.5):7.1f} ms  p99 {quantile(direct, 0.99):7.1f} ms")
            ours = measure_weir(chosen, folder, direct)
            if not chosen.without_litellm:
                theirs = measure_litellm(chosen, folder, direct)
                print(f"throughput Weir / LiteLLM: {ours / theirs:.2f}")


if __name__ == "__main__":
    main()
