"""Kafka and ClickHouse are chosen in a fixed order, and the choice has a reason."""

import time

import pytest

from weir.local.choice import locate_clickhouse, locate_kafka


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


def test_a_given_address_is_shown_without_its_password() -> None:
    assert (
        str(locate_clickhouse("http://me:secret@db:8123", prefer_docker=False))
        == "clickhouse: given at http://db:8123 (named by the settings)"
    )
