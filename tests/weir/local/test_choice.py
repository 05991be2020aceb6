"""Where the real parts come from is decided in one order and said aloud."""

import time
from pathlib import Path

import pytest

from weir.local.choice import locate_clickhouse, locate_kafka
from weir.local.clickhouse.access import DatabaseUser, password
from weir.local.docker_parts import docker_clickhouse, docker_kafka
from weir.local.folders import cache_folder


def test_a_given_address_wins() -> None:
    assert (
        str(locate_kafka("broker:9092", prefer_docker=True))
        == "kafka: given at broker:9092 (named by the settings)"
    )
    assert locate_clickhouse("http://db:8123", prefer_docker=True).kind == "given"


def test_without_an_address_the_embedded_part_is_chosen() -> None:
    assert locate_kafka(None, prefer_docker=False).kind == "embedded"
    assert locate_clickhouse("", prefer_docker=False).kind == "embedded"


def test_docker_that_does_not_answer_is_given_up_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    # An address of the documentation's net, where nothing answers.
    monkeypatch.setenv("DOCKER_HOST", "tcp://192.0.2.1:2375")
    started = time.monotonic()

    choice = locate_kafka(None, prefer_docker=True)

    assert choice.kind == "embedded"
    assert "no engine answered" in choice.reason
    assert time.monotonic() - started < 10


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


def test_a_given_address_is_shown_without_its_password() -> None:
    assert (
        str(locate_clickhouse("http://me:secret@db:8123", prefer_docker=False))
        == "clickhouse: given at http://db:8123 (named by the settings)"
    )


def test_the_cache_is_shared_by_all_state_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "weir"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "weir"
