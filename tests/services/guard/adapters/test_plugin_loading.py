"""The plug-ins of named distributions are declared under their source, or refused with a way out."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from schemas.checks import PLUGIN_CHECKS
from schemas.detections import DETECTORS, KINDS, is_personal
from schemas.plugins import PluginError
from services.guard.adapters.plugin_loading import (
    load_check_plugins,
    load_detector_plugins,
    plugin_detectors,
)

MODULE = """
from schemas.checks import CheckDeclaration
from schemas.detections import DetectorDeclaration, KindDeclaration
from services.guard.domain.checks.types import PASSED
from services.guard.domain.plugins import CheckPlugin, DetectorPlugin

badge = DetectorPlugin(
    DetectorDeclaration("badge", frozenset({"BADGE", "PERSON"})),
    lambda text: [],
    kinds=(KindDeclaration("BADGE", "a badge number", "personal"),),
)
undeclared = DetectorPlugin(DetectorDeclaration("undeclared", frozenset({"NOWHERE"})), lambda text: [])
taken = DetectorPlugin(
    DetectorDeclaration("taken", frozenset({"PERSON"})),
    lambda text: [],
    kinds=(KindDeclaration("PERSON", "a name", "personal"),),
)
calm = CheckPlugin(CheckDeclaration("calm", "no capitals"), lambda text, arguments: PASSED)
"""
Install = Callable[..., str]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a distribution with these entry points, and returns its name."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "badge_plugin.py").write_text(dedent(MODULE))

    def write(group: str, *names: str) -> str:
        folder = tmp_path / "badge_plugin-2.5.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: badge-plugin\nVersion: 2.5\n")
        lines = "\n".join(f"{name} = badge_plugin:{name}" for name in names)
        (folder / "entry_points.txt").write_text(f"[{group}]\n{lines}\n")
        return "badge-plugin"

    yield write
    sys.modules.pop("badge_plugin", None)
    for registry in (DETECTORS, KINDS, PLUGIN_CHECKS):
        registry.withdraw("badge-plugin")


def test_a_detector_is_declared_with_its_kinds_and_runs_under_its_distributions_version(
    install: Install,
) -> None:
    name = install("weir.detectors", "badge")

    loaded = load_detector_plugins([name])
    (detector,) = plugin_detectors(loaded, 1.0)

    assert (DETECTORS.source_of("badge"), KINDS.source_of("BADGE")) == (name, name)
    assert is_personal("BADGE")
    assert detector.version == "badge@2.5"


def test_a_check_type_is_declared_and_found_by_its_type(install: Install) -> None:
    name = install("weir.checks", "calm")

    loaded = load_check_plugins([name])

    assert (list(loaded), PLUGIN_CHECKS.source_of("calm")) == (["calm"], name)
    assert load_detector_plugins([name]) == ()


@pytest.mark.parametrize(
    ("entry_point", "problem"),
    [
        ("undeclared", "finds NOWHERE, which is declared nowhere: add it to the plug-in's 'kinds'"),
        ("taken", "declares the kind .*'PERSON'"),
        ("calm", "must be a DetectorPlugin"),
    ],
)
def test_a_detector_that_cannot_be_used_is_refused_by_name(
    install: Install, entry_point: str, problem: str
) -> None:
    name = install("weir.detectors", entry_point)

    with pytest.raises(PluginError, match=rf"plug-in 'badge-plugin'.*{problem}"):
        load_detector_plugins([name])


def test_a_distribution_that_is_not_installed_is_refused() -> None:
    with pytest.raises(PluginError, match="'no-such-plugin' is not installed"):
        load_check_plugins(["no-such-plugin"])
