"""The JSON Schema of weir.yaml is fresh and fits the file that ships."""

import json
from pathlib import Path

from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from weir.config.file import load
from weir.config.schema import FILE, main

EXAMPLES = Path(__file__).parents[3] / "weir"


def test_the_schema_is_fresh_and_fits_the_file_that_ships() -> None:
    assert main(["--check"]) == 0

    shipped = json.loads(
        json.dumps(YAML(typ="safe").load((EXAMPLES / "default.yaml").read_text()), default=str)
    )

    Draft202012Validator(json.loads(FILE.read_text())).validate(shipped)
    assert {route.name for route in load(None).routes} == {"small"}
