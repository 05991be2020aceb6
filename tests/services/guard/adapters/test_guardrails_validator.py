"""Guardrails AI validators as checks, with a fake of the library's names that the adapter calls."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.checks import GuardrailsCheck
from schemas.policies import PolicyDocument
from services.guard.adapters.guardrails_validator import GuardrailsChecks
from services.guard.adapters.language_id import LazyLanguageIdentifier
from services.guard.domain.checks.registry import CheckDetector, check_problem
from services.guard.domain.rule_detectors import RuleDetector
from services.guard.domain.types import ScreeningContext, ScreeningResult, TextSegment
from services.guard.screener import DetectorSet, Screener

PACKAGE = {
    "__init__.py": "",
    "settings.py": "class RC:\n    enable_metrics = True\n    use_remote_inferencing = True\n\n"
    "class Settings:\n    rc = RC()\n    disable_tracing = None\n\nsettings = Settings()\n",
    "validator_base.py": "validators_registry = {}\n",
    "hub/__init__.py": "",
}
RULES = """
import time
from enum import Enum
from guardrails.validator_base import validators_registry

class Outcome(Enum):
    PASS = "pass"
    FAIL = "fail"

class Result:
    def __init__(self, outcome, fix_value=None):
        self.outcome, self.fix_value = outcome, fix_value

class Calm:
    made = 0
    def __init__(self, most=1, on_fail=None):
        assert on_fail == "noop"
        Calm.made += 1
        self._most = most
    def validate(self, value, metadata):
        loud = sum(word.isupper() for word in value.split())
        return Result(Outcome.FAIL, value.lower()) if loud > self._most else Result(Outcome.PASS)

class Slow(Calm):
    def validate(self, value, metadata):
        time.sleep(0.5)
        return Result(Outcome.PASS)

class Broken(Calm):
    def validate(self, value, metadata):
        raise RuntimeError(value)

class Asking(Calm):
    required_metadata_keys = ["sources"]

validators_registry["shop/calm"] = Calm
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, text in PACKAGE.items():
        path = tmp_path / "guardrails" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "shop_rules.py").write_text(RULES)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in [one for one in sys.modules if one.split(".")[0] in ("guardrails", "shop_rules")]:
        del sys.modules[name]


def check(validator: str, action: str = "block", **arguments: object) -> GuardrailsCheck:
    return GuardrailsCheck.model_validate(
        {"name": "calm", "validator": validator, "action": action, "arguments": arguments}
    )


def screened(
    text: str, one: GuardrailsCheck, checks: GuardrailsChecks | None = None, when_unscanned: str = "block"
) -> ScreeningResult:
    screener = Screener(
        DetectorSet(
            rules=(RuleDetector(), CheckDetector(LazyLanguageIdentifier())),
            privacy=(),
            validators=(checks or GuardrailsChecks(0.2),),
        )
    )
    policy = PolicyDocument.model_validate(
        {"name": "acme", "checks": [one], "when_unscanned": when_unscanned}
    )
    return asyncio.run(screener.screen([TextSegment(text, "output")], ScreeningContext("output", policy)))


@pytest.mark.parametrize("name", ["shop_rules:Calm", "Calm"])
@pytest.mark.usefixtures("library")
def test_a_validator_is_found_by_module_or_by_the_name_it_was_registered_with(name: str) -> None:
    assert GuardrailsChecks(0.2).problem_of(check("shop_rules:Calm")) is None
    assert screened("BUY IT NOW", check(name)).verdict.reason == "calm found by guardrails (score 1.00)"
    assert screened("buy it now", check(name)).verdict.action == "allow"
    assert screened("BUY IT NOW", check(name, most=9)).verdict.action == "allow"


@pytest.mark.usefixtures("library")
def test_what_a_validator_offers_replaces_a_masked_text_unless_a_value_would_come_back() -> None:
    assert screened("BUY IT NOW", check("shop_rules:Calm", "mask")).redacted_texts == ("buy it now",)
    assert screened("BUY IT NOW at a@example.com", check("shop_rules:Calm", "mask")).redacted_texts == (
        "[calm]",
    )


@pytest.mark.parametrize(
    "name", ["shop_rules:Slow", "shop_rules:Broken", "shop_rules:Gone", "no_such_module:Any"]
)
@pytest.mark.usefixtures("library")
def test_a_validator_that_is_late_breaks_or_is_not_there_leaves_the_text_unscanned(name: str) -> None:
    result = screened("secret words", check(name))
    assert (result.verdict.action, result.verdict.reason) == (
        "block",
        "UNSCANNED found by guard (score 1.00)",
    )
    assert "secret words" not in repr(result.verdict)
    assert screened("secret words", check(name), when_unscanned="allow").verdict.action == "allow"


@pytest.mark.parametrize(
    ("name", "arguments", "way_out"),
    [
        ("shop_rules:Gone", {}, "holds no 'Gone'"),
        ("no_such_module:Any", {}, "install the package"),
        ("Unheard", {}, "package.module:ClassName"),
        ("shop_rules:Asking", {}, "metadata"),
        ("shop_rules:Calm", {"mostest": 1}, "does not take these arguments"),
    ],
)
@pytest.mark.usefixtures("library")
def test_a_validator_that_cannot_run_says_why(name: str, arguments: dict[str, object], way_out: str) -> None:
    assert way_out in (GuardrailsChecks(0.2).problem_of(check(name, "block", **arguments)) or "")


def test_without_the_library_the_way_out_is_the_command_that_installs_it() -> None:
    assert "pip install 'weir[guardrails]'" in (check_problem(check("shop_rules:Calm")) or "")
    assert screened("hello", check("shop_rules:Calm")).verdict.action == "block"


@pytest.mark.usefixtures("library")
def test_nothing_of_the_library_calls_home_and_each_validator_is_made_once() -> None:
    checks = GuardrailsChecks(0.2)
    for text in ("a", "b", "c"):
        screened(text, check("shop_rules:Calm"), checks)
    settings = sys.modules["guardrails.settings"].settings
    assert (settings.rc.enable_metrics, settings.rc.use_remote_inferencing, settings.disable_tracing) == (
        False,
        False,
        True,
    )
    assert sys.modules["shop_rules"].Calm.made == 1
