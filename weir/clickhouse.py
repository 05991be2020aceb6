"""ClickHouse as the command line asks it: one client with bounded timeouts, and errors that say where it was looked for."""

from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError, OperationalError

from streaming.errors import DependencyDownError, StreamingError

CONNECT_TIMEOUT_S = 5
QUERY_TIMEOUT_S = 60
UNKNOWN_TABLE, UNKNOWN_DATABASE = 60, 81
AUTHENTICATION_FAILED = 516


class MissingTablesError(StreamingError):
    """ClickHouse answers, but nobody has made the tables."""


class CredentialsRefusedError(StreamingError):
    """ClickHouse answers, but not to this user with this password."""


@contextmanager
def connected(url: str) -> Generator[Client]:
    """A client of the ClickHouse at `url`; raises DependencyDownError where it does not answer, also later on."""
    parts = urlsplit(url)
    address = f"{parts.hostname}:{parts.port or 8123}"
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
    except (ClickHouseError, OSError) as error:
        if isinstance(error, DatabaseError) and error.code == AUTHENTICATION_FAILED:
            msg = f"ClickHouse at {address} refuses the user or the password that it was asked with: `weir clickhouse` shows those of the local one"
            raise CredentialsRefusedError(msg) from error
        msg = f"ClickHouse does not answer at {address}: is the stack up? `weir status` tells"
        raise DependencyDownError(msg) from error
    try:
        yield client
    except DatabaseError as error:
        if error.code in {UNKNOWN_TABLE, UNKNOWN_DATABASE}:
            msg = f"ClickHouse at {address} has no tables of Weir, or old ones: run `weir migrate`"
            raise MissingTablesError(msg) from error
        if is_connection_failure(error):
            msg = f"ClickHouse stopped answering at {address}"
            raise DependencyDownError(msg) from error
        raise
    except (OperationalError, OSError) as error:
        msg = f"ClickHouse at {parts.hostname}:{parts.port or 8123} stopped answering"
        raise DependencyDownError(msg) from error
    finally:
        client.close()


def is_connection_failure(error: DatabaseError) -> bool:
    """Whether nobody answered; what the server refuses has a code."""
    return isinstance(error, OperationalError) and error.code is None
