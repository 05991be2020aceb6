"""The outcome index in ClickHouse: a row of `completions` holds the offset of its outcome on the log."""

import asyncio
from urllib.parse import urlsplit

import aiohttp
from clickhouse_connect import get_async_client
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.exceptions import ClickHouseError

from streaming.errors import DependencyDownError

QUERY = """
SELECT kpart, koff FROM weir.completions
WHERE tenant = {tenant:String} AND request_id = {request_id:String} AND status != 'duplicate'
ORDER BY koff DESC LIMIT 1
"""
CONNECT_TIMEOUT_S = 2
QUERY_TIMEOUT_S = 5.0


class ClickHouseIndex:
    """Reads the table of completions; connects at the first query: the gateway starts without ClickHouse."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: AsyncClient | None = None
        self._connecting = asyncio.Lock()

    async def find(self, tenant: str, request_id: str) -> tuple[int, int] | None:
        """Partition and offset of the newest outcome that is not a duplicate.

        Raises DependencyDownError, whose message names the address.
        """
        try:
            async with asyncio.timeout(QUERY_TIMEOUT_S):
                client = await self._connected()
                result = await client.query(QUERY, parameters={"tenant": tenant, "request_id": request_id})
        except (ClickHouseError, aiohttp.ClientError, TimeoutError, OSError) as error:
            raise DependencyDownError(
                f"ClickHouse does not answer at {self._address} ({type(error).__name__})"
            ) from error
        return next(((int(partition), int(offset)) for partition, offset in result.result_rows), None)

    async def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            await self._client.close()

    @property
    def _address(self) -> str:
        """Host and port, without the credentials that the URL may hold."""
        parts = urlsplit(self._url)
        return f"{parts.hostname}:{parts.port}"

    async def _connected(self) -> AsyncClient:
        async with self._connecting:
            if self._client is None:
                self._client = await get_async_client(
                    dsn=self._url,
                    connect_timeout=CONNECT_TIMEOUT_S,
                    send_receive_timeout=int(QUERY_TIMEOUT_S),
                    autogenerate_session_id=False,
                )
            return self._client
