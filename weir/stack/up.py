"""Starts, supervises and stops the local stack (`weir up`, `weir down`); downloads Kafka if it is missing."""

import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from weir.config.models import Config
from weir.local.detached import start_detached, stop_stack
from weir.local.folders import cache_folder
from weir.local.kafka.jars import fetch_jars, jars_are_present
from weir.local.parts import StackPart
from weir.local.stack_state import PartState, PartStatus, StackStatus, read_status
from weir.local.supervisor import Supervisor
from weir.stack.parts import home, is_clickhouse_embedded, is_kafka_embedded, servers, services
from weir.stack.prepare import prepare_clickhouse, prepare_kafka, ready_when_prepared

START_TIMEOUT_S = 240.0
STOP_TIMEOUT_S = 90.0


def fetch(config: Config, console: Console) -> None:
    """Download Kafka's jars with a progress bar, unless they are present or Kafka is not embedded."""
    if not is_kafka_embedded(config) or jars_are_present(cache_folder()):
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("Apache Kafka (jars, once)", total=None)
        fetch_jars(cache_folder(), lambda done, total, _: bar.update(task, completed=done, total=total))


def parts(config: Config) -> list[StackPart]:
    """All parts of the stack; a server is ready only when its topics or tables exist."""
    prepared = [_prepared(part, config) for part in servers(config)]
    if not is_kafka_embedded(config):
        prepare_kafka(config)
    if not is_clickhouse_embedded(config):
        prepare_clickhouse(config)
    needs = [part.name for part in prepared if part.name != "model"]
    return [*prepared, *services(config, needs)]


def _prepared(part: StackPart, config: Config) -> StackPart:
    steps = {"kafka": lambda: prepare_kafka(config), "clickhouse": lambda: prepare_clickhouse(config)}
    return (
        replace(part, is_ready=ready_when_prepared(part.is_ready, steps[part.name]))
        if part.name in steps
        else part
    )


def run(config: Config, console: Console) -> None:
    """Run the stack in the foreground until a signal."""
    fetch(config, console)
    started = time.monotonic()
    ready: dict[str, PartStatus] = {}
    all_parts = parts(config)

    def show(status: PartStatus) -> None:
        if status.state is PartState.READY:
            ready[status.name] = status
        else:
            ready.pop(status.name, None)
        console.print(f"{status.since[11:19]}  {status.name:16} {status.state:9} {status.address}")
        if len(ready) == len(all_parts):
            console.print(f"ready after {time.monotonic() - started:.1f} s; stop with Ctrl-C or `weir down`")

    Supervisor(all_parts, home(config), show).run()


def start(config: Config, config_file: Path | None, console: Console) -> StackStatus:
    """Start the stack in the background and wait until all parts are ready; keep a running stack."""
    running = read_status(home(config))
    if running is not None and running.is_running:
        return running
    fetch(config, console)
    command = [sys.executable, "-m", "weir", "up", *(["--config", str(config_file)] if config_file else [])]
    return start_detached(command, home(config), START_TIMEOUT_S, _home_variable(config))


def _home_variable(config: Config) -> Mapping[str, str]:
    return {"WEIR_HOME": str(home(config))}


def stop(config: Config) -> bool:
    """Stop the running stack; returns False if none is running."""
    return stop_stack(home(config), STOP_TIMEOUT_S)
