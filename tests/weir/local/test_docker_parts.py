"""Containers get the settings of the embedded servers, and no secret on their command line."""

from pathlib import Path

from weir.local.clickhouse.access import DatabaseUser, password
from weir.local.docker_parts import docker_clickhouse, docker_kafka


def test_a_container_gets_the_embedded_brokers_settings_and_publishes_on_loopback_only() -> None:
    kafka = docker_kafka(9092, 9093)

    assert "--env=KAFKA_AUTO_CREATE_TOPICS_ENABLE=false" in kafka.command
    assert "--env=KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://127.0.0.1:9092" in kafka.command
    assert "--publish=127.0.0.1:9092:9092" in kafka.command


def test_a_container_of_clickhouse_has_a_password_that_no_command_line_shows(tmp_path: Path) -> None:
    clickhouse = docker_clickhouse(8124, tmp_path)

    assert "--publish=127.0.0.1:8124:8123" in clickhouse.command
    assert clickhouse.environment == {
        "CLICKHOUSE_USER": "weir",
        "CLICKHOUSE_PASSWORD": password(tmp_path, DatabaseUser.WRITER),
    }
    assert password(tmp_path, DatabaseUser.WRITER) not in " ".join(clickhouse.command)
