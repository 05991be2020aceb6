"""What a plug-in package gives cannot be changed once it is declared."""

from dataclasses import FrozenInstanceError

import pytest

from schemas.checks import CheckDeclaration
from schemas.detections import DetectorDeclaration
from schemas.registry import Registry
from services.guard.domain.checks.types import PASSED
from services.guard.domain.plugins import CheckPlugin, DetectorPlugin

DETECTOR = DetectorPlugin(DetectorDeclaration("badge", frozenset({"PERSON"})), lambda _: ())
CHECK = CheckPlugin(CheckDeclaration("calm", "no capitals"), lambda _, __: PASSED)


@pytest.mark.parametrize("plugin", [DETECTOR, CHECK])
def test_a_plugin_is_declared_under_its_id_and_cannot_change_it(plugin: DetectorPlugin | CheckPlugin) -> None:
    registry: Registry[DetectorDeclaration | CheckDeclaration] = Registry("plug-in", ())

    registry.declare(plugin.declaration, "acme")

    assert registry.source_of(plugin.declaration.id) == "acme"
    with pytest.raises(FrozenInstanceError):
        plugin.declaration = plugin.declaration  # pyright: ignore[reportAttributeAccessIssue] - what is refused


def test_a_detector_need_not_declare_kinds_of_its_own() -> None:
    assert DETECTOR.kinds == ()
