"""Measures throughput and added latency of Weir and of the LiteLLM proxy, against one stub provider.

    python benchmarks/pipeline.py [--rate 50] [--seconds 20] [--latency-ms 50] [--without-litellm]

Starts its own stack (ports 24080 and up, loopback only) in a temporary folder, and LiteLLM with one worker in
its own environment (installed on the first run, kept in the cache folder). Prints ratios; asserts nothing.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import clickhouse_connect
import psutil

from benchmarks.litellm_proxy import measure_litellm
from benchmarks.load import WARM_UP_S, Load, flooded, paced, report, server
from benchmarks.results import quantile
from weir.local.clickhouse.access import DatabaseUser, address
from weir.stack.secrets import tenant_key

STUB, GATEWAY, CLICKHOUSE = 24081, 24080, 24123
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
  - {{name: stub/tiny, version: 1, valid_from: 2026-01-01T00:00:00Z,
      input_usd_per_mtok: "0.5", output_usd_per_mtok: "1.5"}}
"""
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


@contextmanager
def weir(folder: Path) -> Generator[dict[str, str]]:
    """Start a stack; yields the headers of a caller."""
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


def by_stage(home: Path) -> None:
    """Print the latency of each stage, from the completions in ClickHouse."""
    client = clickhouse_connect.get_client(dsn=address(home, CLICKHOUSE, DatabaseUser.ANALYST))
    sql = "SELECT stage, requests, p50_ms, p99_ms FROM weir.latency_by_stage ORDER BY p50_ms"
    for row in client.query(sql).result_rows:
        print(f"    {row[0]:10} n={row[1]:6} p50 {row[2]:6} ms  p99 {row[3]:6} ms")


def cpu(names: Sequence[str]) -> dict[str, float]:
    """CPU seconds so far of this stack's processes, by the name that their command contains."""
    used: dict[str, float] = {}
    for running in psutil.process_iter(["cmdline"]):
        command = " ".join(running.info["cmdline"] or ())
        name = next((name for name in names if name in command), None)
        if name is not None and _is_ours(running, command):
            used[name] = used.get(name, 0.0) + sum(running.cpu_times()[:2])
    return used


def _is_ours(running: psutil.Process, command: str) -> bool:
    """Whether a process has a port of this benchmark in its command or environment."""
    metrics_port = running.environ().get("WEIR_METRICS_PORT", "24") if psutil.pid_exists(running.pid) else ""
    return "24" in command + str(metrics_port)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--latency-ms", type=float, default=50)
    parser.add_argument("--callers", type=int, default=64)
    parser.add_argument("--without-litellm", action="store_true")
    return parser.parse_args()


def measure_weir(chosen: argparse.Namespace, folder: Path, direct: Sequence[float]) -> float:
    """Print the result of Weir with its stages and processes; returns answers per second when flooded."""
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


def main() -> None:
    """Measure Weir and LiteLLM, and print their results."""
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
        with server(command, f"http://127.0.0.1:{STUB}/health", folder / "stub.log"):
            direct = asyncio.run(
                paced(f"http://127.0.0.1:{STUB}/v1/chat/completions", {}, chosen.rate, chosen.seconds)
            )
            print(
                f"{chosen.rate:.0f} requests/s for {chosen.seconds:.0f} s, "
                f"provider {chosen.latency_ms:.0f} ms; flood with {chosen.callers} callers"
            )
            print(f"{'direct':10} p50 {quantile(direct, 0.5):7.1f} ms  p99 {quantile(direct, 0.99):7.1f} ms")
            ours = measure_weir(chosen, folder, direct)
            if not chosen.without_litellm:
                theirs = measure_litellm(Load(chosen.rate, chosen.seconds, chosen.callers), folder, direct)
                print(f"throughput Weir / LiteLLM: {ours / theirs:.2f}")


if __name__ == "__main__":
    main()
