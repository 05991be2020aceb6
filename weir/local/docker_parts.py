"""Kafka and ClickHouse as Docker containers under the same supervisor."""

from pathlib import Path

from weir.local.clickhouse.access import DatabaseUser, password
from weir.local.kafka.broker import BrokerSettings, properties
from weir.local.kafka.jars import VERSION
from weir.local.parts import PortNeed, StackPart, http_probe, kafka_probe

CLICKHOUSE_IMAGE = "clickhouse/clickhouse-server:26.3"
PULL_TIMEOUT_S = 600.0
DOCKER = ("DOCKER_*", "XDG_RUNTIME_DIR")
"""The variables by which the `docker` command finds its engine."""


def docker_kafka(port: int, controller_port: int) -> StackPart:
    """A broker in a container with the embedded broker's settings; its data ends with the container."""
    state, data = Path("/tmp"), Path("/tmp/kafka-logs")  # noqa: S108 - inside the container
    settings = properties(BrokerSettings(state, port, controller_port), data)
    settings["listeners"] = f"PLAINTEXT://:{port},CONTROLLER://:{controller_port}"
    variables = [f"--env=KAFKA_{name.replace('.', '_').upper()}={value}" for name, value in settings.items()]
    return StackPart(
        name="kafka",
        command=[*_run("weir-kafka", port, port), *variables, f"apache/kafka:{VERSION}"],
        inherits=DOCKER,
        is_ready=kafka_probe(port),
        address=f"127.0.0.1:{port}",
        ports=[PortNeed(port, "kafka.port")],
        start_timeout_s=PULL_TIMEOUT_S,
        stop_timeout_s=30.0,
    )


def docker_clickhouse(port: int, home: Path) -> StackPart:
    """A ClickHouse server in a container with the writer's password; its data ends with the container."""
    return StackPart(
        name="clickhouse",
        # Without a value Docker reads its own environment, which keeps the password out of process lists.
        command=[
            *_run("weir-clickhouse", port, 8123),
            "--env=CLICKHOUSE_USER",
            "--env=CLICKHOUSE_PASSWORD",
            CLICKHOUSE_IMAGE,
        ],
        environment={
            "CLICKHOUSE_USER": DatabaseUser.WRITER.value,
            "CLICKHOUSE_PASSWORD": password(home, DatabaseUser.WRITER),
        },
        inherits=DOCKER,
        is_ready=http_probe(port, "/ping"),
        address=f"http://127.0.0.1:{port}",
        ports=[PortNeed(port, "clickhouse.port")],
        start_timeout_s=PULL_TIMEOUT_S,
        stop_timeout_s=30.0,
    )


def _run(name: str, port: int, inside: int) -> list[str]:
    # In the foreground, so that the container is the supervisor's child and SIGTERM reaches it.
    return [
        "docker",
        "run",
        "--rm",
        "--init",
        f"--name={name}-{port}",
        f"--publish=127.0.0.1:{port}:{inside}",
    ]
