"""The parts of the local stack that a configuration needs: embedded servers, the gateway and the workers."""

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
"""The services that use ClickHouse, and their database user: only the sink writes."""
WITHOUT_SEAL = frozenset({"watch"})
"""Services that need no seal key, because they neither seal nor open content."""
WITH_PLUGINS = frozenset({"guard", "router", "evaluator"})
"""The services that plug-ins extend."""
SHARED_SETTINGS = ("WEIR_SESSION_TIMEOUT_S", "WEIR_METRICS_HOST", "WEIR_LOG_LEVEL")
"""Settings of every service that are not in `weir.yaml`; services inherit them from this environment."""


def kafka_bootstrap(config: Config) -> str:
    """The bootstrap address: of the environment, else of the file, else of the embedded broker."""
    return os.environ.get(KAFKA_VARIABLE) or config.kafka.bootstrap or f"127.0.0.1:{config.kafka.port}"


def clickhouse_url(config: Config, user: DatabaseUser = DatabaseUser.WRITER) -> str:
    """The URL of the external ClickHouse, else of the embedded one with credentials; keep it out of logs."""
    return external_clickhouse_url(config) or address(home(config), config.clickhouse.port, user)


def external_clickhouse_url(config: Config) -> str | None:
    """The URL of a ClickHouse that the stack does not start: of the environment, else of the file."""
    return os.environ.get(CLICKHOUSE_VARIABLE) or config.clickhouse.url


def home(config: Config) -> Path:
    """The state folder of the stack, as an absolute path."""
    return config.home.expanduser().resolve()


def is_kafka_embedded(config: Config) -> bool:
    """Whether the stack starts its own broker."""
    return not (os.environ.get(KAFKA_VARIABLE) or config.kafka.bootstrap)


def is_clickhouse_embedded(config: Config) -> bool:
    """Whether the stack starts its own ClickHouse."""
    return not external_clickhouse_url(config)


def environment(config: Config) -> Mapping[str, str]:
    """The settings of all services together, for a process that runs any of them."""
    # The sink comes after the services that only read, so that its ClickHouse user remains.
    return {
        name: value
        for service in ("gateway", *WORKERS)
        for name, value in service_environment(config, service).items()
    }


def service_environment(config: Config, service: str) -> Mapping[str, str]:
    """The environment variables that configure one service."""
    folder = home(config)
    variables = {KAFKA_VARIABLE: kafka_bootstrap(config)}
    if service not in WITHOUT_SEAL:
        variables[SEAL_VARIABLE] = seal_key(folder)
    if service in CLICKHOUSE_USERS:
        variables[CLICKHOUSE_VARIABLE] = clickhouse_url(config, CLICKHOUSE_USERS[service])
    if config.plugins and service in WITH_PLUGINS:
        variables["WEIR_PLUGINS"] = json.dumps(config.plugins)
    if config.metrics and service == "evaluator":
        metrics = [metric.model_dump() for metric in config.metrics]
        variables["WEIR_EVALUATOR_HTTP_METRICS"] = json.dumps(metrics)
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
    """The names of variables that services inherit: own settings, and for the router API keys and proxies."""
    names = [*SHARED_SETTINGS, *(f"WEIR_{service.upper()}_*" for service in services)]
    if "router" in services:
        names += [
            *NETWORK_VARIABLES,
            *(provider.api_key_env for provider in config.providers if provider.api_key_env),
        ]
    return names


def servers(config: Config) -> list[StackPart]:
    """The embedded servers that the configuration needs."""
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
    """The gateway and the workers; each starts after all parts named in `needs` are ready."""
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
    # A service that writes comes last: the services of one process share its ClickHouse user.
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
