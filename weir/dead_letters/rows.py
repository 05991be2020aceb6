"""Makes the rows of a fact by the sink's functions, and stores each missing row once."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from clickhouse_connect.driver.client import Client
from pydantic import SecretStr

from schemas.event import Event
from services.sink.adapters.clickhouse_store import ClickHouseStore
from services.sink.app import build
from services.sink.settings import SinkSettings
from streaming.handling import Incoming, Row, RowsOf
from streaming.loops.sink import Sink
from weir.clickhouse import connected
from weir.stack.migrate import DATABASE

IDENTITY: Mapping[str, tuple[str, ...]] = {
    "completions": ("record_id",),
    "bodies": ("record_id",),
    "usage": ("attempt_id", "entry", "booked_at"),
    "attempts": ("attempt_id",),
    "evaluations": ("record_id", "evaluator", "evaluator_version", "metric", "evaluated_at"),
    "feedback": ("tenant", "feedback_id"),
    "reviews": ("record_id", "event", "at"),
    "alerts": ("name", "state", "since"),
    "skips": ("topic", "partition", "first", "last"),
}
"""The identity of a row: two rows with equal values are the same row, whatever their records' offsets."""
BOOKING = ("attempt_id", "entry")
"""The identity of a first booking, of which a call has one at any time."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

Tables = Mapping[str, Sequence[Row]]


class FactRowWriter:
    """Makes rows as the sink does, and stores those that ClickHouse does not have."""

    def __init__(
        self,
        rows: Mapping[type[Any], RowsOf[Any]],
        store: ClickHouseStore,
        url: str,
        database: str = DATABASE,
    ) -> None:
        """`url` is the ClickHouse that `store` writes to."""
        self._rows = rows
        self._store = store
        self._url = url
        self._database = database

    @classmethod
    def of_sink(cls, bootstrap: str, url: str, seal_key: str) -> "FactRowWriter":
        """Build with the rows and the store of the sink."""
        (loop,) = build(
            SinkSettings(kafka_bootstrap=bootstrap, clickhouse_url=url, seal_key=SecretStr(seal_key))
        ).loops
        if not isinstance(loop, Sink) or not isinstance(loop.store, ClickHouseStore):
            raise TypeError(type(loop).__name__)
        return cls(loop.rows, loop.store, url)

    async def close(self) -> None:
        """Close the connections."""
        await self._store.close()

    async def missing(self, incoming: Incoming[Event]) -> Tables:
        """The rows of a fact that ClickHouse does not have; raises DependencyDownError."""
        rows_of = self._rows.get(type(incoming.event))
        tables = rows_of(incoming) if rows_of is not None else {}
        return await asyncio.to_thread(self._missing, tables) if tables else {}

    async def store(self, incoming: Incoming[Event], tables: Tables) -> int:
        """Store rows under tokens derived from their record, so that a concurrent command stores nothing.

        Returns the number of rows; raises RowsRefusedError.
        """
        record, stored = incoming.record, 0
        for table in sorted(tables):
            token = f"redrive:{table}:{record.topic}:{record.partition}:{record.offset}:{incoming.event_id}"
            await self._store.insert(table, tables[table], token)
            stored += len(tables[table])
        return stored

    def _missing(self, tables: Tables) -> Tables:
        with connected(self._url) as client:
            missing = {
                table: [row for row in rows if not self._has(client, table, row)]
                for table, rows in tables.items()
            }
        return {table: rows for table, rows in missing.items() if rows}

    def _has(self, client: Client, table: str, row: Row) -> bool:
        names = BOOKING if row.get("entry") == "booking" else IDENTITY[table]
        conditions = dict(_conditions(row, names))
        values = {name: value for name, (_, value) in conditions.items()}
        where = " AND ".join(condition for condition, _ in conditions.values())
        # Only constants are in the text, values are bound.
        sql = f"SELECT count() FROM (SELECT 1 FROM {self._database}.{table} WHERE {where} LIMIT 1)"  # noqa: S608 - constants
        return int(client.query(sql, parameters=values).result_rows[0][0]) > 0


def _conditions(row: Row, names: Sequence[str]) -> Iterator[tuple[str, tuple[str, object]]]:
    """A condition and its value for each column: times to the millisecond, others as text."""
    for name in names:
        value = row[name]
        if isinstance(value, datetime):
            yield name, (f"toUnixTimestamp64Milli({name}) = {{{name}:Int64}}", (value - EPOCH) // MILLISECOND)
        else:
            yield name, (f"toString({name}) = {{{name}:String}}", str(value))
