"""Prometheus scrapes every service, and each alert uses existing metrics and has complete annotations."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

import services.gateway.metrics
import services.meter.metrics
import services.watch.metrics
import streaming.metrics
from schemas.groups import GROUPS
from services.watch.domain.health import LagState
from weir.cli import app
from weir.config.models import Config
from weir.worker import WORKERS

ROOT = Path(__file__).parents[2]
CATALOGUES = (services.gateway.metrics, services.meter.metrics, services.watch.metrics, streaming.metrics)
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}
OF_PROMETHEUS = {"instance", "job", "service"}
STREAM_ALERTS = (
    "StreamLate",
    "StreamStopped",
    "PartitionHeld",
    "RecordsNearLoss",
    "WatchSilent",
    "GatewayNotReady",
    "DeadLetters",
)
METER_ALERTS = (
    "DecisionsGone",
    "HeldLines",
    "UsageMismatch",
    "BudgetNearlySpent",
    "BudgetSpent",
    "SpendUnusual",
)
ALERTS = STREAM_ALERTS + METER_ALERTS

Tree = Mapping[str, Any]


def exported() -> set[str]:
    """The names under which the catalogues' metrics are scraped."""
    families = [family for family in REGISTRY.collect() if family.name.startswith(("weir_", "kafka_"))]
    return {family.name + suffix for family in families for suffix in SUFFIXES[family.type]}


def labels() -> set[str]:
    metrics = [
        metric
        for catalogue in CATALOGUES
        for metric in vars(catalogue).values()
        if hasattr(metric, "_labelnames")
    ]
    return {label for metric in metrics for label in metric._labelnames}


def named(alerts: list[Tree], name: str) -> Tree:
    return next(rule for rule in alerts if rule["alert"] == name)


def test_prometheus_scrapes_every_service_at_its_port(prometheus: Tree, compose: Tree) -> None:
    scraped = {
        name: target["port"]
        for job in prometheus["scrape_configs"]
        for target in job["dns_sd_configs"]
        for name in target["names"]
    }

    config = Config()

    assert scraped == {"gateway": config.gateway.port, **dict.fromkeys(WORKERS, config.metrics_port)}
    assert set(scraped) <= set(compose["services"])


def test_the_rules_that_prometheus_reads_are_there(prometheus: Tree, alerts: list[Tree]) -> None:
    assert all((ROOT / "deploy/prometheus" / name).is_file() for name in prometheus["rule_files"])
    assert sorted(rule["alert"] for rule in alerts) == sorted(ALERTS)


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_is_about_metrics_and_labels_that_exist(name: str, alerts: list[Tree]) -> None:
    rule = named(alerts, name)
    texts = [rule["expr"], rule["annotations"]["summary"]]

    metrics = {name for text in texts for name in re.findall(r"\b(?:weir|kafka)_\w+", text)}
    grouped = {
        label
        for listed in re.findall(r"\b(?:by|on) \(([^)]*)\)", rule["expr"])
        for label in re.split(r",\s*", listed)
    }
    matched = {
        label
        for text in texts
        for listed in re.findall(r"\{(\w+[=!~][^}]*)\}", text)
        for label in re.findall(r"(\w+)[=!]~?['\"]", listed)
    }

    assert metrics
    assert metrics - exported() == set()
    assert grouped | matched <= labels() | OF_PROMETHEUS


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_what_since_when_what_next_and_where_to_read_on(name: str, alerts: list[Tree]) -> None:
    rule = named(alerts, name)
    annotations = rule["annotations"]
    page = ROOT / annotations["runbook_url"]

    commands = {
        command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands
    }
    commands |= {group.name for group in app.registered_groups}

    assert set(annotations) == {"summary", "next_step", "runbook_url"}
    assert "since" in annotations["summary"]
    assert "drain" in annotations["summary"]
    assert set(re.findall(r"\bweir (\w+)", annotations["next_step"])) <= commands
    assert page.read_text().startswith(f"# {name}\n")
    assert rule["labels"]["severity"] in {"page", "ticket"}


def test_every_runbook_belongs_to_an_alert(alerts: list[Tree]) -> None:
    linked = {Path(rule["annotations"]["runbook_url"]).name for rule in alerts}

    assert {path.name for path in (ROOT / "docs/runbooks").glob("*.md")} == linked | {"README.md"}


def test_states_and_groups_of_the_rules_are_those_of_the_watch(alerts: list[Tree]) -> None:
    text = "".join(rule["expr"] for rule in alerts)

    states = {state for listed in re.findall(r'state=~?"([^"]+)"', text) for state in listed.split("|")}
    groups = {
        group for listed in re.findall(r'consumergroup!?=~?"([^"]+)"', text) for group in listed.split("|")
    }

    assert states <= set(LagState.__args__)
    assert groups <= set(GROUPS)
