"""The ClickHouse client of the command line: bounded timeouts, and errors that name the address."""

from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import SplitResult, urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError, OperationalError

from streaming.errors import DependencyDownError, StreamingError

DEFAULT_PORT = 8123
CONNECT_TIMEOUT_S = 5
QUERY_TIMEOUT_S = 60
UNKNOWN_TABLE, UNKNOWN_DATABASE = 60, 81
AUTHENTICATION_FAILED = 516


class MissingTablesError(StreamingError):
    """ClickHouse answers, but the tables of Weir are missing or of an older version."""


class CredentialsRefusedError(StreamingError):
    """ClickHouse answers, but refuses the user or the password."""


@contextmanager
def connected(url: str) -> Generator[Client]:
    """A client of the ClickHouse at `url`, closed at the end of the block.

    Raises DependencyDownError if ClickHouse does not answer, also within the block, CredentialsRefusedError,
    and MissingTablesError for a query in the block that needs a table or database that does not exist.
    """
    parts = urlsplit(url)
    address = f"{parts.hostname}:{parts.port or DEFAULT_PORT}"
    client = _open(parts, address)
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
        msg = f"ClickHouse at {address} stopped answering"
        raise DependencyDownError(msg) from error
    finally:
        client.close()


def _open(parts: SplitResult, address: str) -> Client:
    try:
        return clickhouse_connect.get_client(
            host=parts.hostname or "127.0.0.1",
            port=parts.port or DEFAULT_PORT,
            username=parts.username,
            password=parts.password or "",
            secure=parts.scheme == "https",
            connect_timeout=CONNECT_TIMEOUT_S,
            send_receive_timeout=QUERY_TIMEOUT_S,
            autogenerate_session_id=False,
        )
    except (ClickHouseError, OSError) as error:
        if isinstance(error, DatabaseError) and error.code == AUTHENTICATION_FAILED:
            msg = (
                f"ClickHouse at {address} refuses the user or the password of the request: "
                "`weir clickhouse` shows those of the local one"
            )
            raise CredentialsRefusedError(msg) from error
        msg = f"ClickHouse does not answer at {address}: is the stack up? `weir status` shows it"
        raise DependencyDownError(msg) from error


def is_connection_failure(error: DatabaseError) -> bool:
    """Whether the server did not answer; an error that the server reports has a code."""
    return isinstance(error, OperationalError) and error.code is None
