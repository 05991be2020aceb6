"""Outcomes and adjustments of the meter in a real ClickHouse, stored by the functions of the sink."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from uuid import UUID, uuid4, uuid5

import pytest
from clickhouse_connect.driver.client import Client

from schemas.event import Event
from schemas.outcomes import Adjustment, BookedAttempt, Completion, TokenUsage
from services.sink.adapters.clickhouse_store import ClickHouseStore
from services.sink.domain.outcome_rows import adjustment_rows, completion_rows
from streaming.brokers.records import Record
from streaming.handling import NAMESPACE, Incoming, Row
from weir.clickhouse import connected
from weir.costs.queries import CostViews
from weir.stack.migrate import DATABASE, migrate

E = TypeVar("E", bound=Event)
EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"
NOW = datetime.now(UTC).replace(microsecond=0)
TODAY = NOW.replace(hour=0, minute=0, second=0)
NOON = TODAY - timedelta(days=40, hours=-12)
"""Noon of a day that is far enough back, and young enough for the tables to keep it."""
USED = TokenUsage(
    input=100,
    cache_read=20,
    cache_write=5,
    cache_write_1h=3,
    output=40,
    reasoning=10,
    media={"input_audio": 7, "output_audio": 2},
)


def example(kind: type[E]) -> E:
    text = (EXAMPLES / f"{kind.TYPE}.json").read_bytes()
    return kind.model_validate_json(
        re.sub(rb"\d{4}-\d\d-\d\d(?=T\d\d:)", NOON.date().isoformat().encode(), text)
    )


COMPLETION, ADJUSTMENT = example(Completion), example(Adjustment)


@dataclass(slots=True)
class Books:
    """Writes outcomes and adjustments, one record each."""

    client: Client
    store: ClickHouseStore
    database: str
    numbers: Iterator[int] = field(default_factory=count)
    NOON: ClassVar[datetime] = NOON
    USED: ClassVar[TokenUsage] = USED

    @property
    def costs(self) -> CostViews:
        return CostViews(self.client, self.database)

    def line(self, cost: str | None, at: datetime = NOON, **changes: Any) -> BookedAttempt:
        """A call with this cost; changes of the line, or of its result by `result`."""
        number = next(self.numbers)
        base = COMPLETION.attempts[0]
        moved = {
            "attempt_id": uuid5(NAMESPACE, f"{self.database}/{number}"),
            "started_at": at,
            "ended_at": at + timedelta(seconds=1),
        }
        result = base.result.model_copy(update=moved | changes.pop("result", {}))
        amount = None if cost is None else Decimal(cost)
        known = {
            "usage": USED,
            "cost_usd": amount,
            "cost_status": "held" if cost is None else "priced",
            "booked_at": at,
        }
        return base.model_copy(update={"result": result, **known, **changes})

    def correction(
        self, line: BookedAttempt, entry: str, cost: str | None, booked_at: datetime
    ) -> BookedAttempt:
        """Another entry of the same call."""
        amount = None if cost is None else Decimal(cost)
        status = "held" if cost is None else "priced"
        return line.model_copy(
            update={
                "entry": entry,
                "usage": None,
                "cost_usd": amount,
                "cost_status": status,
                "booked_at": booked_at,
            }
        )

    async def outcome(
        self,
        *lines: BookedAttempt,
        request: Mapping[str, Any] = {},
        route: Mapping[str, Any] = {},
        **changes: Any,
    ) -> Completion:
        """Store an outcome with these lines."""
        number = next(self.numbers)
        at = lines[0].result.started_at if lines else NOON
        names = {
            "record_id": uuid5(NAMESPACE, f"{self.database}/r{number}"),
            "request_id": f"r-{number}",
            "received_at": at,
        }
        asked = COMPLETION.request.model_copy(update=names | dict(request))
        times = COMPLETION.times.model_copy(update={"received_at": at})
        chosen = COMPLETION.route.model_copy(update=dict(route)) if COMPLETION.route else None
        update = {
            "request": asked,
            "route": chosen,
            "times": times,
            "attempts": lines,
            "completed_at": at + timedelta(seconds=2),
        }
        event = COMPLETION.model_copy(update=update | changes)
        await self.insert(completion_rows(self._incoming(event)))
        return event

    async def adjust(self, outcome: Completion, *lines: BookedAttempt, **changes: Any) -> None:
        """Store a booking after the outcome."""
        asked = outcome.request
        names = {
            "record_id": asked.record_id,
            "tenant": asked.tenant,
            "request_id": asked.request_id,
            "request": asked,
            "route": outcome.route,
        }
        await self.insert(
            adjustment_rows(
                self._incoming(ADJUSTMENT.model_copy(update=names | {"attempts": lines} | changes))
            )
        )

    async def insert(self, tables: Mapping[str, Sequence[Row]]) -> None:
        for table, rows in tables.items():
            await self.store.insert(table, rows, f"{table}:{next(self.numbers)}")

    def read(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self.client.query(sql.replace("{db}", self.database)).result_rows]

    def _incoming(self, event: E) -> Incoming[E]:
        number = next(self.numbers)
        return Incoming(event, UUID(int=number), Record("facts", 0, number, 0, None, b""), NOW)


@pytest.fixture
def client(clickhouse_url: str) -> Iterator[Client]:
    with connected(clickhouse_url) as client:
        yield client


@pytest.fixture
async def books(clickhouse_url: str, client: Client) -> AsyncIterator[Books]:
    database = f"books_{uuid4().hex[:10]}"
    migrate(client, database)
    store = ClickHouseStore(clickhouse_url, 30.0, database)
    yield Books(client, store, database)
    await store.close()
    client.command(f"DROP DATABASE {database}")


@pytest.fixture
async def shop(
    clickhouse_url: str, client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[Books]:
    """Books in the database that the commands read."""
    monkeypatch.setenv("WEIR_CLICKHOUSE_URL", clickhouse_url)
    monkeypatch.chdir(tmp_path)
    client.command(f"DROP DATABASE IF EXISTS {DATABASE}")
    migrate(client)
    store = ClickHouseStore(clickhouse_url, 30.0)
    yield Books(client, store, DATABASE)
    await store.close()
    client.command(f"DROP DATABASE {DATABASE}")
