"""docker-compose.yml agrees with the code: settings, ports, topics, workers, health checks, broker."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from schemas.topics import TOPICS
from services.gateway.app import build
from services.gateway.settings import GatewaySettings
from services.router.settings import RouterSettings
from streaming.settings import StreamSettings
from weir.config.file import load
from weir.config.models import Config
from weir.local.kafka.broker import BrokerSettings, properties
from weir.worker import WORKERS

ROOT = Path(__file__).parents[2]
FOREIGN = {"kafka", "clickhouse", "prometheus"}
PREFIX = "WEIR_"
TARGET_PORT = re.compile(r"127\.0\.0\.1:\d+:(\d+)")
SERVICE_KEYS = {
    *(
        "image",
        "build",
        "command",
        "environment",
        "depends_on",
        "healthcheck",
        "ports",
        "volumes",
        "restart",
        "init",
        "stop_grace_period",
    ),
    *("cap_drop", "security_opt", "ulimits"),
}
HOST_ONLY = {
    *(
        "listeners",
        "advertised.listeners",
        "listener.security.protocol.map",
        "controller.quorum.voters",
        "log.dirs",
        "num.partitions",
    ),
    *(
        "broker.session.timeout.ms",
        "broker.heartbeat.interval.ms",
        "log.cleaner.dedupe.buffer.size",
        "background.threads",
    ),
    *("num.network.threads", "num.io.threads", "num.recovery.threads.per.data.dir"),
    *(
        "offsets.topic.num.partitions",
        "transaction.state.log.num.partitions",
        "share.coordinator.state.topic.num.partitions",
    ),
}
"""Broker settings for one laptop (addresses, folders, threads, memory), and partitions of Kafka's topics."""

Tree = Mapping[str, Any]
Services = Mapping[str, Tree]


def settings_class(name: str) -> type[StreamSettings]:
    if name == "gateway":
        return GatewaySettings
    return getattr(import_module(f"services.{name}.settings"), WORKERS[name])


def of_weir(services: Services) -> Services:
    return {name: service for name, service in services.items() if name in {"gateway", *WORKERS}}


def probe_of(service: Tree) -> tuple[int, str]:
    kind, program, port, path = service["healthcheck"]["test"]
    assert (kind, program) == ("CMD", "weir-probe")
    return int(port), path


def test_every_service_is_there_and_runs_itself(services: Services) -> None:
    commands = {name: service["command"] for name, service in of_weir(services).items()}

    assert set(services) == {*FOREIGN, "prepare", "gateway", *WORKERS}
    assert commands.pop("gateway") == ["python", "-m", "services.gateway"]
    assert commands == {name: ["weir", "worker", name] for name in WORKERS}


def test_only_keys_that_compose_knows_are_used(compose: Tree) -> None:
    used = {key for service in compose["services"].values() for key in service}

    assert {key for key in compose if not key.startswith("x-")} <= {"name", "services", "volumes"}
    assert used <= SERVICE_KEYS


@pytest.mark.parametrize("name", ["gateway", *WORKERS])
def test_a_service_gets_only_variables_that_its_settings_have(
    name: str, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, environment = settings_class(name), services[name]["environment"]
    ours = {key.removeprefix(PREFIX).lower() for key in environment if key.startswith(PREFIX)}
    for key, value in environment.items():
        monkeypatch.setenv(key, value)

    read = settings.read()

    assert ours <= set(settings.model_fields)
    assert {field for field, about in settings.model_fields.items() if about.is_required()} <= ours
    assert read.kafka_bootstrap == "kafka:9092"
    assert all(isinstance(value, str) for value in environment.values()), (
        "YAML would hand on a number or a truth value in its own spelling"
    )


@pytest.mark.parametrize(
    "name", ["WEIR_SEAL_KEY", "WEIR_CLICKHOUSE_PASSWORD", "WEIR_GATEWAY_KEYS", "OPENAI_API_KEY"]
)
def test_a_secret_has_no_default_and_stands_in_no_file(name: str) -> None:
    text = (ROOT / "docker-compose.yml").read_text()

    uses = re.findall(rf"\$\{{{name}(.)(.)", text)

    assert uses
    assert all(use == (":", "?") for use in uses)


def test_only_those_who_ask_clickhouse_know_its_password(services: Services) -> None:
    knowing = {
        name for name, service in services.items() if "WEIR_CLICKHOUSE_URL" in service.get("environment", {})
    }

    assert knowing == {"prepare", "gateway", "evaluator", "sink"}


def test_the_router_gets_the_key_of_each_of_its_providers(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in services["router"]["environment"].items():
        monkeypatch.setenv(key, value)

    providers = RouterSettings.read().router_providers

    assert providers
    assert all(provider.api_key() is not None for provider in providers if provider.api_key_env)
    assert [provider.model_dump() for provider in providers] == [
        provider.model_dump() for provider in load(ROOT / "deploy/docker/weir.yaml").providers
    ]


def test_ports_are_the_defaults_of_the_settings(services: Services) -> None:
    config, gateway = Config(), services["gateway"]

    assert (
        int(gateway["environment"]["WEIR_GATEWAY_PORT"])
        == GatewaySettings.model_fields["gateway_port"].default
        == config.gateway.port
    )
    assert probe_of(gateway)[0] == config.gateway.port
    for name in WORKERS:
        environment = services[name]["environment"]
        assert probe_of(services[name])[0] == int(environment["WEIR_METRICS_PORT"]) == config.metrics_port
        assert environment["WEIR_METRICS_HOST"] == "0.0.0.0"  # noqa: S104 - inside a container: Prometheus asks from another one
    published = {
        int(port.split(":")[1]) for service in services.values() for port in service.get("ports", ())
    }
    assert {config.gateway.port, config.kafka.port, config.clickhouse.port} <= published


def test_ports_are_published_on_loopback_only(services: Services) -> None:
    ports = [port for service in services.values() for port in service.get("ports", ())]

    assert ports
    assert all(TARGET_PORT.fullmatch(port) for port in ports)


def test_health_checks_ask_for_paths_that_exist(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in services["gateway"]["environment"].items():
        monkeypatch.setenv(key, value)

    served = set(build(GatewaySettings.read()).app.openapi()["paths"])

    assert probe_of(services["gateway"])[1] in served
    assert {probe_of(services[name])[1] for name in WORKERS} == {"/metrics"}
    assert all("healthcheck" in service for name, service in services.items() if name != "prepare")


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_probe_says_by_its_exit_code_whether_the_answer_was_200(status: int, code: int) -> None:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - silent
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        command = (sys.executable, ROOT / "deploy/docker/weir-probe", str(server.server_port), "/readyz")

        probe = subprocess.run(command, timeout=30, check=False)

        server.shutdown()
    assert probe.returncode == code
    assert subprocess.run(command, timeout=30, check=False).returncode == 1


def test_services_start_only_when_topics_and_tables_are_there(services: Services) -> None:
    for name, service in services.items():
        for needed, how in service.get("depends_on", {}).items():
            is_endless = "healthcheck" in services[needed]
            assert how["condition"] == (
                "service_healthy" if is_endless else "service_completed_successfully"
            ), f"{name} needs {needed}"
    for service in of_weir(services).values():
        assert {"kafka", "prepare"} <= set(service["depends_on"])
        assert service["restart"] == "unless-stopped"


def test_topics_come_from_the_registry_alone(services: Services) -> None:
    texts = "".join(
        (ROOT / path).read_text()
        for path in ("docker-compose.yml", "deploy/docker/weir.yaml", "deploy/docker/weir-prepare")
    )

    named = [topic.name for topic in TOPICS if topic.name in texts]

    assert named == []
    assert services["kafka"]["environment"]["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_the_file_for_prepare_fits_the_keys_of_the_gateway(services: Services) -> None:
    chosen = load(ROOT / "deploy/docker/weir.yaml")

    admitted = set(json.loads(services["gateway"]["environment"]["WEIR_GATEWAY_KEYS"]).values())

    assert admitted <= {tenant.name for tenant in chosen.tenants}
    assert chosen.documents()
    assert services["prepare"]["volumes"] == ["./deploy/docker/weir.yaml:/opt/weir/weir.yaml:ro"]


def test_what_is_mounted_from_the_repository_is_there(compose: Tree) -> None:
    mounts = [volume for service in compose["services"].values() for volume in service.get("volumes", ())]

    missing = [
        mount for mount in mounts if mount.startswith("./") and not (ROOT / mount.split(":")[0]).exists()
    ]
    named = {mount.split(":")[0] for mount in mounts if not mount.startswith("./")}

    assert missing == []
    assert named == set(compose["volumes"])


def test_the_broker_has_the_settings_of_the_local_one(services: Services, tmp_path: Path) -> None:
    environment = services["kafka"]["environment"]
    configured = {
        key.removeprefix("KAFKA_").lower().replace("_", "."): value
        for key, value in environment.items()
        if key.startswith("KAFKA_")
    }
    local = properties(BrokerSettings(tmp_path, 9092, 9093), tmp_path)

    promised = {key: value for key, value in local.items() if key not in HOST_ONLY}

    assert {key: configured.get(key) for key in promised} == promised
