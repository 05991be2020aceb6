"""Kafka and ClickHouse as containers under the same supervisor, for those who asked for Docker."""

from pathlib import Path

from weir.local.clickhouse.access import DatabaseUser, password
from weir.local.kafka.broker import BrokerSettings, properties
from weir.local.kafka.jars import VERSION
from weir.local.parts import PortNeed, StackPart, http_probe, kafka_probe

CLICKHOUSE_IMAGE = "clickhouse/clickhouse-server:26.3"
PULL_TIMEOUT_S = 600.0
DOCKER = ("DOCKER_*", "XDG_RUNTIME_DIR")
"""Where Docker's own command finds its engine."""


def docker_kafka(port: int, controller_port: int) -> StackPart:
    """Return a broker in a container with the embedded broker's settings; its data ends with it."""
    wanted = properties(BrokerSettings(Path("/tmp"), port, controller_port), Path("/tmp/kafka-logs"))  # noqa: S108 - inside the container
    wanted["listeners"] = f"PLAINTEXT://:{port},CONTROLLER://:{controller_port}"
    variables = [f"--env=KAFKA_{name.replace('.', '_').upper()}={value}" for name, value in wanted.items()]
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
    """Return a ClickHouse server in a container, with the state folder's user that writes; its data ends with it."""
    return StackPart(
        name="clickhouse",
        # Without a value Docker takes it from its own environment, so the password stands in no list of processes.
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
