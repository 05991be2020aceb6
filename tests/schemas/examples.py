"""The example of each event, as the tests of the schemas read them."""

from pathlib import Path
from typing import Any

import pytest

from schemas.event import Event

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"


def example_files() -> list[Any]:
    return [pytest.param(path, id=path.stem) for path in sorted(EXAMPLES.glob("*.json"))]


def example(kind: type[Event]) -> Any:
    return kind.model_validate_json((EXAMPLES / f"{kind.TYPE}.json").read_bytes())
