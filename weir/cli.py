"""The command line: start and stop the local stack, show the state of the stream, verify its balance."""

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from streaming.seal.seal import new_key
from weir.attacks.commands import app as attack_app
from weir.budgets.commands import app as budget_app
from weir.clickhouse_access import app as clickhouse_app
from weir.config.file import load
from weir.costs.commands import app as cost_app
from weir.dead_letters.commands import app as dead_letter_app
from weir.invoices.commands import app as invoice_app
from weir.policies.commands import app as policy_app
from weir.prices.commands import app as price_app
from weir.terminal import ConfigOption, JsonOption, console, exit_on_error, fail, with_kafka

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Weir: LLM requests and completions as events on Kafka.",
)
app.add_typer(cost_app, name="cost")
app.add_typer(invoice_app, name="invoice")
app.add_typer(price_app, name="price")
app.add_typer(budget_app, name="budget")
app.add_typer(policy_app, name="policy")
app.add_typer(attack_app, name="attack")
app.add_typer(dead_letter_app, name="dlq")
app.add_typer(clickhouse_app, name="clickhouse")


@app.command()
def up(
    config: ConfigOption = None,
    detach: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--detach", "-d", help="run in the background, return when all parts are ready")
    ] = False,
) -> None:
    """Start the local stack: Kafka, ClickHouse, the small language model and all services."""
    from weir.stack.up import run, start

    with exit_on_error():
        chosen = load(config)
        if not detach:
            run(chosen, console)
            return
        _print_status(asdict(start(chosen, config, console))["parts"])


@app.command()
def down(config: ConfigOption = None) -> None:
    """Stop the local stack."""
    from weir.stack.up import stop

    with exit_on_error():
        console.print("stopped" if stop(load(config)) else "nothing was running")


@app.command()
def status(config: ConfigOption = None, as_json: JsonOption = False) -> None:  # noqa: FBT002 - a flag
    """List every part of the local stack with process, state and address; exit 1 unless all are ready."""
    from weir.local.stack_state import read_status
    from weir.stack.parts import home

    with exit_on_error():
        stack = read_status(home(load(config)))
    parts = [asdict(part) for part in stack.parts] if stack else []
    if as_json:
        fields = ("name", "pid", "state", "address", "since")
        sys.stdout.write(
            json.dumps([{field: part[field] for field in fields} for part in parts], indent=2) + "\n"
        )
    else:
        _print_status(parts)
    raise typer.Exit(0 if stack is not None and stack.is_ready else 1)


@app.command()
def worker(
    names: Annotated[
        list[str], typer.Argument(help="one or more of guard, meter, router, evaluator, sink, watch")
    ],
) -> None:
    """Run services in one process; their settings come from environment variables."""
    from weir.worker import run

    raise typer.Exit(run(names))


@app.command()
def verify(
    config: ConfigOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
    wait: Annotated[float, typer.Option(help="seconds to wait until the balance closes")] = 0.0,
) -> None:
    """Verify that every request has one outcome and every provider call one booking; exit 1 if not."""
    from weir.local.clickhouse.access import DatabaseUser
    from weir.stack.parts import clickhouse_url
    from weir.stack.tables import balance_table
    from weir.verify.verification import verify_until

    with exit_on_error():
        chosen = load(config)
        url = clickhouse_url(chosen, DatabaseUser.ANALYST)
    balance = with_kafka(config, lambda broker: verify_until(broker, url, wait))
    if as_json:
        sys.stdout.write(balance.to_json() + "\n")
    else:
        console.print(balance_table(balance))
    raise typer.Exit(0 if balance.closes else 1)


@app.command()
def lag(
    config: ConfigOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
    group: Annotated[str | None, typer.Option(help="show this consumer group only")] = None,
) -> None:
    """Show the lag of each consumer group, in seconds and records."""
    from schemas.groups import GROUPS
    from weir.stack.lag import read_lag
    from weir.stack.tables import blocking_lines, lag_fields, lag_table

    if group is not None and group not in GROUPS:
        fail(f"there is no group '{group}'; groups: {', '.join(GROUPS)}")
    groups = {group: GROUPS[group]} if group else GROUPS

    report = with_kafka(config, lambda broker: read_lag(broker, groups))
    if as_json:
        rows = [lag_fields(lag, report.blocking_of(lag.topic_partition)) for lag in report.lags]
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
        return
    console.print(lag_table(report.lags))
    for line in blocking_lines(report.blocking):
        console.print(line, style="red", markup=False, highlight=False)


@app.command()
def migrate(config: ConfigOption = None) -> None:
    """Create and update the ClickHouse tables."""
    from weir.stack.prepare import prepare_clickhouse

    with exit_on_error():
        applied = prepare_clickhouse(load(config))
    console.print("applied " + ", ".join(applied) if applied else "nothing to apply")


@app.command()
def apply(config: ConfigOption = None) -> None:
    """Create missing topics, update the settings of older ones, and publish the documents of weir.yaml.

    Documents are the routes, prompts, budgets, prices and policies; only new and changed ones are published.
    """
    from weir.stack.prepare import prepare_kafka

    with exit_on_error():
        changed = prepare_kafka(load(config))
    console.print("changed " + ", ".join(changed) if changed else "nothing has changed")


@app.command()
def key(tenant: str, config: ConfigOption = None) -> None:
    """Print the API key that the local stack made for a tenant."""
    from weir.stack.parts import home
    from weir.stack.secrets import tenant_key

    with exit_on_error():
        chosen = load(config)
        tenants = {section.name: section for section in chosen.tenants}
        if tenant not in tenants:
            fail(f"tenant '{tenant}' is not in the configuration ({', '.join(tenants)})")
        if tenants[tenant].key_hashes:
            fail(f"tenant '{tenant}' has key_hashes of its own")
        sys.stdout.write(tenant_key(home(chosen), tenant) + "\n")


@app.command(name="seal-key")
def seal_key() -> None:
    """Print a new seal key, the master key of all sealed content (WEIR_SEAL_KEY)."""
    sys.stdout.write(new_key() + "\n")


@app.command()
def demo(
    config: ConfigOption = None,
    keep: Annotated[bool, typer.Option("--keep", help="leave the stack running afterwards")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Start the stack, send about thirty example requests and show their outcomes.

    Exit 0 only if every outcome is as expected and the balance closes.
    """
    from weir.demo.runner import run as run_demo

    with exit_on_error():
        raise typer.Exit(run_demo(config, console, keep=keep))


def _print_status(parts: list[dict[str, object]]) -> None:
    from weir.stack.tables import status_table

    console.print(status_table(parts) if parts else "no stack has been started here; `weir up` starts one")
