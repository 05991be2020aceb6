"""Plug-ins: loaded from the named distributions alone, and refused with the entry point and the way out."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from schemas.plugins import CHECKS, METRICS, PluginError, PluginNames, entry_points_of, load_plugins
from schemas.registry import Registry

MODULE = """
from tests.schemas.test_plugins import Measure, Named

shouting = Measure(Named("shouting"))
whispering = Measure(Named("shouting"))
upper = Measure(Named("UPPER"))
number = 7
"""
Install = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Named:
    id: str


@dataclass(frozen=True, slots=True)
class Measure:
    declaration: Named


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install a distribution whose only metric is the given entry point; returns its name."""

    def installed(entry_point: str) -> str:
        (tmp_path / "acme_metrics.py").write_text(MODULE)
        folder = tmp_path / "acme_metrics-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-metrics\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text(f"[{METRICS}]\n{entry_point}\n")
        monkeypatch.syspath_prepend(tmp_path)
        return "acme-metrics"

    return installed


def loaded(name: str, registry: Registry[Named]) -> tuple[Measure, ...]:
    return load_plugins([name], METRICS, Measure, registry)


def test_a_plug_in_is_loaded_and_declared_under_its_distribution(install: Install) -> None:
    registry = Registry[Named]("metric", ())

    (plugin,) = loaded(install("shouting = acme_metrics:shouting"), registry)

    assert plugin.declaration.id == "shouting"
    assert registry.source_of("shouting") == "acme-metrics"


def test_only_entry_points_of_the_named_distributions_and_of_the_group_are_found(install: Install) -> None:
    name = install("shouting = acme_metrics:shouting")

    assert list(entry_points_of([], METRICS)) == []
    assert list(entry_points_of([name], CHECKS)) == []
    assert [entry_point.name for _, entry_point in entry_points_of([name], METRICS)] == ["shouting"]


@pytest.mark.parametrize(
    ("entry_point", "message"),
    [
        ("shouting = acme_metrics:missing", "cannot be imported .AttributeError"),
        ("shouting = no_such_module:x", "cannot be imported .ModuleNotFoundError"),
        ("shouting = acme_metrics:number", "is a int, but must be a Measure"),
        ("whispering = acme_metrics:whispering", "declares the id 'shouting': give both the same name"),
        ("UPPER = acme_metrics:upper", "cannot be the id of a metric"),
    ],
)
def test_what_is_no_plug_in_is_refused_with_its_entry_point(
    install: Install, entry_point: str, message: str
) -> None:
    name = install(entry_point)

    with pytest.raises(PluginError, match=f"plug-in 'acme-metrics', entry point {METRICS}:.*{message}"):
        loaded(name, Registry("metric", ()))


def test_a_plug_in_takes_no_built_in_id(install: Install) -> None:
    name = install("shouting = acme_metrics:shouting")

    with pytest.raises(PluginError, match="which weir has declared: choose another id"):
        loaded(name, Registry("metric", (Named("shouting"),)))


def test_a_plug_in_that_is_not_installed_is_named() -> None:
    with pytest.raises(PluginError, match="'acme-missing' is not installed: install it"):
        loaded("acme-missing", Registry("metric", ()))


@pytest.mark.parametrize("name", ["", "../etc", "a b", "-a", "a-", "a\n", "x" * 129])
def test_the_name_of_a_distribution_is_bounded(name: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter[object](PluginNames).validate_python([name])
