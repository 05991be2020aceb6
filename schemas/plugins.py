"""Plug-ins: installed packages that add metrics, detectors, checks and provider dialects by entry points."""

import inspect
import re
import traceback
from collections.abc import Iterator, Sequence
from importlib.metadata import Distribution, EntryPoint, PackageNotFoundError, distribution
from pathlib import Path
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
    """A plug-in cannot be used; the message names the distribution and entry point, and how to fix it."""


class Plugin(Protocol):
    """The object that an entry point of Weir's groups refers to, with its declaration."""

    @property
    def declaration(self) -> Declaration:
        """The entry to add to the registry."""
        ...

    def problem(self) -> str | None:
        """What is wrong with it; None where it can be used."""
        ...


P = TypeVar("P", bound=Plugin)
D = TypeVar("D", bound=Declaration)


def _spelled(name: str) -> str:
    """A distribution's name in its normal form (PEP 503): `Acme_Weir` and `acme-weir` are one."""
    return re.sub(r"[-_.]+", "-", name).lower()


def distributions(names: Sequence[str]) -> Iterator[tuple[str, Distribution]]:
    """The named distributions; raises PluginError for one that is missing, named twice, or adds nothing."""
    spelled = [_spelled(name) for name in names]
    if twice := sorted({name for name in spelled if spelled.count(name) > 1}):
        raise PluginError(f"plug-in '{twice[0]}' is named twice in 'plugins': leave one out")
    for name in spelled:
        found = _installed(name)
        problem = _groups_problem({entry_point.group for entry_point in found.entry_points})
        if problem is not None:
            raise PluginError(f"plug-in '{name}' {problem}")
        yield name, found


def _installed(name: str) -> Distribution:
    try:
        found = distribution(name)
        list(found.entry_points)
    except PackageNotFoundError:
        msg = f"plug-in '{name}' is not installed: install it beside Weir, or take it out of 'plugins'"
        raise PluginError(msg) from None
    except Exception as error:
        msg = f"plug-in '{name}': its metadata cannot be read ({type(error).__name__})"
        raise PluginError(msg) from error
    return found


def _groups_problem(groups: set[str]) -> str | None:
    unknown = sorted(group for group in groups - {*GROUPS} if group.startswith("weir."))
    if unknown:
        return f"has entry points in '{unknown[0]}', which is no group of Weir's; groups: {', '.join(GROUPS)}"
    if not groups & {*GROUPS}:
        of_it = ", ".join(sorted(groups)) or "none"
        return f"has no entry point in {', '.join(GROUPS)}: it would add nothing; its groups: {of_it}"
    return None


def entry_points_of(names: Sequence[str], group: str) -> Iterator[tuple[str, EntryPoint]]:
    """The entry points of a group in these distributions, by distribution name; raises PluginError."""
    for name, found in distributions(names):
        entry_points = list(found.entry_points.select(group=group))
        ids = [entry_point.name for entry_point in entry_points]
        if twice := sorted({key for key in ids if ids.count(key) > 1}):
            raise PluginError(f"plug-in '{name}' has two entry points {group}:{twice[0]}")
        yield from ((name, entry_point) for entry_point in entry_points)


def load_plugins(names: Sequence[str], group: str, kind: type[P], registry: Registry[Any]) -> tuple[P, ...]:
    """Import the plug-ins of a group and declare each in its registry; raises PluginError.

    This runs code of the named distributions. Weir names none itself.
    """
    return tuple(
        _loaded(name, entry_point, kind, registry) for name, entry_point in entry_points_of(names, group)
    )


def _loaded(name: str, entry_point: EntryPoint, kind: type[P], registry: Registry[Any]) -> P:
    where = f"plug-in '{name}', entry point {entry_point.group}:{entry_point.name}"
    plugin = _imported(where, entry_point)
    if not isinstance(plugin, kind):
        msg = f"{where}: '{entry_point.value}' is a {type(plugin).__name__}, but must be a {kind.__name__}"
        raise PluginError(msg)
    problem = plugin.problem()
    if problem is not None:
        raise PluginError(f"{where}: {problem}")
    if plugin.declaration.id != entry_point.name:
        msg = f"{where}: it declares the id '{plugin.declaration.id}': give both the same name"
        raise PluginError(msg)
    try:
        registry.declare(plugin.declaration, name)
    except RegistryError as error:
        raise PluginError(f"{where}: {error}") from error
    return plugin


def _imported(where: str, entry_point: EntryPoint) -> object:
    try:
        return entry_point.load()
    except (ImportError, SyntaxError, AttributeError) as error:
        msg = f"{where}: '{entry_point.value}' cannot be imported ({type(error).__name__}: {error})"
        raise PluginError(msg) from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        # Its text may be anything, a key that was read too; where it was raised is enough to find it.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{type(error).__name__} in {Path(frame.filename).name}, line {frame.lineno}"
        raise PluginError(f"{where}: '{entry_point.value}' cannot be imported ({place})") from error


def call_problem(what: str, function: object) -> str | None:
    """Why outside code cannot be called; None where it can."""
    if not callable(function):
        return f"'{what}' must be a function, but is a {type(function).__name__}"
    if inspect.iscoroutinefunction(function):
        return f"'{what}' must not be async: it is called in a thread"
    return None


def is_a(value: object, kind: type[object]) -> bool:
    """Whether outside code, which no type checker may have seen, gave a value of this type."""
    return isinstance(value, kind)
