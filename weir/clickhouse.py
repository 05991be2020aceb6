"""ClickHouse as the command line asks it: one client with bounded timeouts, and errors that say where it was looked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, OperationalError

from streaming.errors import DependencyDownError

CONNECT_TIMEOUT_S = 5
QUERY_TIMEOUT_S = 60


@contextmanager
def connected(url: str) -> Iterator[Client]:
    """A client of the ClickHouse at `url`; raises DependencyDownError where it does not answer."""
    parts = urlsplit(url)
    try:
        client = clickhouse_connect.get_client(
            host=parts.hostname or "127.0.0.1",
            port=parts.port or 8123,
            username=parts.username,
            password=parts.password or "",
            secure=parts.scheme == "https",
            connect_timeout=CONNECT_TIMEOUT_S,
            send_receive_timeout=QUERY_TIMEOUT_S,
            autogenerate_session_id=False,
        )
    except (ClickHouseError, OperationalError, OSError) as error:
        msg = f"ClickHouse does not answer at {parts.hostname}:{parts.port or 8123}: is the stack up? `weir status` tells"
        raise DependencyDownError(msg) from error
    try:
        yield client
    finally:
        client.close()
