"""What all commands share: consoles, common options, error exits, and access to Kafka and ClickHouse."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import typer
from rich.console import Console

from schemas.document_files import DocumentFileError
from streaming.brokers.kafka.broker import KafkaBroker
from streaming.brokers.port import Broker
from streaming.errors import StreamingError
from streaming.process import unique_client_id
from weir.config.file import ConfigError, load
from weir.local.clickhouse.access import DatabaseUser
from weir.local.errors import LocalStackError
from weir.stack.migrate import MigrationError
from weir.stack.parts import clickhouse_url, kafka_bootstrap

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

T = TypeVar("T")
PIPED_WIDTH_COLUMNS = 140
console = Console() if sys.stdout.isatty() else Console(width=PIPED_WIDTH_COLUMNS)
errors = Console(stderr=True, width=None if sys.stderr.isatty() else PIPED_WIDTH_COLUMNS)

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="configuration file; default: ./weir.yaml, else the built-in one"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="print JSON")]


@contextmanager
def exit_on_error() -> Generator[None]:
    """Print an expected error as `weir: ...` on stderr and exit with 1."""
    try:
        yield
    except (ConfigError, DocumentFileError, LocalStackError, MigrationError, StreamingError) as error:
        fail(str(error))


def fail(message: str, code: int = 1) -> NoReturn:
    """Print why a command cannot run on stderr, and exit with `code`."""
    errors.print(f"weir: {message}", style="red", markup=False, highlight=False)
    raise typer.Exit(code)


def with_kafka(config: Path | None, query: Callable[[Broker], Awaitable[T]]) -> T:
    """Run a query on the configured Kafka; exits with 1 and a message on an expected error."""

    async def run(bootstrap: str) -> T:
        async with KafkaBroker(bootstrap, client_id=unique_client_id("cli")) as broker:
            return await query(broker)

    with exit_on_error():
        return asyncio.run(run(kafka_bootstrap(load(config))))


def with_clickhouse(config: Path | None, query: Callable[["Client"], T]) -> T:
    """Run a query on the configured ClickHouse as the read-only user; exits with 1 on an expected error."""
    from weir.clickhouse import connected

    with exit_on_error(), connected(clickhouse_url(load(config), DatabaseUser.ANALYST)) as client:
        return query(client)
