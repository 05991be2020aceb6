"""Commands that need no server: state without a stack, keys, and errors in one line."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from weir.cli import app
from weir.stack.secrets import tenant_key


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("WEIR_HOME", str(tmp_path))
    path = tmp_path / "weir.yaml"
    path.write_text(f"tenants: [{{name: acme}}, {{name: own, key_hashes: ['{'0' * 64}']}}]\n")
    return ["--config", str(path)]


def test_without_a_stack_there_is_nothing_to_show_or_stop(config: list[str]) -> None:
    runner = CliRunner()

    status = runner.invoke(app, ["status", "--json", *config])
    down = runner.invoke(app, ["down", *config])

    assert (status.exit_code, status.stdout) == (1, "[]\n")
    assert (down.exit_code, down.stdout) == (0, "nothing was running\n")


def test_a_tenant_without_key_hashes_has_a_local_key(config: list[str], tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["key", "acme", *config])

    assert (result.exit_code, result.stdout) == (0, tenant_key(tmp_path, "acme") + "\n")


@pytest.mark.parametrize("tenant", ["own", "missing"])
def test_a_tenant_without_a_local_key_is_an_error(config: list[str], tenant: str) -> None:
    result = CliRunner().invoke(app, ["key", tenant, *config])

    assert (result.exit_code, result.stdout) == (1, "")


def test_an_unknown_group_is_an_error() -> None:
    assert CliRunner().invoke(app, ["lag", "--group", "missing"]).exit_code == 1
