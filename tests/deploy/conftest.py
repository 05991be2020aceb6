"""docker-compose.yml as Docker Compose reads it, with anchors merged and variables filled in."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from ruamel.yaml import YAML

from streaming.seal.seal import new_key

ROOT = Path(__file__).parents[2]
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[?-])(?P<rest>[^}]*))?\}")
KEY_HASH = "ab" * 32

Tree = Mapping[str, Any]


def read_yaml(path: Path) -> Tree:
    return cast("Tree", YAML(typ="safe", pure=True).load(path.read_text()))


def filled(node: object, given: Mapping[str, str]) -> Any:
    """Fill in variables as Compose does; a required variable without a value raises KeyError."""
    if isinstance(node, Mapping):
        return {key: filled(value, given) for key, value in cast("Tree", node).items()}
    if isinstance(node, list):
        return [filled(value, given) for value in cast("list[object]", node)]
    return VARIABLE.sub(lambda match: _value(match, given), node) if isinstance(node, str) else node


def _value(match: re.Match[str], given: Mapping[str, str]) -> str:
    if match["name"] in given:
        return given[match["name"]]
    if match["kind"] != "-":
        raise KeyError(match["name"])
    return match["rest"]


@pytest.fixture(scope="session")
def given() -> Mapping[str, str]:
    """What an operator exports before `docker compose up`."""
    return {
        "WEIR_SEAL_KEY": new_key(),
        "WEIR_CLICKHOUSE_PASSWORD": "a1b2c3",
        "WEIR_GATEWAY_KEYS": f'{{"{KEY_HASH}": "acme"}}',
        "OPENAI_API_KEY": "made-up",
    }


@pytest.fixture(scope="session")
def compose(given: Mapping[str, str]) -> Tree:
    return cast("Tree", filled(read_yaml(ROOT / "docker-compose.yml"), given))


@pytest.fixture(scope="session")
def services(compose: Tree) -> Mapping[str, Tree]:
    return cast("Mapping[str, Tree]", compose["services"])


@pytest.fixture(scope="session")
def prometheus() -> Tree:
    return read_yaml(ROOT / "deploy" / "prometheus" / "prometheus.yml")


@pytest.fixture(scope="session")
def alerts() -> list[Tree]:
    groups = read_yaml(ROOT / "deploy" / "prometheus" / "alerts.yml")["groups"]
    return [rule for group in groups for rule in group["rules"]]
