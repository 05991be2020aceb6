"""The demo runs with its own routes beside the ports and the folder of the given configuration."""

import time
from pathlib import Path

import pytest

from weir.demo.runner import QUERIES, demo_config, stub, stub_port
from weir.local.parts import free_port, launch, stop
from weir.stack.migrate import FOLDER


@pytest.fixture
def given(tmp_path: Path) -> Path:
    path = tmp_path / "weir.yaml"
    path.write_text(
        f"home: {tmp_path / 'home'}\nmodel: {{port: 20100}}\ngateway: {{port: 20200}}\n"
        "tenants: [{name: mine}]\n"
    )
    return path


def test_ports_and_folder_are_the_given_ones_and_tenants_are_those_of_the_demo(
    given: Path, tmp_path: Path
) -> None:
    config = demo_config(given)

    assert (config.gateway.port, config.model.port, stub_port(config)) == (20200, 20100, 20104)
    assert config.home == tmp_path / "home"
    assert "mine" not in {tenant.name for tenant in config.tenants}


def test_the_providers_of_the_demo_are_on_the_ports_of_its_parts(given: Path) -> None:
    config = demo_config(given)

    addresses = {provider.name: provider.base_url for provider in config.providers}

    assert addresses == {"local": "http://127.0.0.1:20100/v1", "stub": stub(config).address}


def test_every_call_of_the_demo_has_a_price() -> None:
    config = demo_config(None)

    called = {
        f"{candidate.provider}/{candidate.model}" for route in config.routes for candidate in route.candidates
    }

    assert called == {price.name for price in config.prices}


def test_the_stub_becomes_ready_as_a_part_of_the_stack(tmp_path: Path) -> None:
    config = demo_config(None)
    moved = config.model_copy(update={"model": config.model.model_copy(update={"port": free_port() - 4})})
    part = stub(moved)
    process = launch(part, tmp_path / "stub.log")
    try:
        deadline = time.monotonic() + 20
        while not part.is_ready() and time.monotonic() < deadline:
            time.sleep(0.05)

        assert part.is_ready()
    finally:
        stop(process, 10)


def test_every_table_that_the_demo_prints_is_one_of_the_migrations() -> None:
    migrations = "\n".join(path.read_text() for path in sorted(FOLDER.glob("*.sql")))

    for title, sql in QUERIES:
        table = sql.split("FROM weir.")[1].split()[0]
        assert table in migrations, title
