"""Loads the guard's plug-ins: kinds, detectors and check types, declared before any policy is read."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version

from schemas import plugins
from schemas.checks import PLUGIN_CHECKS
from schemas.detections import DETECTORS, KINDS
from schemas.plugins import PluginError, load_plugins
from schemas.registry import RegistryError
from services.guard.adapters.plugin_detectors import PluginDetector
from services.guard.domain.plugins import CheckPlugin, DetectorPlugin


def load_detector_plugins(names: Sequence[str]) -> tuple[DetectorPlugin, ...]:
    """The detectors of these distributions; raises PluginError."""
    loaded = load_plugins(names, plugins.DETECTORS, DetectorPlugin, DETECTORS)
    for plugin in loaded:
        source = DETECTORS.source_of(plugin.declaration.id)
        try:
            for kind in plugin.kinds:
                KINDS.declare(kind, source)
        except RegistryError as error:
            raise PluginError(f"plug-in '{source}': {error}") from error
        if unknown := sorted(plugin.declaration.kinds - KINDS.keys()):
            msg = f"plug-in '{source}': detector '{plugin.declaration.id}' finds {', '.join(unknown)}"
            raise PluginError(f"{msg}, which is declared nowhere: add it to the plug-in's 'kinds'")
    return loaded


def load_check_plugins(names: Sequence[str]) -> Mapping[str, CheckPlugin]:
    """The check types of these distributions, by type; raises PluginError."""
    loaded = load_plugins(names, plugins.CHECKS, CheckPlugin, PLUGIN_CHECKS)
    return {plugin.declaration.id: plugin for plugin in loaded}


def plugin_detectors(loaded: Sequence[DetectorPlugin], timeout_s: float) -> list[PluginDetector]:
    """The detectors, ready to run; each names the version of its distribution."""
    return [
        PluginDetector(plugin, _version(DETECTORS.source_of(plugin.declaration.id)), timeout_s)
        for plugin in loaded
    ]


def _version(name: str) -> str:
    # Metadata without a version has None here, whatever the type says.
    return str(version(name) or "unknown")
