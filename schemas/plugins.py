"""Plug-ins: installed packages that add metrics, detectors, checks and provider dialects by entry points."""

from collections.abc import Iterator, Sequence
from importlib.metadata import EntryPoint, PackageNotFoundError, distribution
from typing import Annotated, Any, Protocol, TypeVar

from pydantic import Field, StringConstraints

from schemas.registry import Declaration, Registry, RegistryError

METRICS, DETECTORS, CHECKS, PROVIDERS = "weir.metrics", "weir.detectors", "weir.checks", "weir.providers"
GROUPS = (METRICS, DETECTORS, CHECKS, PROVIDERS)
"""The entry point groups; an entry point's name is the id that it adds."""
MAX_PLUGINS = 64

PluginName = Annotated[
    str,
    StringConstraints(max_length=128, pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,126}[A-Za-z0-9])?$"),
]
PluginNames = Annotated[
    tuple[PluginName, ...],
    Field(
        max_length=MAX_PLUGINS,
        description="distributions installed beside Weir whose entry points in `weir.metrics`, "
        "`weir.detectors`, `weir.checks` and `weir.providers` are loaded; those of others are not",
    ),
]


class PluginError(ValueError):
    """A plug-in cannot be used; the message names the distribution, the entry point and the way out."""


class Plugin(Protocol):
    """What an entry point of Weir's groups gives: an object with its declaration."""

    @property
    def declaration(self) -> Declaration:
        """What is declared in the registry."""
        ...


P = TypeVar("P", bound=Plugin)
D = TypeVar("D", bound=Declaration)


def entry_points_of(names: Sequence[str], group: str) -> Iterator[tuple[str, EntryPoint]]:
    """The entry points of a group in these distributions, by distribution name; raises PluginError."""
    for name in names:
        try:
            found = distribution(name).entry_points.select(group=group)
        except PackageNotFoundError:
            msg = f"plug-in '{name}' is not installed: install it beside Weir, or take it out of 'plugins'"
            raise PluginError(msg) from None
        yield from ((name, entry_point) for entry_point in found)


def load_plugins(names: Sequence[str], group: str, kind: type[P], registry: Registry[Any]) -> tuple[P, ...]:
    """Import the plug-ins of a group and declare each in its registry; raises PluginError.

    This runs code of the named distributions. Weir names none itself.
    """
    return tuple(
        _loaded(name, entry_point, kind, registry) for name, entry_point in entry_points_of(names, group)
    )


def _loaded(name: str, entry_point: EntryPoint, kind: type[P], registry: Registry[Any]) -> P:
    where = f"plug-in '{name}', entry point {entry_point.group}:{entry_point.name}"
    try:
        plugin: object = entry_point.load()
    except Exception as error:
        msg = f"{where}: '{entry_point.value}' cannot be imported ({type(error).__name__}: {error})"
        raise PluginError(msg) from error
    if not isinstance(plugin, kind):
        msg = f"{where}: '{entry_point.value}' is a {type(plugin).__name__}, but must be a {kind.__name__}"
        raise PluginError(msg)
    if plugin.declaration.id != entry_point.name:
        msg = f"{where}: it declares the id '{plugin.declaration.id}': give both the same name"
        raise PluginError(msg)
    try:
        registry.declare(plugin.declaration, name)
    except RegistryError as error:
        msg = f"{where}: {error}"
        raise PluginError(msg) from error
    return plugin
