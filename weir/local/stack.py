"""The embedded servers as parts for the supervisor, and as context managers for tests and benchmarks."""

import contextlib
import sys
import time
from collections.abc import Generator
from pathlib import Path

from weir.local.clickhouse.access import DatabaseUser, address
from weir.local.environment import NETWORK_VARIABLES
from weir.local.errors import PartStartError
from weir.local.folders import cache_folder
from weir.local.logs import last_lines
from weir.local.parts import PortNeed, StackPart, free_port, http_probe, kafka_probe, launch, stop

KAFKA_STOP_S = 30.0
"""The first clean stop also writes the JVM's ahead-of-time cache, which takes five seconds."""


def embedded_kafka(
    state: Path, port: int, controller_port: int | None = None, cache: Path | None = None
) -> StackPart:
    """The Kafka broker as a part; its process downloads the jars if they are missing."""
    controller = controller_port or port + 1
    return StackPart(
        name="kafka",
        command=[
            *_python("weir.local.kafka"),
            *("--state", str(state / "kafka"), "--port", str(port), "--controller-port", str(controller)),
            *("--cache", str(cache or cache_folder())),
        ],
        is_ready=kafka_probe(port),
        address=f"127.0.0.1:{port}",
        ports=[PortNeed(port, "kafka.port"), PortNeed(controller, "kafka.port")],
        # Proxies are needed to download the jars.
        inherits=NETWORK_VARIABLES,
        start_timeout_s=300.0,
        stop_timeout_s=KAFKA_STOP_S,
    )


def embedded_clickhouse(state: Path, port: int) -> StackPart:
    """The ClickHouse engine behind its HTTP interface as a part."""
    return StackPart(
        name="clickhouse",
        command=[*_python("weir.local.clickhouse"), "--home", str(state), "--port", str(port)],
        is_ready=http_probe(port, "/ping"),
        address=f"http://127.0.0.1:{port}",
        ports=[PortNeed(port, "clickhouse.port")],
        stop_timeout_s=15.0,
    )


def embedded_model(port: int) -> StackPart:
    """The small language model behind an OpenAI-compatible server as a part."""
    return StackPart(
        name="model",
        command=[*_python("weir.local.model"), "--port", str(port)],
        is_ready=http_probe(port, "/health"),
        address=f"http://127.0.0.1:{port}/v1",
        ports=[PortNeed(port, "model.port")],
    )


def _python(module: str) -> list[str]:
    return [sys.executable, "-m", module]


@contextlib.contextmanager
def running(part: StackPart, state: Path) -> Generator[StackPart]:
    """Run one part for the block without a supervisor; raises PartStartError if it does not become ready."""
    log = state / "logs" / f"{part.name}.log"
    process = launch(part, log)
    try:
        deadline = time.monotonic() + part.start_timeout_s
        while not part.is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                message = f"{part.name} did not start:\n{last_lines(log)}"
                raise PartStartError(message)
            time.sleep(0.02)
        yield part
    finally:
        stop(process, part.stop_timeout_s)


@contextlib.contextmanager
def running_kafka(state: Path, port: int = 0) -> Generator[str]:
    """Run a broker for the block and yield its bootstrap address; port 0 takes a free port."""
    with running(embedded_kafka(state, port or free_port(), free_port()), state) as part:
        yield part.address


@contextlib.contextmanager
def running_clickhouse(state: Path, port: int = 0) -> Generator[str]:
    """Run ClickHouse for the block and yield its URL with the writer's credentials; port 0 is a free port."""
    port = port or free_port()
    with running(embedded_clickhouse(state, port), state):
        yield address(state, port, DatabaseUser.WRITER)


@contextlib.contextmanager
def running_model(state: Path, port: int = 0) -> Generator[str]:
    """Run the small model for the block and yield its base URL; port 0 takes a free port."""
    with running(embedded_model(port or free_port()), state) as part:
        yield part.address
