"""Declares the plug-ins that weir.yaml names, so that the rest of the file may use their ids."""

from collections.abc import Sequence

from schemas.plugins import PROVIDERS, PluginError, entry_points_of
from schemas.providers import PROVIDER_DIALECTS, ProviderDialect
from schemas.registry import RegistryError


def declare_plugins(names: Sequence[str]) -> None:
    """Declare kinds, detectors, check types and provider dialects of these distributions; raises PluginError.

    Detectors and check types are imported, since policies are checked against what they declare; of provider
    dialects only the ids are read.
    """
    if not names:
        return
    # The guard's rules are imported only where a plug-in may add to them.
    from services.guard.adapters.plugin_loading import load_check_plugins, load_detector_plugins

    load_detector_plugins(names)
    load_check_plugins(names)
    for name, entry_point in entry_points_of(names, PROVIDERS):
        try:
            PROVIDER_DIALECTS.declare(ProviderDialect(entry_point.name, f"of {name}"), name)
        except RegistryError as error:
            raise PluginError(f"plug-in '{name}': {error}") from error
