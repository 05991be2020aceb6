"""Budgets as files and as published: read, checked, put on llm.budgets."""

import asyncio
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from schemas.budgets import BudgetDocument
from streaming.broker import Broker
from streaming.errors import StreamingError
from streaming.table import Table

FORM = "expected one budget, a list of them, or a mapping with the key 'budgets'; each has a 'name', which is its tenant or default"


class BudgetFileError(StreamingError):
    """A file of budgets cannot be published; the message has one line for each problem."""


async def published_budgets(broker: Broker) -> Mapping[str, BudgetDocument]:
    """The documents on llm.budgets as they are now."""
    table = Table(BudgetDocument)
    keeper = asyncio.create_task(table.keep(broker))
    try:
        await table.ready()
    finally:
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)
    return table.all()


def read_budget_file(path: Path) -> Sequence[BudgetDocument]:
    """Read a file of budgets; raises BudgetFileError with all problems, and publishes nothing."""
    documents: list[BudgetDocument] = []
    problems: list[str] = []
    for index, entry in enumerate(_entries(path)):
        name = str(entry.get("name", f"budget {index + 1}")) if isinstance(entry, Mapping) else f"budget {index + 1}"
        try:
            documents.append(BudgetDocument.model_validate(entry, extra="forbid"))
        except ValidationError as error:
            problems += [f"{path}: {name}: {_problem(dict(one))}" for one in error.errors(include_url=False)]
    names = [document.name for document in documents]
    problems += [f"{path}: two budgets are named {name}: join their limits" for name in sorted({name for name in names if names.count(name) > 1})]
    if problems:
        raise BudgetFileError("\n".join(problems))
    return documents


def _entries(path: Path) -> Sequence[object]:
    try:
        tree: object = YAML(typ="safe", pure=True).load(io.StringIO(path.read_text()))
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror})"
        raise BudgetFileError(msg) from error
    except (MarkedYAMLError, UnicodeDecodeError) as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        msg = f"{path}{f' line {mark.line + 1}' if mark else ''}: not valid YAML"
        raise BudgetFileError(msg) from error
    if isinstance(tree, Mapping) and "budgets" in tree:
        tree = cast("Mapping[str, object]", tree)["budgets"]
    if isinstance(tree, Mapping):
        return [cast("object", tree)]
    if isinstance(tree, list) and tree:
        return cast("list[object]", tree)
    msg = f"{path}: {FORM}"
    raise BudgetFileError(msg)


def _problem(error: Mapping[str, Any]) -> str:
    place = ".".join(str(part) for part in error["loc"])
    text = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        text = f"there is no such field; accepted: {', '.join(BudgetDocument.model_fields)}" if "." not in place else "there is no such field"
    elif isinstance(error.get("input"), str | int | float | bool):
        text = f"{text} (it is {error['input']!r})"
    return f"{place}: {text}" if place else text
