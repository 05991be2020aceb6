"""Kills parts of a running stack under traffic, then checks the balance and compares all costs.

    python benchmarks/chaos.py --kills 40 --broker-kills 10 --clickhouse-kills 10 --freezes 4 --requests 4000

Costs and tokens of each call are compared with the journal of the stub provider. Starts its own stack
(ports 23080 and up, loopback only) in a temporary folder and stops it.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import psutil
from confluent_kafka import Producer

from benchmarks.provider_journal import compare
from weir.config.file import load
from weir.stack.parts import clickhouse_url, environment

CONFIG = """
home: {home}
kafka: {{port: 23092}}
clickhouse: {{port: 23123}}
model: {{enabled: false}}
gateway: {{port: 23080}}
metrics_port: 23464
workers: [[guard], [meter], [router], [evaluator, sink]]
providers:
  - {{name: stub, base_url: "http://127.0.0.1:23081/v1"}}
routes:
  - name: small
    max_output_tokens: 64
    candidates: [{{provider: stub, model: tiny, timeout_s: 60, max_attempts: 3}}]
tenants:
  - {{name: acme, budget: {{monthly_usd: "1000.00"}}}}
prices:
  - {{name: stub/tiny, version: 1, valid_from: 2026-01-01T00:00:00Z,
      input_usd_per_mtok: "0.5", output_usd_per_mtok: "1.5"}}
"""
STUB_PORT = 23081
FROZEN_S = 14.0
DRAIN_S = 240


def weir(config: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `weir` with these arguments."""
    command = [sys.executable, "-m", "weir", *arguments, "--config", str(config)]
    return subprocess.run(command, capture_output=True, text=True, timeout=400, check=False)


def parts(config: Path) -> Mapping[str, Mapping[str, object]]:
    """The stack's parts as `weir status --json` lists them."""
    return {part["name"]: part for part in json.loads(weir(config, "status", "--json").stdout)}


@contextmanager
def stub(folder: Path) -> Generator[Path]:
    """A stub provider that writes each finished call to a journal; yields the path of the journal."""
    journal = folder / "journal.jsonl"
    command = [
        sys.executable,
        "-m",
        "weir.local.stub_provider",
        "--port",
        str(STUB_PORT),
        "--latency-ms",
        "60",
        "--journal",
        str(journal),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield journal
    finally:
        process.terminate()
        process.wait(10)


def produce(count: int, seconds: float) -> None:
    """Publish plain records by a foreign client in two compressions; one in forty repeats a request id."""
    producers = [
        Producer(
            {"bootstrap.servers": "127.0.0.1:23092", "compression.type": kind, "acks": "all", "log_level": 0}
        )
        for kind in ("snappy", "zstd")
    ]
    started, last = time.monotonic(), "none"
    for number in range(count):
        time.sleep(max(0.0, started + number * seconds / count - time.monotonic()))
        last = last if number % 40 == 39 else f"r{number}-{uuid.uuid4().hex[:8]}"
        drawn = random.choice(["acme", "globex", "initech"])
        tenant = "acme" if number % 40 in (38, 39) else drawn
        messages = [{"role": "user", "content": f"question {number}"}]
        body = {"tenant": tenant, "model": "small", "request_id": last, "messages": messages}
        producers[number % 2].produce("llm.requests", json.dumps(body).encode(), key=str(number))
        producers[number % 2].poll(0)
    for producer in producers:
        producer.flush(60)


def kill(config: Path, names: Sequence[str]) -> str:
    """Kill one of the running parts; returns its name."""
    living = [part for name, part in parts(config).items() if name in names and part["pid"]]
    if not living:
        return "none"
    part = random.choice(living)
    try:
        os.kill(int(str(part["pid"])), signal.SIGKILL)
    except ProcessLookupError:
        return "gone"
    return str(part["name"])


def freeze(config: Path, names: Sequence[str], start_worker: Callable[[str], subprocess.Popen[bytes]]) -> str:
    """Suspend a worker beyond its session while a second one takes over, then resume it."""
    name = random.choice(names)
    part = parts(config).get(name)
    if part is None or not part["pid"]:
        return "none"
    second = start_worker(name)
    process = psutil.Process(int(str(part["pid"])))
    try:
        time.sleep(3)
        process.suspend()
        time.sleep(FROZEN_S)
        process.resume()
        time.sleep(3)
    except psutil.NoSuchProcess:
        return "gone"
    finally:
        second.terminate()
        second.wait(20)
    return name


def main() -> int:
    """Run the faults under traffic, and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (
        ("kills", 40),
        ("broker-kills", 10),
        ("clickhouse-kills", 10),
        ("freezes", 3),
        ("requests", 4000),
        ("seed", 7),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    chosen = parser.parse_args()
    random.seed(chosen.seed)
    with tempfile.TemporaryDirectory(prefix="weir-chaos-") as name, stub(Path(name)) as journal:
        config = Path(name) / "weir.yaml"
        config.write_text(CONFIG.format(home=Path(name) / "home"))
        try:
            return _run(chosen, config, journal)
        finally:
            weir(config, "down")
            if os.environ.get("KEEP_LOGS"):
                subprocess.run(
                    ["cp", "-r", str(Path(name) / "home" / "logs"), os.environ["KEEP_LOGS"]], check=False
                )


def _run(chosen: argparse.Namespace, config: Path, journal: Path) -> int:
    up = weir(config, "up", "--detach")
    if up.returncode:
        print(up.stdout, up.stderr)
        return 1
    services = ["gateway", "guard", "meter", "router", "evaluator+sink"]
    seconds = chosen.kills * 1.6 + (chosen.broker_kills + chosen.clickhouse_kills) * 5 + chosen.freezes * 22
    traffic = Thread(target=produce, args=(chosen.requests, max(seconds, 5.0)))
    traffic.start()
    done: Counter[str] = Counter()
    for _ in range(chosen.kills):
        done[f"kill {kill(config, services)}"] += 1
        time.sleep(random.uniform(0.3, 1.0))
    for _ in range(chosen.freezes):
        frozen = freeze(config, services[1:], lambda name: _second_worker(config, name))
        done[f"freeze {frozen}"] += 1
    for kind, times in (("kafka", chosen.broker_kills), ("clickhouse", chosen.clickhouse_kills)):
        for _ in range(times):
            done[f"kill {kill(config, [kind])}"] += 1
            time.sleep(random.uniform(3, 5))
    traffic.join()
    print("faults:", dict(done))
    verified = weir(config, "verify", "--json", "--wait", str(DRAIN_S))
    print(verified.stdout, verified.stderr)
    differences = compare(clickhouse_url(load(config)), journal)
    for difference in differences[:20]:
        print("DIFFERENCE", difference)
    print("closes" if verified.returncode == 0 and not differences else "DOES NOT CLOSE")
    return verified.returncode or (1 if differences else 0)


def _second_worker(config: Path, name: str) -> "subprocess.Popen[bytes]":
    """Start a second process of a worker."""
    variables = {**os.environ, **environment(load(config)), "WEIR_METRICS_PORT": "0"}
    command = [sys.executable, "-m", "weir.worker", *name.split("+")]
    return subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
