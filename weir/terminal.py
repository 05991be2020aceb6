"""What all commands share: where they print, how they fail, and whom they ask."""

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
    Path | None, typer.Option("--config", "-c", help="weir.yaml; ./weir.yaml or the built-in one by default")
]
JsonOption = Annotated[bool, typer.Option("--json", help="print JSON for scripts")]


@contextmanager
def exit_on_error() -> Generator[None]:
    """Say what went wrong in one line, and end with 1."""
    try:
        yield
    except (ConfigError, DocumentFileError, LocalStackError, MigrationError, StreamingError) as error:
        fail(str(error))


def fail(message: str, code: int = 1) -> NoReturn:
    """Say why a command cannot do what it was asked to, and end."""
    errors.print(f"weir: {message}", style="red", markup=False, highlight=False)
    raise typer.Exit(code)


def with_kafka(config: Path | None, question: Callable[[Broker], Awaitable[T]]) -> T:
    """Put a question to the Kafka of the configuration; ends with 1 and one line where it cannot be answered."""

    async def answered(bootstrap: str) -> T:
        async with KafkaBroker(bootstrap, client_id=unique_client_id("cli")) as broker:
            return await question(broker)

    with exit_on_error():
        return asyncio.run(answered(kafka_bootstrap(load(config))))


def with_clickhouse(config: Path | None, question: Callable[["Client"], T]) -> T:
    """Put a question to the ClickHouse of the configuration, likewise, as the user who only reads."""
    from weir.clickhouse import connected

    with exit_on_error(), connected(clickhouse_url(load(config), DatabaseUser.ANALYST)) as client:
        return question(client)
