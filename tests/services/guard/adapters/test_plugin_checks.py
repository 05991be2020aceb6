"""A plug-in's check type: it decides texts, and whatever goes wrong in it leaves a text unscanned."""

import json
import threading
from collections.abc import Callable, Iterator

import pytest
from pydantic import ValidationError

from schemas.checks import PLUGIN_CHECKS, CheckDeclaration, PluginCheck
from schemas.cloudevents import read_model
from schemas.policies import PolicyDocument
from services.guard.adapters.plugin_checks import PluginChecks
from services.guard.domain.checks.registry import check_problem
from services.guard.domain.checks.types import FAILED, PASSED, CheckResult
from services.guard.domain.detection import UNSCANNED, Detection
from services.guard.domain.plugins import Arguments, CheckPlugin
from services.guard.domain.text.normalization import normalise
from services.guard.domain.types import DetectorInput, ScreeningContext, TextSegment

DECLARATION = CheckDeclaration("shout", "no capitals")


@pytest.fixture(autouse=True)
def declared() -> Iterator[None]:
    PLUGIN_CHECKS.declare(DECLARATION, "acme")
    yield
    PLUGIN_CHECKS.withdraw("acme")


def shout(text: str, arguments: Arguments) -> CheckResult:
    return FAILED if text.isupper() and arguments.get("strict") else PASSED


def broken(text: str, _: Arguments) -> CheckResult:
    raise ValueError(text)


async def detections(
    run: Callable[[str, Arguments], CheckResult] | None,
    text: str,
    *,
    shadow: bool = False,
    instruction: bool = False,
) -> list[Detection]:
    plugins = {"shout": CheckPlugin(DECLARATION, run)} if run is not None else {}
    policy = PolicyDocument.model_validate(
        {
            "name": "acme",
            "checks": [{"name": "calm", "type": "shout", "arguments": {"strict": True}, "shadow": shadow}],
        }
    )
    assert isinstance(policy.checks[0], PluginCheck)
    segment = TextSegment(text, "output", is_instruction=instruction)
    (found,) = await PluginChecks(plugins, 0.2).detect(
        [DetectorInput(segment, normalise(text))], ScreeningContext("output", policy)
    )
    return list(found)


async def test_the_plugin_decides_with_the_arguments_of_the_policy() -> None:
    (failed,) = await detections(shout, "LOUD")
    (passed,) = await detections(shout, "calm")

    assert (failed.kind, failed.detector, failed.score, failed.is_found) == ("calm", "shout", 1.0, True)
    assert (passed.score, passed.is_found) == (0.0, False)


async def test_instructions_of_the_application_are_not_checked() -> None:
    assert await detections(shout, "LOUD", instruction=True) == []


async def test_an_error_or_a_missing_plugin_leaves_the_text_unscanned(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert await detections(broken, "LOUD") == [UNSCANNED]
    assert await detections(None, "LOUD") == [UNSCANNED]
    assert "LOUD" not in caplog.text


def test_a_published_policy_with_an_unknown_check_type_is_read_and_no_file_with_one_is_accepted() -> None:
    check = {"name": "calm", "type": "unheard-of", "arguments": {}}
    document = {"name": "acme", "checks": [check]}

    published = read_model(PolicyDocument, json.dumps(document).encode())

    assert [check.type for check in published.checks] == ["unheard-of"]
    assert "no check type 'unheard-of'" in (check_problem(published.checks[0]) or "")
    with pytest.raises(ValidationError, match="no check type 'unheard-of'"):
        PolicyDocument.model_validate(document)


async def test_a_check_that_never_returns_leaves_the_text_unscanned_unless_in_shadow() -> None:
    ended = threading.Event()

    def hangs(_: str, __: Arguments) -> CheckResult:
        ended.wait(60)
        return PASSED

    try:
        assert await detections(hangs, "LOUD") == [UNSCANNED]
        assert await detections(hangs, "LOUD", shadow=True) == []
    finally:
        ended.set()
