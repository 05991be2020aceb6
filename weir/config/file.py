"""Reads weir.yaml; errors name the line, the key and the accepted values. WEIR_HOME overrides `home`."""

import io
import os
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, cast, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from schemas.document_files import BROKEN_VALUES, shown, yaml_problem
from schemas.plugins import PluginError, PluginNames
from weir.config.models import Config
from weir.config.plugins import declare_plugins

FILE_NAME = "weir.yaml"
PLUGIN_NAMES: TypeAdapter[tuple[str, ...]] = TypeAdapter(PluginNames)
Location = tuple[int | str, ...]


class ConfigError(Exception):
    """The configuration file is invalid; the message has one line for each problem, with its line number."""


def load(path: Path | None) -> Config:
    """Read the given file, else ./weir.yaml, else the built-in configuration; raises ConfigError."""
    if path is None and Path(FILE_NAME).is_file():
        path = Path(FILE_NAME)
    if path is None:
        return parse((files("weir") / "default.yaml").read_text(), "the built-in configuration")
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        msg = (
            f"{path}: cannot be read ({error.strerror}); "
            "pass --config FILE, or leave it out for the built-in configuration"
        )
        raise ConfigError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{path}{yaml_problem(error)}"
        raise ConfigError(msg) from error
    return parse(text, str(path))


def parse(text: str, name: str) -> Config:
    """Validate the text of a file; `name` is the name of the file in error messages."""
    try:
        tree: object = YAML(typ="rt").load(io.StringIO(text))
    except (YAMLError, *BROKEN_VALUES) as error:
        msg = f"{name}{yaml_problem(error)}"
        raise ConfigError(msg) from error
    if tree is None:
        tree = {}
    if not isinstance(tree, Mapping):
        msg = f"{name} line 1: expected keys such as {', '.join(Config.model_fields)}"
        raise ConfigError(msg)
    fields = dict(cast("Mapping[str, Any]", tree))
    if home := os.environ.get("WEIR_HOME"):
        fields["home"] = home
    _declare_plugins(fields, tree, name)
    try:
        return Config.model_validate(fields, extra="forbid")
    except ValidationError as error:
        raise ConfigError(
            "\n".join(_problem(dict(problem), tree, name) for problem in error.errors(include_url=False))
        ) from error


def _declare_plugins(fields: Mapping[str, Any], tree: object, name: str) -> None:
    """Load the plug-ins, whose ids the file may use; a malformed list is refused by the model later."""
    try:
        names = PLUGIN_NAMES.validate_python(fields.get("plugins", ()))
    except ValidationError:
        return
    try:
        declare_plugins(names)
    except PluginError as error:
        msg = f"{name} line {_line(tree, ('plugins',))}: plugins: {error}"
        raise ConfigError(msg) from error


def _problem(problem: Mapping[str, Any], tree: object, name: str) -> str:
    location: Location = problem["loc"]
    key_path = ".".join(str(part) for part in location) or "the file"
    text = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        text = f"unknown key; accepted here: {', '.join(_accepted(location[:-1]))}"
    elif not _is_secret(location) and isinstance(problem.get("input"), str | int | float | bool):
        text = f"{text} (it is {shown(problem['input'])})"
    return f"{name} line {_line(tree, location)}: {key_path}: {text}"


def _is_secret(location: Location) -> bool:
    """Whether a message must not show the value there: a key, or an address that may hold a password."""
    return any(isinstance(part, str) and (part == "key_hashes" or part.endswith("url")) for part in location)


def _line(tree: object, location: Location) -> int:
    """The line number of the deepest part of a location that exists in the file; ruamel stores it as `lc`."""
    line, node = 1, tree
    for part in location:
        lines: Any = getattr(node, "lc", None)
        try:
            line = (lines.item(part) if isinstance(part, int) else lines.key(part))[0] + 1
            node = cast("Any", node)[part]
        except (KeyError, IndexError, TypeError, AttributeError):
            break
    return line


def _accepted(location: Location) -> Sequence[str]:
    model: type[BaseModel] = Config
    for part in location:
        if isinstance(part, str):
            model = _model_in(model.model_fields[part].annotation) or model
    return tuple(model.model_fields)


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for inner in get_args(annotation) if (model := _model_in(inner)) is not None), None)
