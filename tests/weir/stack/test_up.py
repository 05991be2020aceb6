"""The local stack: its parts in their order of need, and what is already there is not started again."""

import io
import os
from pathlib import Path

import pytest
from rich.console import Console

from weir.config.models import Config
from weir.local.stack_state import PartState, PartStatus, write_status
from weir.stack.up import fetch, parts, start, stop


def stack_in(folder: Path, **fields: object) -> Config:
    return Config.model_validate({"home": folder, **fields})


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=120)


def test_every_service_waits_for_the_prepared_servers_and_not_for_the_model(tmp_path: Path) -> None:
    made = {part.name: part for part in parts(stack_in(tmp_path))}

    assert {"kafka", "clickhouse", "model", "gateway"} <= made.keys()
    workers = [part for name, part in made.items() if name not in {"kafka", "clickhouse", "model"}]
    assert len(workers) == 5
    assert {frozenset(part.needs) for part in workers} == {frozenset({"kafka", "clickhouse"})}


def test_a_stack_without_the_model_has_all_other_parts(tmp_path: Path) -> None:
    whole = [part.name for part in parts(stack_in(tmp_path))]

    small = [part.name for part in parts(stack_in(tmp_path, model={"enabled": False}))]

    assert small == [name for name in whole if name != "model"]


def test_a_server_that_does_not_answer_is_not_ready_and_is_not_prepared(tmp_path: Path) -> None:
    config = stack_in(tmp_path, kafka={"port": 9}, clickhouse={"port": 10})

    ready = {part.name: part.is_ready() for part in parts(config) if part.name in {"kafka", "clickhouse"}}

    assert ready == {"kafka": False, "clickhouse": False}


def test_a_running_stack_is_left_as_it_is(tmp_path: Path, console: Console) -> None:
    config = stack_in(tmp_path)
    write_status(tmp_path, [PartStatus("kafka", None, PartState.READY, "", "2026-11-20T12:00:00+00:00")])

    status = start(config, None, console)

    assert (status.pid, [part.name for part in status.parts]) == (os.getpid(), ["kafka"])


def test_nothing_is_downloaded_for_a_kafka_elsewhere(
    tmp_path: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    fetch(stack_in(tmp_path, kafka={"bootstrap": "kafka.internal:9092"}), console)

    assert not (tmp_path / "cache").exists()


def test_without_a_stack_there_is_nothing_to_stop(tmp_path: Path) -> None:
    assert not stop(stack_in(tmp_path))
