"""Price documents as files and as published: read, checked, compared, put on llm.prices."""

import asyncio
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from schemas.prices import PriceDocument
from streaming.broker import Broker
from streaming.errors import StreamingError
from streaming.table import Table

FORM = "expected one price document, a list of them, or a mapping with the key 'prices'"


class PriceFileError(StreamingError):
    """A file of prices cannot be published; the message has one line for each problem."""


@dataclass(frozen=True, slots=True)
class Change:
    """A document to publish, and what is published under its name now."""

    document: PriceDocument
    published: PriceDocument | None


async def published_prices(broker: Broker) -> Table[PriceDocument]:
    """The documents on llm.prices as they are now."""
    table = Table(PriceDocument)
    keeper = asyncio.create_task(table.keep(broker))
    try:
        await table.ready()
    finally:
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)
    return table


def read_price_file(path: Path) -> Sequence[PriceDocument]:
    """Read a file and check every history; raises PriceFileError with all problems."""
    documents: list[PriceDocument] = []
    problems: list[str] = []
    for index, entry in enumerate(_entries(path)):
        name = entry.get("name", f"document {index + 1}") if isinstance(entry, Mapping) else f"document {index + 1}"
        try:
            document = PriceDocument.model_validate(entry, extra="forbid")
        except ValidationError as error:
            problems += [f"{path}: {name}: {_problem(dict(one))}" for one in error.errors(include_url=False)]
            continue
        documents.append(document)
        if (problem := document.problem()) is not None:
            problems.append(f"{path}: {problem}")
    names = [document.name for document in documents]
    problems += [f"{path}: two documents are named {name}: join their periods" for name in sorted({name for name in names if names.count(name) > 1})]
    if problems:
        raise PriceFileError("\n".join(problems))
    return documents


def changes_of(documents: Sequence[PriceDocument], published: Mapping[str, PriceDocument]) -> Sequence[Change]:
    """Choose what differs, with its history; raises PriceFileError where a changed document keeps its version, since lines name their price by it."""
    pairs = [(document.after(published.get(document.name)), published.get(document.name)) for document in documents]
    changes = [Change(document, before) for document, before in pairs if document != before]
    stale = [
        f"{change.document.name} differs from what is published as version {change.published.version}: give it version {change.published.version + 1}"
        for change in changes
        if change.published is not None and change.document.version <= change.published.version
    ]
    if stale:
        raise PriceFileError("\n".join(stale))
    return changes


def _entries(path: Path) -> Sequence[object]:
    try:
        tree: object = YAML(typ="safe", pure=True).load(io.StringIO(path.read_text()))
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror})"
        raise PriceFileError(msg) from error
    except (MarkedYAMLError, UnicodeDecodeError) as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        msg = f"{path}{f' line {mark.line + 1}' if mark else ''}: not valid YAML"
        raise PriceFileError(msg) from error
    if isinstance(tree, Mapping) and "prices" in tree:
        tree = cast("Mapping[str, object]", tree)["prices"]
    if isinstance(tree, Mapping):
        return [cast("object", tree)]
    if isinstance(tree, list) and tree:
        return cast("list[object]", tree)
    msg = f"{path}: {FORM}"
    raise PriceFileError(msg)


def _problem(error: Mapping[str, Any]) -> str:
    place = ".".join(str(part) for part in error["loc"])
    text = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        text = "there is no such field"
    elif isinstance(error.get("input"), str | int | float | bool):
        text = f"{text} (it is {error['input']!r})"
    return f"{place}: {text}" if place else text
