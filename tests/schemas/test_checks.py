"""Checks of a policy: known types and those of plug-ins, and no text goes out in the clear."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from schemas.checks import (
    CHECK_TYPES,
    CHECKS,
    PLUGIN_CHECKS,
    AnyCheck,
    CheckDeclaration,
    HttpCheck,
    PluginCheck,
    RegexCheck,
    is_check_type,
)

ANY_CHECK = TypeAdapter[Any](AnyCheck)


@pytest.fixture
def plugin() -> Iterator[str]:
    PLUGIN_CHECKS.declare(CheckDeclaration("shouting", "no capitals"), "acme")
    yield "shouting"
    PLUGIN_CHECKS.withdraw("acme")


def test_every_check_has_a_type_of_its_own_and_says_what_it_does() -> None:
    assert len(set(CHECK_TYPES)) == len(CHECKS)
    assert all(check.__doc__ for check in CHECKS)
    assert all(is_check_type(kind) for kind in CHECK_TYPES)


def test_a_check_is_read_by_its_type() -> None:
    check = ANY_CHECK.validate_python({"name": "no-digits", "type": "regex", "pattern": "[0-9]"})

    assert check == RegexCheck(name="no-digits", pattern="[0-9]")
    assert ANY_CHECK.validate_json(ANY_CHECK.dump_json(check)) == check


def test_an_unknown_type_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValidationError, match=r"no check type 'shouting'; known: regex.*come with 'plugins'"):
        ANY_CHECK.validate_python({"name": "loud", "type": "shouting"})


def test_a_type_of_a_plug_in_is_read_while_the_plug_in_is_loaded(plugin: str) -> None:
    check = ANY_CHECK.validate_python({"name": "loud", "type": plugin, "arguments": {"most": 3}})

    assert check == PluginCheck(name="loud", type=plugin, arguments={"most": 3})
    assert check.runs_outside
    assert is_check_type(plugin)


@pytest.mark.parametrize(
    ("url", "is_taken"),
    [
        ("https://checks.example.com/v1", True),
        ("http://127.0.0.1:8080/", True),
        ("http://[::1]/", True),
        ("http://localhost/", True),
        ("http://checks.example.com/", False),
        ("http://127.0.0.1.example.com/", False),
        ("http://localhost@example.com/", False),
        ("ftp://localhost/", False),
    ],
)
def test_texts_leave_the_machine_only_by_https(url: str, *, is_taken: bool) -> None:
    fields = {"name": "outside", "url": url}

    if is_taken:
        assert HttpCheck.model_validate(fields).url == url
    else:
        with pytest.raises(ValidationError):
            HttpCheck.model_validate(fields)
