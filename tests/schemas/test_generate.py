"""Generated files: as the models say, and one that differs, is missing or is left over is named."""

import json
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from schemas.generate import FOLDER, documents, stale
from schemas.topics import EVENT_OF, TOPICS
from tests.schemas.examples import example_files


def test_generated_files_are_as_the_models_say() -> None:
    assert stale(FOLDER) == []


def test_a_file_that_differs_is_missing_or_is_left_over_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "generated"
    shutil.copytree(FOLDER, folder)
    (folder / "asyncapi.json").write_text("{}")
    (folder / "weir.llm.request.v1.schema.json").unlink()
    (folder / "weir.llm.old.v1.schema.json").write_text("{}")

    names = stale(folder)

    assert names == ["asyncapi.json", "weir.llm.old.v1.schema.json", "weir.llm.request.v1.schema.json"]


@pytest.mark.parametrize("path", example_files())
def test_an_example_fits_the_generated_json_schema(path: Path) -> None:
    schema = json.loads((FOLDER / f"{path.stem}.schema.json").read_text())

    Draft202012Validator(schema).validate(json.loads(path.read_bytes()))


def test_the_asyncapi_document_has_a_channel_for_each_topic_and_a_file_for_each_message() -> None:
    files = documents()

    api = json.loads(files["asyncapi.json"])

    assert api["channels"].keys() == {topic.name for topic in TOPICS}
    assert api["components"]["messages"].keys() == EVENT_OF.keys()
    payloads = [
        message["payload"]["schema"]["$ref"].removeprefix("./")
        for message in api["components"]["messages"].values()
    ]
    assert set(payloads) == files.keys() - {"asyncapi.json"}
