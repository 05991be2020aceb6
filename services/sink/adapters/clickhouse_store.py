"""Stores blocks in ClickHouse over HTTP under a token, so that a block that is sent again is stored once, in its table and in every view."""

from collections.abc import Sequence
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import orjson

from services.sink.adapters import clickhouse_windows
from streaming.errors import DependencyDownError, RowsRefusedError, StopServiceError
from streaming.handling import Row

DATABASE = "weir"
PROBE = "token_probe"
SMALLEST_WINDOW = 10_000
CONNECT_TIMEOUT_S = 5.0
BUSY = frozenset({"159", "202", "209", "210", "241", "242", "252", "279", "999"})
"""Codes that pass by themselves: timeouts, too many queries or parts, memory, network, read-only, replicas, keeper."""
PASSING = frozenset({429, 502, 503, 504})
STRUCTURAL = frozenset({"16", "47", "60", "81", "115", "192", "193", "194", "195", "497", "516"})
"""Codes that no row causes: a table, column or setting is missing, or the user may not insert."""
INTERNAL_ERROR = 500
"""Without ClickHouse's own code it comes, like the ones above, from what stands before ClickHouse, and passes too."""

BLOCK = {
    # Inserts are synchronous and one block each: only then does one token stand for exactly these rows.
    "async_insert": "0",
    "insert_deduplicate": "1",
    "deduplicate_blocks_in_dependent_materialized_views": "1",
    "max_insert_block_size": "1000000",
    # A block may span months: each of its parts is dropped or stored by itself, so a repeat completes what a crash cut off.
    "max_partitions_per_insert_block": "0",
    "min_insert_block_size_rows": "0",
    "min_insert_block_size_bytes": "0",
    "input_format_parallel_parsing": "0",
    "date_time_input_format": "best_effort",
    "input_format_skip_unknown_fields": "0",
}


class ClickHouseError(StopServiceError):
    """ClickHouse refuses for good: a table is missing, or a row does not fit."""


class ClickHouseStore:
    """A row store; every call ends within its timeout."""

    def __init__(self, url: str, timeout_s: float, database: str = DATABASE) -> None:
        """`url` as `http://[user:password@]host:port`."""
        parts = urlsplit(url)
        self._place = f"{parts.hostname}:{parts.port or 8123}"
        self._database = database
        auth = (parts.username, parts.password or "") if parts.username else None
        self._client = httpx.AsyncClient(
            base_url=f"{parts.scheme}://{self._place}",
            auth=auth,
            timeout=httpx.Timeout(timeout_s, connect=CONNECT_TIMEOUT_S),
            trust_env=False,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def insert(self, table: str, rows: Sequence[Row], token: str) -> None:
        """Insert one block; a repeat under the same token changes nothing."""
        sql = f"INSERT INTO {self._database}.{table} FORMAT JSONEachRow"
        await self._post({"query": sql, **BLOCK, "insert_deduplication_token": token}, _body(rows))

    async def find_refused(self, table: str, rows: Sequence[Row]) -> Sequence[int]:
        """Try rows on a table of the same columns that stores nothing, half by half, until each bad one is found."""
        probe = f"{table}_refusals_{uuid4().hex[:12]}"
        await self._post(
            {"query": f"CREATE TABLE {self._database}.{probe} AS {self._database}.{table} ENGINE = Null"}, b""
        )
        try:
            return await self._refused(probe, list(enumerate(rows)))
        finally:
            await self._post({"query": f"DROP TABLE IF EXISTS {self._database}.{probe}"}, b"")

    async def _refused(self, probe: str, numbered: Sequence[tuple[int, Row]]) -> list[int]:
        try:
            sql = f"INSERT INTO {self._database}.{probe} FORMAT JSONEachRow"
            await self._post({"query": sql, **BLOCK}, _body([row for _, row in numbered]))
        except RowsRefusedError:
            if len(numbered) == 1:
                return [numbered[0][0]]
            middle = len(numbered) // 2
            return [
                *await self._refused(probe, numbered[:middle]),
                *await self._refused(probe, numbered[middle:]),
            ]
        return []

    async def check(self) -> None:
        """Refuse tables that would not drop a repeated block: one forgotten view doubles its sums after a crash."""
        tables = orjson.loads(await self._post({"query": clickhouse_windows.SQL}, b""))["data"]
        kept = clickhouse_windows.dedup_windows(tables, self._database)
        if f"{self._database}.{PROBE}" not in kept:
            msg = (
                f"ClickHouse at {self._place} has no or old tables in '{self._database}': run `weir migrate`"
            )
            raise ClickHouseError(msg)
        for table, window in kept.items():
            if window < SMALLEST_WINDOW:
                msg = f"table {table} keeps {window} tokens, at least {SMALLEST_WINDOW} are needed: run `weir migrate`, or drop what was added by hand"
                raise ClickHouseError(msg)
        await self.probe()

    async def probe(self) -> None:
        """Store two blocks under one token: something between here and the table may swallow it, as some proxies do with what they do not know."""
        probe_id = str(uuid4())
        for number in (1, 2):
            await self.insert(PROBE, [{"probe_id": probe_id, "number": number}], f"{PROBE}:{probe_id}")
        sql = f"SELECT count() FROM {self._database}.{PROBE} WHERE probe_id = {{probe_id:UUID}} FORMAT TSV"  # noqa: S608 - both names are ours
        stored = int(await self._post({"query": sql, "param_probe_id": probe_id}, b""))
        if stored != 1:
            msg = f"ClickHouse at {self._place} stored {stored} of two blocks under one token, not one: does a proxy drop insert_deduplication_token?"
            raise ClickHouseError(msg)

    async def _post(self, parameters: dict[str, str], body: bytes) -> bytes:
        try:
            response = await self._client.post("/", params=parameters, content=body)
        except httpx.HTTPError as error:
            msg = f"ClickHouse does not answer at {self._place} ({type(error).__name__})"
            raise DependencyDownError(msg) from error
        if response.is_success:
            return response.content
        code = response.headers.get("X-ClickHouse-Exception-Code", "")
        is_elsewhere = response.status_code in PASSING or (
            response.status_code == INTERNAL_ERROR and not code
        )
        if is_elsewhere or code in BUSY:
            msg = (
                f"ClickHouse at {self._place} cannot take the block now (code {code or response.status_code})"
            )
            raise DependencyDownError(msg)
        # The answer may quote the row, so only its code is told.
        if code and code not in STRUCTURAL:
            msg = f"ClickHouse at {self._place} does not take a row (code {code})"
            raise RowsRefusedError(msg)
        msg = f"ClickHouse at {self._place} refused (HTTP {response.status_code}, code {code or 'none'}): see its own log for the row"
        raise ClickHouseError(msg)


def _body(rows: Sequence[Row]) -> bytes:
    try:
        return b"\n".join(orjson.dumps(row, default=str, option=orjson.OPT_UTC_Z) for row in rows)
    except (orjson.JSONEncodeError, ValueError) as error:
        msg = f"a row cannot be written as JSON ({type(error).__name__})"
        raise RowsRefusedError(msg) from error
