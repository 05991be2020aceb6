"""Fixtures of the sink's tests: example events as records, and new tables in a real ClickHouse."""

import re
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from clickhouse_connect.driver.client import Client

from schemas.event import Event
from services.sink.adapters.clickhouse_store import ClickHouseStore
from streaming.brokers.records import Record
from streaming.handling import Incoming
from weir.clickhouse import connected
from weir.stack.migrate import migrate

EXAMPLES = Path(__file__).parents[3] / "schemas" / "examples"
NOW = datetime.now(UTC).replace(microsecond=0)
YESTERDAY = (NOW - timedelta(days=1)).date().isoformat().encode()


@pytest.fixture(scope="session")
def example() -> Callable[..., Incoming[Any]]:
    """Builds the example of an event class as a record of yesterday, since tables delete old rows at once."""

    def make(kind: type[Event], offset: int = 7, now: datetime = NOW) -> Incoming[Any]:
        text = (EXAMPLES / f"{kind.TYPE}.json").read_bytes()
        event = kind.model_validate_json(re.sub(rb"\d{4}-\d\d-\d\d(?=T\d\d:)", YESTERDAY, text))
        return Incoming(event, UUID(int=offset), Record("t", 2, offset, 0, None, b""), now)

    return make


@pytest.fixture
def client(clickhouse_url: str) -> Iterator[Client]:
    with connected(clickhouse_url) as client:
        yield client


@pytest.fixture
def database(client: Client) -> Iterator[str]:
    name = f"weir_{uuid4().hex[:8]}"
    migrate(client, name)
    yield name
    client.command(f"DROP DATABASE {name}")


@pytest.fixture
async def store(clickhouse_url: str, database: str) -> AsyncIterator[ClickHouseStore]:
    store = ClickHouseStore(clickhouse_url, 30.0, database)
    yield store
    await store.close()
