"""Chooses where Kafka and ClickHouse run: at a given address, in Docker if preferred, else embedded."""

from dataclasses import dataclass
from typing import Literal

import docker
from docker.errors import DockerException
from requests.exceptions import RequestException

DOCKER_TIMEOUT_S = 2

Kind = Literal["given", "docker", "embedded"]


@dataclass(frozen=True, slots=True)
class BackendChoice:
    """The chosen location of a server, with the reason."""

    service: str
    kind: Kind
    address: str | None
    """None for servers that the stack starts itself."""
    reason: str

    def __str__(self) -> str:
        """One line of output: service, kind, address and reason."""
        location = f" at {self.address}" if self.address else ""
        return f"{self.service}: {self.kind}{location} ({self.reason})"


def locate_kafka(bootstrap: str | None, *, prefer_docker: bool) -> BackendChoice:
    """Choose the broker: a given bootstrap address, Docker if preferred and running, else embedded."""
    return _locate("kafka", bootstrap, prefer_docker=prefer_docker)


def locate_clickhouse(url: str | None, *, prefer_docker: bool) -> BackendChoice:
    """Choose ClickHouse in the same order."""
    return _locate("clickhouse", url, prefer_docker=prefer_docker)


def _locate(service: str, given: str | None, *, prefer_docker: bool) -> BackendChoice:
    if given:
        return BackendChoice(service, "given", without_credentials(given), "named by the settings")
    if not prefer_docker:
        return BackendChoice(service, "embedded", None, "no address is set")
    if docker_answers():
        return BackendChoice(service, "docker", None, "preferred, and an engine answers")
    return BackendChoice(
        service, "embedded", None, f"Docker is preferred, but no engine answered within {DOCKER_TIMEOUT_S} s"
    )


def without_credentials(address: str) -> str:
    """An address for output: a URL without its user and password."""
    scheme, separator, rest = address.rpartition("://")
    return scheme + separator + rest.rpartition("@")[2]


def docker_answers() -> bool:
    """Whether a Docker engine answers a ping within two seconds."""
    try:
        client = docker.from_env(timeout=DOCKER_TIMEOUT_S)
    except DockerException:
        return False
    try:
        return bool(client.ping())
    except (DockerException, RequestException):
        return False
    finally:
        client.close()
