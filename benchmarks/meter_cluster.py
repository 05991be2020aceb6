"""A Kafka of its own for a measurement of the meter, with topics, documents and meter processes."""

import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.meter_decisions import KEY
from benchmarks.meter_traffic import publish_documents
from benchmarks.worker_process import WorkerProcess
from schemas.topics import kafka_topics
from streaming.brokers.kafka.broker import KafkaBroker
from streaming.brokers.records import TopicPartition
from streaming.events.publishing import Publisher
from streaming.process import unique_client_id
from streaming.seal.seal import Sealer
from weir.local.stack import running_kafka

# All timestamps come from one clock.
BY_BROKER = {"message.timestamp.type": "LogAppendTime"}


@dataclass(frozen=True, slots=True)
class BenchmarkCluster:
    """A new Kafka with all topics and documents, and a folder for logs."""

    broker: KafkaBroker
    bootstrap: str
    folder: Path
    partitions: int

    def publisher(self, group: str = "guard") -> Publisher:
        """A publisher under the name of a service."""
        return Publisher(self.broker.producer, group=group, sealer=Sealer.from_text(KEY))

    def meter(self, snapshot_every_s: float = 3600) -> WorkerProcess:
        """Start the meter."""
        environment = {
            "WEIR_KAFKA_BOOTSTRAP": self.bootstrap,
            "WEIR_SEAL_KEY": KEY,
            "WEIR_METER_SNAPSHOT_EVERY_S": str(snapshot_every_s),
        }
        return WorkerProcess(["-m", "services.meter"], environment, self.folder / "meter.log")

    async def count(self, topic: str) -> int:
        """The number of records on a topic."""
        return sum(
            [await self.broker.reader.end(TopicPartition(topic, number)) for number in range(self.partitions)]
        )


@asynccontextmanager
async def running_cluster(partitions: int) -> AsyncGenerator[BenchmarkCluster]:
    """Start Kafka for one measurement, with topics and documents."""
    with tempfile.TemporaryDirectory(prefix="weir-meter-") as name, running_kafka(Path(name)) as bootstrap:
        async with KafkaBroker(bootstrap, client_id=unique_client_id("bench")) as broker:
            await broker.admin.create_topics(
                {
                    name: (count, {**config, **BY_BROKER})
                    for name, (count, config) in kafka_topics(partitions).items()
                }
            )
            cluster = BenchmarkCluster(broker, bootstrap, Path(name), partitions)
            await publish_documents(cluster.publisher())
            yield cluster
