"""Logs: one JSON object for each line, facts as fields, and nothing that a library quotes below an error."""

import json
import logging
from collections.abc import Iterator

import pytest

from streaming.logs import NOISY, configure


@pytest.fixture
def root() -> Iterator[None]:
    """Put the root logger and the libraries' levels back after the test."""
    root, handlers, level = logging.getLogger(), logging.getLogger().handlers[:], logging.getLogger().level
    levels = {name: logging.getLogger(name).level for name in NOISY}
    yield
    for handler in root.handlers[:]:
        if handler not in handlers:
            root.removeHandler(handler)
    for handler in handlers:
        if handler not in root.handlers:
            root.addHandler(handler)
    root.setLevel(level)
    for name, former in levels.items():
        logging.getLogger(name).setLevel(former)


@pytest.mark.usefixtures("root")
def test_a_line_is_an_object_with_facts_as_fields(capsys: pytest.CaptureFixture[str]) -> None:
    configure("INFO")

    logging.getLogger("weir.test").info("waiting", extra={"partition": 3, "because": 'a "quoted"\nreason'})

    (line,) = capsys.readouterr().err.splitlines()
    fields = json.loads(line)
    assert fields.pop("time")
    assert fields == {
        "level": "INFO",
        "logger": "weir.test",
        "message": "waiting",
        "partition": 3,
        "because": 'a "quoted"\nreason',
    }


@pytest.mark.usefixtures("root")
def test_below_the_level_and_of_libraries_below_an_error_nothing_is_logged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure("INFO")

    logging.getLogger("weir.test").debug("too fine")
    for name in NOISY:
        logging.getLogger(f"{name}.inner").warning("GET /?q=secret")
        logging.getLogger(name).error("broken")

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(fields["logger"], fields["message"]) for fields in lines] == [(name, "broken") for name in NOISY]
