"""Inserts blocks into ClickHouse over HTTP with a token, so that a repeated insert changes nothing."""

from collections.abc import Sequence
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import orjson

from services.sink.adapters import clickhouse_windows
from streaming.errors import DependencyDownError, RowsRefusedError, StopServiceError
from streaming.handling import Row

DATABASE = "weir"
PROBE_TABLE = "token_probe"
MIN_WINDOW_TOKENS = 10_000
CONNECT_TIMEOUT_S = 5.0
TEMPORARY_CODES = frozenset({"159", "202", "209", "210", "241", "242", "252", "279", "999"})
"""Codes of temporary errors: timeouts, load, memory, network, read-only tables, replicas, keeper."""
TEMPORARY_STATUSES = frozenset({429, 502, 503, 504})
STRUCTURAL_CODES = frozenset({"16", "47", "60", "81", "115", "192", "193", "194", "195", "497", "516"})
"""Codes that no row causes: a table, column or setting is missing, or the user has no right to insert."""
INTERNAL_ERROR = 500
"""Without ClickHouse's own code it comes from a proxy, and is temporary."""

BLOCK = {
    # An insert is synchronous and one block: only then does its token name exactly these rows.
    "async_insert": "0",
    "insert_deduplicate": "1",
    "deduplicate_blocks_in_dependent_materialized_views": "1",
    "max_insert_block_size": "1000000",
    # A block may span months: each part is deduplicated on its own, so a repeated insert completes it.
    "max_partitions_per_insert_block": "0",
    "min_insert_block_size_rows": "0",
    "min_insert_block_size_bytes": "0",
    "input_format_parallel_parsing": "0",
    "date_time_input_format": "best_effort",
    "input_format_skip_unknown_fields": "0",
}


class ClickHouseError(StopServiceError):
    """ClickHouse refuses an insert for a permanent reason; stops the service."""


class ClickHouseStore:
    """The row store of the sink; every call ends within its timeout."""

    def __init__(self, url: str, timeout_s: float, database: str = DATABASE) -> None:
        """`url` as `http://[user:password@]host:port`."""
        parts = urlsplit(url)
        self._address = f"{parts.hostname}:{parts.port or 8123}"
        self._database = database
        auth = (parts.username, parts.password or "") if parts.username else None
        self._client = httpx.AsyncClient(
            base_url=f"{parts.scheme}://{self._address}",
            auth=auth,
            timeout=httpx.Timeout(timeout_s, connect=CONNECT_TIMEOUT_S),
            trust_env=False,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def insert(self, table: str, rows: Sequence[Row], token: str) -> None:
        """Insert one block; inserting it again with the same token changes nothing."""
        sql = f"INSERT INTO {self._database}.{table} FORMAT JSONEachRow"
        await self._post({"query": sql, **BLOCK, "insert_deduplication_token": token}, _body(rows))

    async def find_refused(self, table: str, rows: Sequence[Row]) -> Sequence[int]:
        """The indices of the rows that ClickHouse refuses, by bisection on a Null table of equal columns."""
        null_table = f"{table}_refusals_{uuid4().hex[:12]}"
        sql = f"CREATE TABLE {self._database}.{null_table} AS {self._database}.{table} ENGINE = Null"
        await self._post({"query": sql}, b"")
        try:
            return await self._refused(null_table, list(enumerate(rows)))
        finally:
            await self._post({"query": f"DROP TABLE IF EXISTS {self._database}.{null_table}"}, b"")

    async def _refused(self, null_table: str, numbered: Sequence[tuple[int, Row]]) -> list[int]:
        try:
            sql = f"INSERT INTO {self._database}.{null_table} FORMAT JSONEachRow"
            await self._post({"query": sql, **BLOCK}, _body([row for _, row in numbered]))
        except RowsRefusedError:
            if len(numbered) == 1:
                return [numbered[0][0]]
            middle = len(numbered) // 2
            return [
                *await self._refused(null_table, numbered[:middle]),
                *await self._refused(null_table, numbered[middle:]),
            ]
        return []

    async def check(self) -> None:
        """Check that every table recognises repeated blocks, else a crash could double the sums of a view.

        Raises ClickHouseError.
        """
        tables = orjson.loads(await self._post({"query": clickhouse_windows.TABLES_SQL}, b""))["data"]
        windows = clickhouse_windows.dedup_windows(tables, self._database)
        if f"{self._database}.{PROBE_TABLE}" not in windows:
            msg = (
                f"ClickHouse at {self._address} has no or old tables in '{self._database}':"
                " run `weir migrate`"
            )
            raise ClickHouseError(msg)
        for table, window in windows.items():
            if window < MIN_WINDOW_TOKENS:
                msg = (
                    f"table {table} keeps {window} tokens, at least {MIN_WINDOW_TOKENS} are needed:"
                    " run `weir migrate`, or drop what was added by hand"
                )
                raise ClickHouseError(msg)
        await self.probe()

    async def probe(self) -> None:
        """Insert two blocks with one token; raises ClickHouseError if both are stored, as by some proxies."""
        probe_id = str(uuid4())
        for number in (1, 2):
            await self.insert(
                PROBE_TABLE, [{"probe_id": probe_id, "number": number}], f"{PROBE_TABLE}:{probe_id}"
            )
        table = f"{self._database}.{PROBE_TABLE}"
        sql = f"SELECT count() FROM {table} WHERE probe_id = {{probe_id:UUID}} FORMAT TSV"  # noqa: S608 - our names
        stored = int(await self._post({"query": sql, "param_probe_id": probe_id}, b""))
        if stored != 1:
            msg = (
                f"ClickHouse at {self._address} stored {stored} of two blocks under one token, not one:"
                " does a proxy drop insert_deduplication_token?"
            )
            raise ClickHouseError(msg)

    async def _post(self, parameters: dict[str, str], body: bytes) -> bytes:
        try:
            response = await self._client.post("/", params=parameters, content=body)
        except httpx.HTTPError as error:
            msg = f"ClickHouse does not answer at {self._address} ({type(error).__name__})"
            raise DependencyDownError(msg) from error
        if response.is_success:
            return response.content
        code = response.headers.get("X-ClickHouse-Exception-Code", "")
        is_from_proxy = response.status_code == INTERNAL_ERROR and not code
        is_temporary = response.status_code in TEMPORARY_STATUSES or code in TEMPORARY_CODES
        if is_from_proxy or is_temporary:
            reason = code or response.status_code
            msg = f"ClickHouse at {self._address} cannot take the block now (code {reason})"
            raise DependencyDownError(msg)
        # The response may quote the row, so only its code is in the message.
        if code and code not in STRUCTURAL_CODES:
            msg = f"ClickHouse at {self._address} does not take a row (code {code})"
            raise RowsRefusedError(msg)
        msg = (
            f"ClickHouse at {self._address} refused (HTTP {response.status_code}, code {code or 'none'}):"
            " see its own log for the row"
        )
        raise ClickHouseError(msg)


def _body(rows: Sequence[Row]) -> bytes:
    try:
        return b"\n".join(orjson.dumps(row, default=str, option=orjson.OPT_UTC_Z) for row in rows)
    except (orjson.JSONEncodeError, ValueError) as error:
        msg = f"a row cannot be written as JSON ({type(error).__name__})"
        raise RowsRefusedError(msg) from error
