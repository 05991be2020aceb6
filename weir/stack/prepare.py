"""Prepares Kafka and ClickHouse for the services: topics, documents and tables; each step is idempotent."""

import asyncio
from collections.abc import Callable

from streaming.brokers.kafka.broker import KafkaBroker
from streaming.errors import DependencyDownError, StreamingError
from streaming.process import unique_client_id
from weir.clickhouse import connected
from weir.config.models import Config
from weir.local.parts import Probe
from weir.stack.migrate import migrate
from weir.stack.parts import clickhouse_url, kafka_bootstrap
from weir.stack.publish import create_topics, publish_documents

PREPARE_TIMEOUT_S = 30.0


def prepare_kafka(config: Config) -> list[str]:
    """Create missing topics, update older ones, publish changed documents; returns the changes by name."""
    return asyncio.run(_prepare_kafka(config))


async def _prepare_kafka(config: Config) -> list[str]:
    address = kafka_bootstrap(config)
    try:
        async with (
            asyncio.timeout(PREPARE_TIMEOUT_S),
            KafkaBroker(address, client_id=unique_client_id("prepare")) as broker,
        ):
            changed = await create_topics(broker, config.kafka.partitions)
            return [*changed, *await publish_documents(broker, config.documents())]
    except TimeoutError as error:
        msg = f"Kafka at {address} did not take topics and documents within {PREPARE_TIMEOUT_S:.0f} s"
        raise DependencyDownError(msg) from error


def prepare_clickhouse(config: Config) -> list[str]:
    """Apply the missing migrations; returns their names."""
    with connected(clickhouse_url(config)) as client:
        return migrate(client)


def ready_when_prepared(probe: Probe, prepare: Callable[[], object]) -> Probe:
    """A probe that is ready once the server is ready and prepared; a failed preparation is tried again."""
    is_prepared = False

    def is_ready() -> bool:
        nonlocal is_prepared
        if not probe():
            return False
        if not is_prepared:
            try:
                prepare()
            except StreamingError:
                return False
            is_prepared = True
        return True

    return is_ready
