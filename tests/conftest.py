"""Real servers for the tests: those that the environment names, else the embedded ones; never none."""

import os
from collections.abc import Iterator

import pytest

from weir.local.stack import running_clickhouse, running_kafka


@pytest.fixture(scope="session")
def kafka_bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the bootstrap address of a real Kafka for the whole run."""
    given = os.environ.get("WEIR_KAFKA_BOOTSTRAP")
    if given:
        yield given
        return
    with running_kafka(tmp_path_factory.mktemp("kafka")) as bootstrap:
        yield bootstrap


@pytest.fixture(scope="session")
def clickhouse_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a real ClickHouse for the whole run."""
    given = os.environ.get("WEIR_CLICKHOUSE_URL")
    if given:
        yield given
        return
    with running_clickhouse(tmp_path_factory.mktemp("clickhouse")) as url:
        yield url
