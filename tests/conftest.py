"""Real servers for the tests: those that the environment names, else the embedded ones.

With several workers each has its own servers, and a file stays on one worker, slow folders first.
"""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from tests.fuzzing import WANTED
from weir.local.stack import running_clickhouse, running_kafka

SLOW_FOLDERS = ("chaos", "e2e", "integration", "security", "weir", "streaming", "services")
SERVERS = {"kafka_bootstrap", "clickhouse_url"}

settings.register_profile("same inputs each time", derandomize=True, database=None)
settings.register_profile(
    "many, anew each time", max_examples=WANTED or 100, database=None, phases=(Phase.explicit, Phase.generate)
)
settings.load_profile("many, anew each time" if WANTED else "same inputs each time")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that use a server or draw inputs, and sort slow folders first."""
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker(pytest.mark.fuzz)
        if SERVERS & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.integration)
    items.sort(key=_order)


def pytest_runtest_teardown() -> None:
    """Undo the `gc.freeze` of the guard's `build`, so that a service is collected after its test."""
    gc.unfreeze()


def _order(item: pytest.Item) -> int:
    folder = item.path.relative_to(Path(__file__).parent).parts[0]
    return SLOW_FOLDERS.index(folder) if folder in SLOW_FOLDERS else len(SLOW_FOLDERS)


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
