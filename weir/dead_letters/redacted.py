"""The structure of a record without its content: declared field names, JSON types, lengths, closed values."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast, get_args

import orjson

from schemas.answers import AnswerStatus
from schemas.outcomes import CompletionStatus
from schemas.topics import EVENT_OF
from schemas.values import NAME_PATTERN, TENANT_PATTERN, Role
from services.guard.domain.pii.registry import recognise

UNDECLARED = "(undeclared)"
MAX_DEPTH = 12
MAX_LINES = 200
MAX_VALUES_SHOWN = 8
MAX_NODES = 200_000


@dataclass(slots=True)
class PathSummary:
    """All values of one type at one path: their number, lengths, and the values that may be shown."""

    path: str
    kind: str
    count: int = 0
    shortest: int | None = None
    longest: int | None = None
    shown: Sequence[str] = ()

    def add(self, length: int | None, shown: str | None) -> None:
        """Count one value."""
        self.count += 1
        if length is not None:
            self.shortest = length if self.shortest is None else min(self.shortest, length)
            self.longest = length if self.longest is None else max(self.longest, length)
        if shown is not None and shown not in self.shown and len(self.shown) < MAX_VALUES_SHOWN:
            self.shown = (*self.shown, shown)


def shapes(value: bytes) -> list[PathSummary] | None:
    """The structure of a JSON value, at most MAX_LINES paths; None if it is not JSON."""
    try:
        parsed: object = orjson.loads(value)
    except orjson.JSONDecodeError:
        return None
    summaries: dict[tuple[str, str], PathSummary] = {}
    for number, (path, node) in enumerate(_walk(parsed, "", 0)):
        key = path, _kind(node)
        if key not in summaries and len(summaries) >= MAX_LINES:
            continue
        summaries.setdefault(key, PathSummary(*key)).add(_length(node), _shown(path, node))
        if number >= MAX_NODES:
            break
    return list(summaries.values())


def is_declared(name: str) -> bool:
    """Whether a name is a field of an event schema; any other name may hold personal data."""
    return name in _FIELDS


def _walk(node: object, path: str, depth: int) -> Iterator[tuple[str, object]]:
    yield path or "(record)", node
    if depth >= MAX_DEPTH:
        return
    if isinstance(node, dict):
        for name, inner in cast("Mapping[str, object]", node).items():
            yield from _walk(
                inner, f"{path}.{name if is_declared(name) else UNDECLARED}".lstrip("."), depth + 1
            )
    elif isinstance(node, list):
        for inner in cast("Sequence[object]", node):
            yield from _walk(inner, f"{path}[]", depth + 1)


def _kind(node: object) -> str:
    return _KINDS.get(type(node), "null")


def _length(node: object) -> int | None:
    return len(cast("Sequence[object]", node)) if isinstance(node, (str, list, dict)) else None


def _shown(path: str, node: object) -> str | None:
    may_show = _SHOWN.get(path.removeprefix("request."))
    return node if isinstance(node, str) and may_show is not None and may_show(node) else None


def _is_name(pattern: str) -> Callable[[str], bool]:
    """A test for names that match the pattern and in which the guard's rules detect no personal data."""
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text) is not None and not recognise(text)


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return False
    return True


def _fields(kind: object, seen: set[object]) -> Iterator[str]:
    """The field names of a model and of all models in it."""
    fields: Mapping[str, object] | None = (
        getattr(kind, "model_fields", None) if isinstance(kind, type) else None
    )
    if fields is not None and kind not in seen:
        seen.add(kind)
        for name, field in fields.items():
            yield name
            yield from _fields(getattr(field, "annotation", None), seen)
    for part in get_args(kind):
        yield from _fields(part, seen)


_KINDS: Mapping[type[object], str] = {
    dict: "object",
    list: "array",
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
}
_FIELDS = frozenset(name for event in EVENT_OF.values() for name in _fields(event, set()))
_STATUSES = frozenset({*get_args(AnswerStatus), *get_args(CompletionStatus)})
_SHOWN: Mapping[str, Callable[[str], bool]] = {
    "tenant": _is_name(TENANT_PATTERN),
    "model": _is_name(NAME_PATTERN),
    "messages[].role": frozenset(get_args(Role)).__contains__,
    "status": _STATUSES.__contains__,
    "deadline": _is_moment,
}
