"""Stores blocks in ClickHouse over HTTP under a token, so that a block that is sent again is stored once, in its table and in every view."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import httpx
import orjson

from streaming.errors import DependencyDownError, StopServiceError
from streaming.handling import Row

DATABASE = "weir"
SMALLEST_WINDOW = 10_000
CONNECT_TIMEOUT_S = 5.0
BUSY = frozenset({"159", "202", "209", "210", "241", "242", "252", "279", "999"})
"""Codes that pass by themselves: timeouts, too many queries or parts, memory, network, read-only, replicas, keeper."""

BLOCK = {
    # Inserts are synchronous and one block each: only then does one token stand for exactly these rows.
    "async_insert": "0",
    "insert_deduplicate": "1",
    "deduplicate_blocks_in_dependent_materialized_views": "1",
    "max_insert_block_size": "1000000",
    "min_insert_block_size_rows": "0",
    "min_insert_block_size_bytes": "0",
    "input_format_parallel_parsing": "0",
    "date_time_input_format": "best_effort",
    "input_format_skip_unknown_fields": "0",
}
WINDOW = re.compile(r"\breplicated_deduplication_window = (\d+)|non_replicated_deduplication_window = (\d+)")


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
            base_url=f"{parts.scheme}://{self._place}", auth=auth, timeout=httpx.Timeout(timeout_s, connect=CONNECT_TIMEOUT_S), trust_env=False
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def insert(self, table: str, rows: Sequence[Row], token: str) -> None:
        """Insert one block; a repeat under the same token changes nothing."""
        body = b"\n".join(orjson.dumps(row, default=str, option=orjson.OPT_UTC_Z) for row in rows)
        sql = f"INSERT INTO {self._database}.{table} FORMAT JSONEachRow"
        await self._post({"query": sql, **BLOCK, "insert_deduplication_token": token}, body)

    async def check(self) -> None:
        """Refuse tables that would not drop a repeated block: one forgotten view doubles its sums after a crash."""
        sql = f"SELECT name, engine, engine_full FROM system.tables WHERE database = '{self._database}' AND engine LIKE '%MergeTree' FORMAT JSON"  # noqa: S608 - the name is ours
        tables = orjson.loads(await self._post({"query": sql}, b""))["data"]
        if not tables:
            msg = f"ClickHouse at {self._place} has no tables in '{self._database}': run `weir migrate`"
            raise ClickHouseError(msg)
        for table in tables:
            if (window := _window(table)) < SMALLEST_WINDOW:
                msg = f"table {self._database}.{table['name']} keeps {window} tokens, at least {SMALLEST_WINDOW} are needed: run `weir migrate`"
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
        if response.status_code in (429, 502, 503, 504) or code in BUSY:
            msg = f"ClickHouse at {self._place} cannot take the block now (code {code or response.status_code})"
            raise DependencyDownError(msg)
        # The answer may quote the row, so only its code is told.
        msg = f"ClickHouse at {self._place} refused (HTTP {response.status_code}, code {code or 'none'}): see its own log for the row"
        raise ClickHouseError(msg)


def _window(table: dict[str, str]) -> int:
    found = WINDOW.search(table["engine_full"])
    if found is None:
        return SMALLEST_WINDOW if table["engine"].startswith("Replicated") else 0
    return int(found.group(1) or found.group(2))
