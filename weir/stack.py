"""The local stack as parts: the embedded servers that the configuration asks for, and the services in their processes."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from weir.config import Config
from weir.local.parts import Part, PortNeed, http_probe
from weir.local.stack import embedded_clickhouse, embedded_kafka, embedded_model
from weir.secrets import gateway_keys, seal_key

KAFKA_VARIABLE = "WEIR_KAFKA_BOOTSTRAP"
CLICKHOUSE_VARIABLE = "WEIR_CLICKHOUSE_URL"


def kafka_bootstrap(config: Config) -> str:
    """Where Kafka is: the environment wins over the file, and the embedded broker is the default."""
    return os.environ.get(KAFKA_VARIABLE) or config.kafka.bootstrap or f"127.0.0.1:{config.kafka.port}"


def clickhouse_url(config: Config) -> str:
    """Where ClickHouse is, found like Kafka."""
    return os.environ.get(CLICKHOUSE_VARIABLE) or config.clickhouse.url or f"http://127.0.0.1:{config.clickhouse.port}"


def home(config: Config) -> Path:
    """The state folder."""
    return config.home.expanduser().resolve()


def is_kafka_embedded(config: Config) -> bool:
    """Whether the stack starts its own broker."""
    return not (os.environ.get(KAFKA_VARIABLE) or config.kafka.bootstrap)


def is_clickhouse_embedded(config: Config) -> bool:
    """Whether the stack starts its own ClickHouse."""
    return not (os.environ.get(CLICKHOUSE_VARIABLE) or config.clickhouse.url)


def environment(config: Config) -> Mapping[str, str]:
    """The settings of all services as environment variables."""
    folder = home(config)
    providers = [provider.model_dump() for provider in config.providers]
    return {
        KAFKA_VARIABLE: kafka_bootstrap(config),
        CLICKHOUSE_VARIABLE: clickhouse_url(config),
        "WEIR_SEAL_KEY": seal_key(folder),
        "WEIR_GATEWAY_HOST": config.gateway.host,
        "WEIR_GATEWAY_PORT": str(config.gateway.port),
        "WEIR_GATEWAY_KEYS": json.dumps(gateway_keys(config, folder)),
        "WEIR_GATEWAY_DEADLINE_S": str(config.gateway.deadline_s),
        "WEIR_GATEWAY_LAG_LIMIT_S": str(config.gateway.lag_limit_s),
        "WEIR_GATEWAY_HELD_LIMIT_S": str(config.gateway.held_limit_s),
        "WEIR_ROUTER_PROVIDERS": json.dumps(providers),
    }


def servers(config: Config) -> list[Part]:
    """The embedded servers, by what the configuration leaves to the stack."""
    folder = home(config)
    parts: list[Part] = []
    if is_kafka_embedded(config):
        parts.append(embedded_kafka(folder, config.kafka.port))
    if is_clickhouse_embedded(config):
        parts.append(embedded_clickhouse(folder, config.clickhouse.port))
    if config.model.enabled:
        parts.append(embedded_model(config.model.port))
    return parts


def services(config: Config, needs: Sequence[str]) -> list[Part]:
    """The gateway and the workers, which start once their topics and tables are there."""
    variables = environment(config)
    gateway = Part(
        name="gateway",
        command=[sys.executable, "-m", "services.gateway"],
        is_ready=http_probe(config.gateway.port, "/startupz"),
        address=f"http://{config.gateway.host}:{config.gateway.port}",
        environment=variables,
        needs=needs,
        ports=[PortNeed(config.gateway.port, "gateway.port")],
    )
    return [gateway, *(_worker(names, config.metrics_port + index, variables, needs) for index, names in enumerate(config.workers))]


def _worker(names: Sequence[str], port: int, variables: Mapping[str, str], needs: Sequence[str]) -> Part:
    return Part(
        name="+".join(names),
        command=[sys.executable, "-m", "weir.worker", *names],
        is_ready=http_probe(port, "/metrics"),
        address=f"http://127.0.0.1:{port}/metrics",
        environment={**variables, "WEIR_METRICS_PORT": str(port)},
        needs=needs,
        ports=[PortNeed(port, "metrics_port")],
    )
