"""A running stack shows its secrets in no environment, command, file, log or status of others."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from weir.config.file import load
from weir.local.clickhouse.access import DatabaseUser, password
from weir.local.parts import free_port
from weir.local.stack_state import read_status
from weir.stack.secrets import seal_key, tenant_key

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(420)]

CONFIG = """
home: {home}
kafka: {{port: {kafka}}}
clickhouse: {{port: {clickhouse}}}
model: {{enabled: false}}
gateway: {{port: {gateway}}}
metrics_port: {metrics}
workers: [[guard], [meter], [router], [evaluator, sink], [watch]]
providers:
  - {{name: paid, base_url: "http://127.0.0.1:9/v1", api_key_env: PLANTED_PROVIDER_KEY}}
routes:
  - {{name: small, candidates: [{{provider: paid, model: tiny, timeout_s: 5, max_attempts: 1}}]}}
tenants:
  - {{name: acme}}
"""
PLANTED = {
    "PLANTED_PROVIDER_KEY": "planted-provider-key",
    "AWS_SECRET_ACCESS_KEY": "planted-cloud-key",
    "OTHER_TOKEN": "planted-token",
}


class Stack:
    """A stack that was started from a shell with secrets of its own and an open umask."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "weir.yaml"
        self.home = folder / "home"
        ports = {"kafka": 27_092, "clickhouse": free_port(), "gateway": free_port(), "metrics": 27_464}
        self.config.write_text(CONFIG.format(home=self.home, **ports))
        self.shown = ""

    def weir(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "weir", *words, "--config", str(self.config)]
        environment = {**os.environ, **PLANTED}
        ran = subprocess.run(
            command, capture_output=True, text=True, timeout=300, check=False, env=environment, umask=0
        )
        self.shown += ran.stdout + ran.stderr
        return ran

    def processes(self) -> dict[str, psutil.Process]:
        status = read_status(self.home)
        assert status is not None
        return {part.name: psutil.Process(part.pid) for part in status.parts if part.pid is not None}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("stack"))
    up = stack.weir("up", "--detach")
    assert up.returncode == 0, up.stdout + up.stderr
    try:
        yield stack
    finally:
        stack.weir("down")


def test_each_process_has_its_own_secrets_and_no_others(stack: Stack) -> None:
    seen = {name: process.environ() for name, process in stack.processes().items()}

    assert set(seen) == {
        "kafka",
        "clickhouse",
        "gateway",
        "guard",
        "meter",
        "router",
        "evaluator+sink",
        "watch",
    }
    holders = {
        secret: {name for name, variables in seen.items() if secret in variables} for secret in PLANTED
    }
    assert holders == {
        "PLANTED_PROVIDER_KEY": {"router"},
        "AWS_SECRET_ACCESS_KEY": set(),
        "OTHER_TOKEN": set(),
    }
    assert {name for name, variables in seen.items() if "WEIR_SEAL_KEY" in variables} == {
        "gateway",
        "guard",
        "meter",
        "router",
        "evaluator+sink",
    }
    urls = {
        name: variables["WEIR_CLICKHOUSE_URL"].split("//")[1].split(":")[0]
        for name, variables in seen.items()
        if "WEIR_CLICKHOUSE_URL" in variables
    }
    assert urls == {"gateway": "analyst", "evaluator+sink": "weir"}
    assert {name for name, variables in seen.items() if "WEIR_GATEWAY_KEYS" in variables} == {"gateway"}


def test_every_command_finds_its_way_without_a_password_of_the_users(stack: Stack) -> None:
    for words in (("migrate",), ("verify", "--wait", "30"), ("cost",), ("status",)):
        ran = stack.weir(*words)
        assert ran.returncode == 0, (words, ran.stdout, ran.stderr)


def test_all_files_are_the_owners_whatever_the_umask(stack: Stack) -> None:
    everything = [stack.home, *stack.home.rglob("*")]
    open_to_others = [
        str(path)
        for path in everything
        if not path.is_symlink() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]

    assert len(everything) > 100
    assert open_to_others == []


def test_no_secret_is_shown_in_a_command_a_log_or_an_answer(stack: Stack) -> None:
    key = tenant_key(stack.home, "acme")
    gateway = load(stack.config).gateway.port
    httpx.get(
        f"http://127.0.0.1:{gateway}/v1/requests/none", headers={"Authorization": f"Bearer {key}"}, timeout=30
    )
    secrets = [
        seal_key(stack.home),
        key,
        *(password(stack.home, user) for user in DatabaseUser),
        *PLANTED.values(),
    ]

    commands = " ".join(word for process in stack.processes().values() for word in process.cmdline())
    logs = "".join(path.read_text(errors="replace") for path in (stack.home / "logs").iterdir())
    state = (stack.home / "stack.json").read_text()

    assert not [secret for secret in secrets if secret in commands + logs + state + stack.shown]
