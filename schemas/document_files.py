"""Configuration documents in files of YAML or JSON: read, checked, and refused with every problem at once."""

import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

from pydantic import BaseModel, ValidationError

from schemas.documents import Document

D = TypeVar("D", bound=Document)
LONGEST_SHOWN = 120
BROKEN_VALUES = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)
"""What a parser of YAML raises beside its own errors where a tag, a number or a date says what cannot be."""
PRIVATE = frozenset({"text", "content"})
"""Fields whose value no message shows: what people wrote."""


class DocumentFileError(ValueError):
    """A file of documents cannot be used; the message has one line for each problem."""


def read_documents(path: Path, kind: type[D], key: str) -> Sequence[D]:
    """Read one document, a list, or a mapping with a list under `key`; raises DocumentFileError."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror})"
        raise DocumentFileError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{path}{yaml_problem(error)}"
        raise DocumentFileError(msg) from error
    return parse_documents(text, str(path), kind, key)


def parse_documents(text: str, path: str, kind: type[D], key: str) -> Sequence[D]:
    """Read the text of a file; `path` is its name in messages. Raises DocumentFileError."""
    documents: list[D] = []
    problems: list[str] = []
    for index, entry in enumerate(_entries(text, path, key)):
        name = _name_of(entry) or f"number {index + 1}"
        try:
            document = kind.model_validate(entry, extra="forbid")
        except ValidationError as error:
            problems += [f"{path}: {name}: {_problem(one, kind)}" for one in _causes(error)]
            continue
        documents.append(document)
        problems += [f"{path}: {problem}" for problem in [document.problem()] if problem is not None]
    problems += [f"{path}: two {key} are named {name}: join them" for name in _duplicates(documents)]
    if problems:
        raise DocumentFileError("\n".join(problems))
    return documents


def yaml_problem(error: Exception) -> str:
    """The line and the reason why a text is not valid YAML; no line for a number or date out of range."""
    if isinstance(error, RecursionError):
        return ": not valid YAML (it is nested too deeply)"
    mark, why = (
        getattr(error, "problem_mark", None),
        getattr(error, "problem", None) or getattr(error, "reason", None),
    )
    why = why or (str(error) if isinstance(error, ValueError) else "a value is not what its tag says")
    return f"{f' line {mark.line + 1}' if mark else ''}: not valid YAML ({why})"


def shown(value: object) -> str:
    """Format a value for an error message; a long value is shortened."""
    try:
        text = repr(value)
    except ValueError:
        return f"a number of more than {sys.get_int_max_str_digits()} digits"
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


def _name_of(entry: object) -> str | None:
    name = cast("Mapping[str, object]", entry).get("name") if isinstance(entry, Mapping) else None
    return name[:LONGEST_SHOWN] if isinstance(name, str) else None


def _entries(text: str, path: str, key: str) -> Sequence[object]:
    # Only who reads a file needs the parser.
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        tree: object = YAML(typ="safe", pure=True).load(io.StringIO(text))
    except (YAMLError, *BROKEN_VALUES) as error:
        msg = f"{path}{yaml_problem(error)}"
        raise DocumentFileError(msg) from error
    if isinstance(tree, Mapping) and key in tree:
        tree = cast("Mapping[str, object]", tree)[key]
    if isinstance(tree, Mapping):
        return [cast("object", tree)]
    if isinstance(tree, list) and tree:
        return cast("list[object]", tree)
    msg = f"{path}: expected one document, a list of them, or a mapping with the key '{key}'"
    raise DocumentFileError(msg)


def _causes(error: ValidationError) -> Sequence[Mapping[str, Any]]:
    """Drop the error that a list is too short where it follows from an error in one of its items."""
    found: list[dict[str, Any]] = [dict(one) for one in error.errors(include_url=False)]
    inner = {one["loc"][:depth] for one in found for depth in range(len(one["loc"]))}
    return [one for one in found if one["type"] != "too_short" or one["loc"] not in inner]


def _problem(error: Mapping[str, Any], kind: type[Document]) -> str:
    path = ".".join(str(part) for part in error["loc"])
    text = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        text = (
            f"there is no such field; accepted: {', '.join(kind.model_fields)}"
            if "." not in path
            else "there is no such field"
        )
        text += _nearest_field(str(error["loc"][-1]), kind)
    elif error["loc"] and error["loc"][-1] in PRIVATE:
        pass
    elif isinstance(error.get("input"), str | int | float | bool):
        text = f"{text} (it is {shown(error['input'])})"
    return f"{path}: {text}" if path else text


def _nearest_field(name: str, kind: type[Document]) -> str:
    """A hint with the most similar field name of the document or of one of its parts; empty without one."""
    close = get_close_matches(name, sorted(_fields(kind, set())), n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""


def _fields(annotation: object, seen: set[object]) -> set[str]:
    """The names of all fields of a model and of the models inside it."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation in seen:
            return set()
        seen.add(annotation)
        inner = [_fields(field.annotation, seen) for field in annotation.model_fields.values()]
        return set(annotation.model_fields).union(*inner)
    return set[str]().union(*(_fields(part, seen) for part in get_args(annotation)))


def _duplicates(documents: Sequence[Document]) -> Iterator[str]:
    names = [document.name for document in documents]
    return (name for name in sorted(set(names)) if names.count(name) > 1)
