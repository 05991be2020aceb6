"""The name of a Guardrails validator is refused where it names no class or nothing that is installed."""

from importlib.util import find_spec

import pytest

from services.guard.domain.checks.guardrails import validator_name_problem

IS_INSTALLED = find_spec("guardrails") is not None


@pytest.mark.parametrize(
    "name", ["", "two words", "package.module:", ":Name", "a..b:Name", "1st", "a:b:C", "a" * 101, "a.b:C\n"]
)
def test_a_name_of_no_class_is_refused(name: str) -> None:
    assert "names no class" in (validator_name_problem(name) or "")


@pytest.mark.parametrize("name", ["ToxicLanguage", "json:JSONDecoder", "os.path:join"])
def test_a_name_of_a_class_needs_the_package_alone(name: str) -> None:
    problem = validator_name_problem(name)

    assert problem is None if IS_INSTALLED else "pip install 'weir[guardrails]'" in (problem or "")


@pytest.mark.parametrize("module", ["no_such_package", "no_such_package.checks", "json.no_such_module"])
def test_a_module_that_is_not_there_never_passes(module: str) -> None:
    problem = validator_name_problem(f"{module}:Polite")

    assert problem is not None
    assert not IS_INSTALLED or module in problem
