"""`weir demo`: about thirty requests of real kinds through HTTP and plain Kafka, shown as they move, then told from ClickHouse."""

import asyncio
import sys
from collections.abc import Callable, Sequence
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

STUB_OFFSET = 4
DRAIN_S = 60.0
QUERIES = (
    (
        "cost by tenant and model",
        (
            "SELECT tenant, provider, served_model AS model, attempts AS calls, input_tokens, output_tokens, toString(cost_usd) AS cost_usd, "
            "not_priced "
            "FROM weir.cost_by_tenant_model ORDER BY ALL"
        ),
    ),
    (
        "outcomes",
        "SELECT tenant, status, error_code, count() AS requests FROM weir.completions GROUP BY ALL ORDER BY ALL",
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
    """The demo's own configuration on the ports and in the folder of the given one."""
    given = load(config_file)
    text = (files("weir") / "demo.yaml").read_text()
    text = text.replace("{model_port}", str(given.model.port)).replace("{stub_port}", str(stub_port(given)))
    shared = {
        name: getattr(given, name)
        for name in ("home", "kafka", "clickhouse", "model", "gateway", "metrics_port")
    }
    return parse(text, "demo.yaml").model_copy(update=shared)


def stub_port(config: Config) -> int:
    """The stub provider listens beside the model."""
    return config.model.port + STUB_OFFSET


def stub(config: Config) -> StackPart:
    """The provider with faults, as a part of the stack."""
    port = stub_port(config)
    return StackPart(
        name="stub",
        command=[sys.executable, "-m", "weir.local.stub_provider", "--port", str(port), "--latency-ms", "40"],
        is_ready=http_probe(port, "/health"),
        address=f"http://127.0.0.1:{port}/v1",
        ports=[PortNeed(port, "model.port")],
    )


def run(config_file: Path | None, console: Console, *, keep: bool) -> int:
    """Run the demo; 0 only if the balance closes."""
    config = demo_config(config_file)
    fetch(config, console)
    console.print(f"starting the stack in {home(config)} ...")
    command = [sys.executable, "-m", "weir.demo", *([str(config_file)] if config_file else [])]
    started = start_detached(command, home(config), START_TIMEOUT_S, {"WEIR_HOME": str(home(config))})
    for part in started.parts:
        console.print(f"  {part.name:16} pid {part.pid}  {part.address}")
    try:
        return asyncio.run(_play(config, console))
    finally:
        if keep:
            console.print(
                f"the stack is still up: gateway at http://127.0.0.1:{config.gateway.port}; `weir down` stops it"
            )
        else:
            stop(config)


async def _play(config: Config, console: Console) -> int:
    keys = {tenant.name: tenant_key(home(config), tenant.name) for tenant in config.tenants}
    gateway = f"http://127.0.0.1:{config.gateway.port}"
    async with KafkaBroker(kafka_bootstrap(config), client_id=unique_client_id("demo")) as broker:
        with connected(clickhouse_url(config, DatabaseUser.ANALYST)) as client:
            sent: list[DemoRequestResult] = []
            with Live(_sent_table(sent), console=console, refresh_per_second=4) as live:
                show: Callable[[], None] = lambda: live.update(_sent_table(sent))  # noqa: E731 - one line for two callers
                await asyncio.to_thread(by_kafka, kafka_bootstrap(config), sent, show)
                await by_http(gateway, keys, sent, show)
            console.print("waiting for the stream to drain ...")
            balance = await verify_until(broker, clickhouse_url(config, DatabaseUser.ANALYST), DRAIN_S)
            _print_queries(client, console)
            lags = [lag for group, topics in GROUPS.items() for lag in await lag_of(broker, group, topics)]
            console.print(
                lag_table([lag for lag in lags if not lag.topic_partition.topic.endswith(".dlq")]),
                "",
                balance_table(balance),
            )
            return _exit_code(balance, sent, console)


def _exit_code(balance: StreamBalance, sent: Sequence[DemoRequestResult], console: Console) -> int:
    surprises = [one for one in sent if not one.is_as_expected]
    for one in surprises:
        console.print(f"[red]unexpected:[/red] {one.what}: {one.outcome}, expected {one.expected}")
    return 0 if balance.closes and not surprises else 1


def _print_queries(client: Client, console: Console) -> None:
    for title, sql in QUERIES:
        result = client.query(sql)
        table = Table(*(name for name in result.column_names), title=title, title_justify="left", box=None)
        for row in result.result_rows:
            table.add_row(*("-" if value is None else str(value) for value in row))
        console.print(table, "")


def _sent_table(sent: Sequence[DemoRequestResult]) -> Table:
    table = Table("via", "tenant", "what", "outcome", "ms", box=None)
    for one in sent:
        style = None if one.is_as_expected else "yellow"
        table.add_row(
            one.via,
            one.tenant,
            one.what,
            one.outcome or "...",
            f"{one.ms:.0f}" if one.ms else "",
            style=style,
        )
    return table


def supervise(config_file: Path | None) -> None:
    """Run the demo's stack in the foreground, the stub provider among its parts."""
    from weir.local.supervisor import Supervisor
    from weir.stack.up import parts

    config = demo_config(config_file)
    Supervisor([stub(config), *parts(config)], home(config)).run()
