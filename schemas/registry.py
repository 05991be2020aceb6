"""Registries by id: the declared metrics, detectors, checks and provider dialects, plug-ins included."""

import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any, Generic, Protocol, TypeVar

from typing_extensions import override

ID_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,63}$"
BUILT_IN = "weir"


class Declaration(Protocol):
    """An entry of a registry; it has at least an id."""

    @property
    def id(self) -> str:
        """Unique within the registry, and bounded by its pattern."""
        ...


D = TypeVar("D", bound=Declaration)


class RegistryError(ValueError):
    """An id is malformed, or declared by two sources; the message names the id and both sources."""


class Registry(Mapping[str, D], Generic[D]):
    """Declarations of one kind by id, in the order of their declaration.

    The built-in ones are given when the module is imported. A plug-in adds its own once, before its process
    starts to work; from then on the registry does not change.
    """

    def __init__(
        self,
        kind: str,
        declarations: Iterable[D],
        id_pattern: str = ID_PATTERN,
        reserved: frozenset[str] = frozenset(),
    ) -> None:
        """`kind` is used in messages: "metric", "detector". No id may be `reserved`."""
        self.kind = kind
        self._id_pattern = id_pattern
        self._reserved = reserved
        self._by_id: dict[str, tuple[D, str]] = {}
        for declaration in declarations:
            self.declare(declaration, BUILT_IN)

    def declare(self, declaration: D, source: str) -> None:
        """Add a declaration from `source`, a distribution; it may declare the same id again."""
        key = declaration.id
        if key in self._reserved:
            msg = f"{source} declares the {self.kind} '{key}', which is built in: choose another id"
            raise RegistryError(msg)
        if re.fullmatch(self._id_pattern, key) is None:
            msg = (
                f"{source}: '{key[:64]}' cannot be the id of a {self.kind}; it must match {self._id_pattern}"
            )
            raise RegistryError(msg)
        known = self._by_id.get(key)
        if known is not None and (known[1] != source or source == BUILT_IN):
            msg = (
                f"{source} declares the {self.kind} '{key}', which {known[1]} has declared: choose another id"
            )
            raise RegistryError(msg)
        self._by_id[key] = (declaration, source)

    def withdraw(self, source: str) -> None:
        """Remove a declaration of a plug-in."""
        self._by_id = {key: entry for key, entry in self._by_id.items() if entry[1] != source}

    def source_of(self, key: str) -> str:
        """The distribution that declared an id; raises KeyError."""
        return self._by_id[key][1]

    @override
    def __getitem__(self, key: str) -> D:
        return self._by_id[key][0]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._by_id)

    @override
    def __len__(self) -> int:
        return len(self._by_id)


def implementations(package: ModuleType, attribute: str) -> Mapping[str, Any]:
    """Collect the mapping `attribute` (id to implementation) of every module directly inside a package.

    A module registers its implementations by this attribute alone; no list of modules is kept elsewhere.
    Raises RegistryError where two modules implement the same id.
    """
    by_id: dict[str, Any] = {}
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda module: module.name):
        found: Mapping[str, Any] = getattr(
            importlib.import_module(f"{package.__name__}.{module.name}"), attribute, {}
        )
        for key, implementation in found.items():
            if key in by_id:
                msg = f"'{key}' is implemented twice in {package.__name__}"
                raise RegistryError(msg)
            by_id[key] = implementation
    return by_id
