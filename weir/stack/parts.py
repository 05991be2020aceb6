"""The local stack as parts: the embedded servers that the configuration asks for, and the services in their processes."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from weir.config.models import Config
from weir.local.clickhouse.access import DatabaseUser, address
from weir.local.environment import NETWORK_VARIABLES
from weir.local.parts import PortNeed, StackPart, http_probe
from weir.local.stack import embedded_clickhouse, embedded_kafka, embedded_model
from weir.stack.secrets import SEAL_VARIABLE, gateway_keys, seal_key
from weir.worker import WORKERS

KAFKA_VARIABLE = "WEIR_KAFKA_BOOTSTRAP"
CLICKHOUSE_VARIABLE = "WEIR_CLICKHOUSE_URL"
CLICKHOUSE_USERS = {
    "gateway": DatabaseUser.ANALYST,
    "evaluator": DatabaseUser.ANALYST,
    "sink": DatabaseUser.WRITER,
}
"""The services that ask ClickHouse, and as whom: only the sink writes."""
WITHOUT_SEAL = frozenset({"watch"})
"""Services that open and seal nothing."""
SHARED_SETTINGS = ("WEIR_SESSION_TIMEOUT_S", "WEIR_METRICS_HOST", "WEIR_LOG_LEVEL")
"""Settings of every service that `weir.yaml` does not hold; the shell may set them."""


def kafka_bootstrap(config: Config) -> str:
    """Where Kafka is: the environment wins over the file, and the embedded broker is the default."""
    return os.environ.get(KAFKA_VARIABLE) or config.kafka.bootstrap or f"127.0.0.1:{config.kafka.port}"


def clickhouse_url(config: Config, user: DatabaseUser = DatabaseUser.WRITER) -> str:
    """Where ClickHouse is, found like Kafka; with the user's credentials where it is the embedded one, so never for a log."""
    return external_clickhouse_url(config) or address(home(config), config.clickhouse.port, user)


def external_clickhouse_url(config: Config) -> str | None:
    """The address of a ClickHouse that the stack does not start."""
    return os.environ.get(CLICKHOUSE_VARIABLE) or config.clickhouse.url


def home(config: Config) -> Path:
    """The state folder."""
    return config.home.expanduser().resolve()


def is_kafka_embedded(config: Config) -> bool:
    """Whether the stack starts its own broker."""
    return not (os.environ.get(KAFKA_VARIABLE) or config.kafka.bootstrap)


def is_clickhouse_embedded(config: Config) -> bool:
    """Whether the stack starts its own ClickHouse."""
    return not external_clickhouse_url(config)


def environment(config: Config) -> Mapping[str, str]:
    """The settings of all services together, for a process that runs any of them."""
    # The sink comes after those that only read: the last address of ClickHouse stays.
    return {
        name: value
        for service in ("gateway", *WORKERS)
        for name, value in service_environment(config, service).items()
    }


def service_environment(config: Config, service: str) -> Mapping[str, str]:
    """The settings that one service has from the configuration."""
    folder = home(config)
    variables = {KAFKA_VARIABLE: kafka_bootstrap(config)}
    if service not in WITHOUT_SEAL:
        variables[SEAL_VARIABLE] = seal_key(folder)
    if service in CLICKHOUSE_USERS:
        variables[CLICKHOUSE_VARIABLE] = clickhouse_url(config, CLICKHOUSE_USERS[service])
    if service == "gateway":
        variables |= {
            "WEIR_GATEWAY_HOST": config.gateway.host,
            "WEIR_GATEWAY_PORT": str(config.gateway.port),
            "WEIR_GATEWAY_KEYS": json.dumps(gateway_keys(config, folder)),
            "WEIR_GATEWAY_DEADLINE_S": str(config.gateway.deadline_s),
            "WEIR_GATEWAY_LAG_LIMIT_S": str(config.gateway.lag_limit_s),
            "WEIR_GATEWAY_HELD_LIMIT_S": str(config.gateway.held_limit_s),
        }
    if service == "router":
        variables["WEIR_ROUTER_PROVIDERS"] = json.dumps(
            [provider.model_dump() for provider in config.providers]
        )
    return variables


def inherited_variables(config: Config, services: Sequence[str]) -> Sequence[str]:
    """The variables of this shell that the services may see: their own settings, and the router's keys and ways out."""
    names = [*SHARED_SETTINGS, *(f"WEIR_{service.upper()}_*" for service in services)]
    if "router" in services:
        names += [
            *NETWORK_VARIABLES,
            *(provider.api_key_env for provider in config.providers if provider.api_key_env),
        ]
    return names


def servers(config: Config) -> list[StackPart]:
    """The embedded servers, by what the configuration leaves to the stack."""
    folder = home(config)
    parts: list[StackPart] = []
    if is_kafka_embedded(config):
        parts.append(embedded_kafka(folder, config.kafka.port))
    if is_clickhouse_embedded(config):
        parts.append(embedded_clickhouse(folder, config.clickhouse.port))
    if config.model.enabled:
        parts.append(embedded_model(config.model.port))
    return parts


def services(config: Config, needs: Sequence[str]) -> list[StackPart]:
    """The gateway and the workers, which start once their topics and tables are there."""
    gateway = StackPart(
        name="gateway",
        command=[sys.executable, "-m", "services.gateway"],
        is_ready=http_probe(config.gateway.port, "/startupz"),
        address=f"http://{config.gateway.host}:{config.gateway.port}",
        environment=service_environment(config, "gateway"),
        inherits=inherited_variables(config, ["gateway"]),
        needs=needs,
        ports=[PortNeed(config.gateway.port, "gateway.port")],
    )
    return [
        gateway,
        *(
            _worker(config, names, config.metrics_port + index, needs)
            for index, names in enumerate(config.workers)
        ),
    ]


def _worker(config: Config, names: Sequence[str], port: int, needs: Sequence[str]) -> StackPart:
    variables: dict[str, str] = {}
    # One that writes comes last: services of one process share its user of ClickHouse.
    for name in sorted(names, key=lambda name: CLICKHOUSE_USERS.get(name) is DatabaseUser.WRITER):
        variables |= service_environment(config, name)
    return StackPart(
        name="+".join(names),
        command=[sys.executable, "-m", "weir.worker", *names],
        is_ready=http_probe(port, "/metrics"),
        address=f"http://127.0.0.1:{port}/metrics",
        environment={**variables, "WEIR_METRICS_PORT": str(port)},
        inherits=inherited_variables(config, names),
        needs=needs,
        ports=[PortNeed(port, "metrics_port")],
    )
