"""Runs `weir demo`: starts a stack, sends the requests, and prints outcomes, costs, lag and balance."""

import asyncio
import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from clickhouse_connect.driver.client import Client
from rich.console import Console
from rich.live import Live
from rich.table import Table

from schemas.groups import GROUPS
from streaming.brokers.kafka.broker import KafkaBroker
from streaming.partitions.lag import lag_of
from streaming.process import unique_client_id
from weir.clickhouse import connected
from weir.config.file import load, parse
from weir.config.models import Config
from weir.demo.requests import DemoRequestResult, by_http, by_kafka
from weir.local.clickhouse.access import DatabaseUser
from weir.local.detached import start_detached
from weir.local.parts import PortNeed, StackPart, http_probe
from weir.stack.parts import clickhouse_url, home, kafka_bootstrap
from weir.stack.secrets import tenant_key
from weir.stack.tables import balance_table, lag_table
from weir.stack.up import START_TIMEOUT_S, fetch, stop
from weir.verify.balance import StreamBalance
from weir.verify.verification import verify_until

STUB_PORT_OFFSET = 4
DRAIN_TIMEOUT_S = 60.0
QUERIES = (
    (
        "cost by tenant and model",
        (
            "SELECT tenant, provider, served_model AS model, attempts AS calls, input_tokens, "
            "output_tokens, toString(cost_usd) AS cost_usd, not_priced "
            "FROM weir.cost_by_tenant_model ORDER BY ALL"
        ),
    ),
    (
        "outcomes",
        (
            "SELECT tenant, status, error_code, count() AS requests FROM weir.completions "
            "GROUP BY ALL ORDER BY ALL"
        ),
    ),
    ("verdicts", "SELECT tenant, direction, kind, action, requests, found FROM weir.verdicts ORDER BY ALL"),
    (
        "dead letters",
        "SELECT topic, reason, error, count() AS records FROM weir.dead_letters GROUP BY ALL ORDER BY ALL",
    ),
    (
        "latency by stage (answered)",
        "SELECT stage, requests, p50_ms, p99_ms FROM weir.latency_by_stage ORDER BY p50_ms",
    ),
)


def demo_config(config_file: Path | None) -> Config:
    """The demo's own configuration, with the ports and the state folder of the given one."""
    base = load(config_file)
    text = (files("weir") / "demo.yaml").read_text()
    text = text.replace("{model_port}", str(base.model.port)).replace("{stub_port}", str(stub_port(base)))
    shared = {
        name: getattr(base, name)
        for name in ("home", "kafka", "clickhouse", "model", "gateway", "metrics_port")
    }
    return parse(text, "demo.yaml").model_copy(update=shared)


def stub_port(config: Config) -> int:
    """The port of the stub provider: that of the small model plus 4."""
    return config.model.port + STUB_PORT_OFFSET


def stub(config: Config) -> StackPart:
    """The stub provider as a part of the stack."""
    port = stub_port(config)
    return StackPart(
        name="stub",
        command=[sys.executable, "-m", "weir.local.stub_provider", "--port", str(port), "--latency-ms", "40"],
        is_ready=http_probe(port, "/health"),
        address=f"http://127.0.0.1:{port}/v1",
        ports=[PortNeed(port, "model.port")],
    )


def run(config_file: Path | None, console: Console, *, keep: bool) -> int:
    """Run the demo; returns 0 only if all outcomes are as expected and the balance closes."""
    config = demo_config(config_file)
    fetch(config, console)
    console.print(f"starting the stack in {home(config)} ...")
    command = [sys.executable, "-m", "weir.demo", *([str(config_file)] if config_file else [])]
    started = start_detached(command, home(config), START_TIMEOUT_S, {"WEIR_HOME": str(home(config))})
    for part in started.parts:
        console.print(f"  {part.name:16} pid {part.pid}  {part.address}")
    try:
        return asyncio.run(_send_and_report(config, console))
    finally:
        if keep:
            gateway = f"http://127.0.0.1:{config.gateway.port}"
            console.print(f"the stack is still up: gateway at {gateway}; `weir down` stops it")
        else:
            stop(config)


async def _send_and_report(config: Config, console: Console) -> int:
    url = clickhouse_url(config, DatabaseUser.ANALYST)
    async with KafkaBroker(kafka_bootstrap(config), client_id=unique_client_id("demo")) as broker:
        with connected(url) as client:
            results = await _send(config, console)
            console.print("waiting for the stream to drain ...")
            balance = await verify_until(broker, url, DRAIN_TIMEOUT_S)
            _print_queries(client, console)
            lags = [lag for group, topics in GROUPS.items() for lag in await lag_of(broker, group, topics)]
            console.print(
                lag_table([lag for lag in lags if not lag.topic_partition.topic.endswith(".dlq")]),
                "",
                balance_table(balance),
            )
            return _exit_code(balance, results, console)


async def _send(config: Config, console: Console) -> Sequence[DemoRequestResult]:
    keys = {tenant.name: tenant_key(home(config), tenant.name) for tenant in config.tenants}
    gateway = f"http://127.0.0.1:{config.gateway.port}"
    results: list[DemoRequestResult] = []
    with Live(_results_table(results), console=console, refresh_per_second=4) as live:

        def show() -> None:
            live.update(_results_table(results))

        await asyncio.to_thread(by_kafka, kafka_bootstrap(config), results, show)
        await by_http(gateway, keys, results, show)
    return results


def _exit_code(balance: StreamBalance, results: Sequence[DemoRequestResult], console: Console) -> int:
    unexpected = [result for result in results if not result.is_as_expected]
    for result in unexpected:
        console.print(f"[red]unexpected:[/red] {result.what}: {result.outcome}, expected {result.expected}")
    return 0 if balance.closes and not unexpected else 1


def _print_queries(client: Client, console: Console) -> None:
    for title, sql in QUERIES:
        result = client.query(sql)
        table = Table(*(name for name in result.column_names), title=title, title_justify="left", box=None)
        for row in result.result_rows:
            table.add_row(*("-" if value is None else str(value) for value in row))
        console.print(table, "")


def _results_table(results: Sequence[DemoRequestResult]) -> Table:
    table = Table("via", "tenant", "what", "outcome", "ms", box=None)
    for result in results:
        style = None if result.is_as_expected else "yellow"
        milliseconds = f"{result.ms:.0f}" if result.ms else ""
        outcome = result.outcome or "..."
        table.add_row(result.via, result.tenant, result.what, outcome, milliseconds, style=style)
    return table


def supervise(config_file: Path | None) -> None:
    """Supervise the stack of the demo, with the stub provider, in the foreground."""
    from weir.local.supervisor import Supervisor
    from weir.stack.up import parts

    config = demo_config(config_file)
    Supervisor([stub(config), *parts(config)], home(config)).run()
