"""Files, passwords and process environments of a stack are readable by their owner alone."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import psutil
import pytest

from weir.clickhouse import CredentialsRefusedError, connected
from weir.config.models import Config, ProviderSection, ServiceName
from weir.local.clickhouse.access import DatabaseUser, address, password
from weir.local.folders import make_private
from weir.local.parts import StackPart, free_port, launch, stop
from weir.local.stack import embedded_clickhouse, running
from weir.stack.parts import service_environment, services

pytestmark = pytest.mark.integration

PLANTED = {
    "AWS_SECRET_ACCESS_KEY": "planted",
    "OPENAI_API_KEY": "planted",
    "WEIR_SEAL_KEY_OLD": "planted",
    "GITHUB_TOKEN": "planted",
}


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in PLANTED.items():
        monkeypatch.setenv(name, value)


def open_to_others(home: Path) -> list[str]:
    everything = [home, *home.rglob("*")]
    return [
        str(path)
        for path in everything
        if not path.is_symlink() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]


def environment_of(process: "subprocess.Popen[bytes]") -> dict[str, str]:
    lines = Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0")
    return dict(line.decode().split("=", 1) for line in lines if line)


def test_all_files_of_a_clickhouse_are_the_owners_whatever_the_umask(
    tmp_path: Path, open_umask: None
) -> None:
    home, port = tmp_path / "home", free_port()
    with running(embedded_clickhouse(home, port), home):
        url = address(home, port, DatabaseUser.WRITER)
        httpx.post(url, content="CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a").raise_for_status()
        httpx.post(url, content="INSERT INTO t VALUES (1)").raise_for_status()

        assert open_to_others(home) == []
    assert open_to_others(home) == []


def test_what_an_older_version_left_open_is_closed(tmp_path: Path) -> None:
    home, outside = tmp_path / "home", tmp_path / "outside"
    (home / "logs").mkdir(parents=True, mode=0o755)
    (home / "logs" / "gateway.log").write_text("x")
    (home / "logs" / "gateway.log").chmod(0o644)
    outside.write_text("x")
    outside.chmod(0o644)
    (home / "logs" / "link").symlink_to(outside)
    (home / "stack.json").write_text("{}")
    (home / "stack.json").chmod(0o644)
    foreign = home / "notes.txt"
    foreign.write_text("x")
    foreign.chmod(0o644)

    make_private(home)

    assert open_to_others(home) == [str(foreign)]
    assert stat.S_IMODE(outside.stat().st_mode) == 0o644


def test_a_folder_that_many_share_stays_shared(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)

    make_private(tmp_path)

    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o1777


def test_passwords_differ_and_stay(tmp_path: Path) -> None:
    kept = {user: password(tmp_path, user) for user in DatabaseUser}

    assert len(set(kept.values())) == len(DatabaseUser)
    assert kept == {user: password(tmp_path, user) for user in DatabaseUser}
    assert all(len(text) == 48 and text.isalnum() for text in kept.values())


def test_no_password_stands_in_a_command_a_log_or_the_status(tmp_path: Path) -> None:
    port = free_port()
    part = embedded_clickhouse(tmp_path, port)
    with running(part, tmp_path):
        secrets = [password(tmp_path, user) for user in DatabaseUser]
        httpx.get(
            f"http://127.0.0.1:{port}/", params={"query": "SELECT", "user": "weir", "password": secrets[0]}
        )
        owner = psutil.Process(int((tmp_path / "clickhouse" / "owner.lock").read_text()))

        shown = " ".join(
            [
                *owner.cmdline(),
                *part.command,
                part.address,
                (tmp_path / "logs" / "clickhouse.log").read_text(),
            ]
        )

    assert not [secret for secret in secrets if secret in shown]


def test_a_child_process_gets_only_what_its_part_declares(
    tmp_path: Path, planted: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    part = StackPart(
        "sleeper",
        [sys.executable, "-c", "import time; time.sleep(30)"],
        lambda: True,
        environment={"OWN": "1"},
        inherits=["HTTPS_PROXY"],
    )

    process = launch(part, tmp_path / "sleeper.log")
    try:
        seen = environment_of(process)
    finally:
        stop(process, 5)

    assert not seen.keys() & PLANTED.keys()
    assert (seen["OWN"], seen["HTTPS_PROXY"]) == ("1", "http://127.0.0.1:9")
    assert seen.keys() <= {
        "OWN",
        "HTTPS_PROXY",
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "LANG",
        "LANGUAGE",
        "TZ",
        "TMPDIR",
        "PYTHONPATH",
    } | {name for name in seen if name.startswith(("LC_", "SSL_CERT_", "LD_LIBRARY_PATH"))}


def test_the_environment_of_a_running_clickhouse_holds_no_secret(tmp_path: Path, planted: None) -> None:
    with running(embedded_clickhouse(tmp_path, free_port()), tmp_path):
        owner = psutil.Process(int((tmp_path / "clickhouse" / "owner.lock").read_text()))
        seen = owner.environ()

    assert not seen.keys() & PLANTED.keys()
    assert not [name for name in seen if name.startswith("WEIR_")]


def holders(variable: str, environments: Mapping[str, set[str]]) -> set[str]:
    return {name for name, variables in environments.items() if variable in variables}


def test_each_service_is_given_its_own_secrets_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WEIR_CLICKHOUSE_URL", "WEIR_KAFKA_BOOTSTRAP", "WEIR_SEAL_KEY"):
        monkeypatch.delenv(name, raising=False)
    providers = (
        ProviderSection(name="openai", base_url="https://api.openai.com/v1", api_key_env="OPENAI_API_KEY"),
    )
    workers: tuple[tuple[ServiceName, ...], ...] = (
        ("guard",),
        ("meter",),
        ("router",),
        ("evaluator",),
        ("sink",),
        ("watch",),
    )
    config = Config(home=tmp_path, providers=providers, workers=workers)

    parts = {part.name: part for part in services(config, [])}
    given = {name: set(part.environment) for name, part in parts.items()}
    inherited = {name: set(part.inherits) for name, part in parts.items()}

    assert holders("WEIR_CLICKHOUSE_URL", given) == {"gateway", "evaluator", "sink"}
    assert holders("WEIR_SEAL_KEY", given) == set(parts) - {"watch"}
    assert holders("WEIR_GATEWAY_KEYS", given) == {"gateway"}
    assert holders("OPENAI_API_KEY", inherited) == {"router"}
    assert holders("WEIR_SINK_*", inherited) == {"sink"}
    assert service_environment(config, "sink")["WEIR_CLICKHOUSE_URL"].startswith("http://weir:")
    assert service_environment(config, "gateway")["WEIR_CLICKHOUSE_URL"].startswith("http://analyst:")
    assert service_environment(config, "evaluator")["WEIR_CLICKHOUSE_URL"].startswith("http://analyst:")


def test_a_command_with_a_wrong_password_says_so_without_showing_it(tmp_path: Path) -> None:
    port = free_port()
    with (
        running(embedded_clickhouse(tmp_path, port), tmp_path),
        pytest.raises(CredentialsRefusedError) as caught,
        connected(f"http://weir:wrongwrong@127.0.0.1:{port}"),
    ):
        pass

    assert "wrongwrong" not in str(caught.value)
    assert f"127.0.0.1:{port}" in str(caught.value)
