"""Writes the JSON Schema of weir.yaml; with `--check` it fails if the file differs from the models."""

import json
import sys
from pathlib import Path

from weir.config.models import Config

FILE = Path(__file__).parents[1] / "weir.schema.json"


def schema() -> str:
    """The text of `weir.schema.json`."""
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:weir:config",
        **Config.model_json_schema(),
    }
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def main(arguments: list[str]) -> int:
    """Write the schema file, or with `--check` return 1 if it is stale."""
    if arguments == ["--check"]:
        is_stale = not FILE.exists() or FILE.read_text() != schema()
        if is_stale:
            sys.stderr.write(
                f"{FILE.name} differs from weir.config.models; run `python -m weir.config.schema`\n"
            )
        return 1 if is_stale else 0
    FILE.write_text(schema())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
