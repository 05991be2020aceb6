"""A plug-in's check type: it decides texts, and whatever goes wrong in it leaves a text unscanned."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from pydantic import ValidationError

from schemas.checks import PLUGIN_CHECKS, CheckDeclaration, PluginCheck
from schemas.cloudevents import read_model
from schemas.policies import PolicyDocument
from services.guard.adapters.plugin_checks import MAX_THREADS, PluginChecks
from services.guard.domain.checks.registry import check_problem
from services.guard.domain.checks.types import FAILED, PASSED, CheckResult
from services.guard.domain.detection import UNSCANNED, Detection, Span
from services.guard.domain.plugins import Arguments, CheckPlugin
from services.guard.domain.text.normalization import normalise
from services.guard.domain.types import DetectorInput, ScreeningContext, TextSegment
from streaming.outside_calls import FAILURES_BEFORE_PAUSE

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


@pytest.mark.parametrize(
    "result",
    [
        None,
        True,
        CheckResult(None),  # pyright: ignore[reportArgumentType] - a plug-in need not be typed
        CheckResult("pass"),  # pyright: ignore[reportArgumentType] - as above
        CheckResult(True, (Span(0, 99),)),
        CheckResult(True, (Span(3, 1),)),
        CheckResult(True, (Span(-1, 2),)),
        CheckResult(True, (Span(0, 1),) * 5_000),
        CheckResult(True, ((0.0, 1.0),)),  # pyright: ignore[reportArgumentType] - as above
        CheckResult(True, replacement=7),  # pyright: ignore[reportArgumentType] - as above
        CheckResult(True, replacement="x" * 200_000),
    ],
)
async def test_an_invalid_result_leaves_the_text_unscanned(result: CheckResult) -> None:
    assert await detections(lambda _, __: result, "LOUD") == [UNSCANNED]


async def test_a_plugin_cannot_change_the_policy_nor_mask_a_text_that_passed() -> None:
    seen = list[Arguments]()

    def greedy(_: str, arguments: Arguments) -> CheckResult:
        seen.append(dict(arguments))
        cast("dict[str, Any]", arguments)["strict"] = False
        return CheckResult(False, (Span(0, 2),))

    first = await detections(greedy, "LOUD")
    await detections(greedy, "LOUD")

    assert seen == [{"strict": True}, {"strict": True}]
    assert [(found.is_found, found.span) for found in first] == [(False, None)]


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt(), StopIteration(), GeneratorExit()])
async def test_what_is_no_ordinary_error_leaves_the_text_unscanned_at_once(error: BaseException) -> None:
    def exits(_: str, __: Arguments) -> CheckResult:
        raise error

    async with asyncio.timeout(0.15):
        assert await detections(exits, "LOUD") == [UNSCANNED]


async def test_texts_are_checked_side_by_side_and_a_stuck_check_is_paused() -> None:
    ended, calls = threading.Event(), list[str]()

    def hangs(text: str, _: Arguments) -> CheckResult:
        calls.append(text)
        ended.wait(60)
        return PASSED

    plugins = {"shout": CheckPlugin(DECLARATION, hangs)}
    policy = PolicyDocument.model_validate({"name": "acme", "checks": [{"name": "calm", "type": "shout"}]})
    texts = [DetectorInput(TextSegment(str(n), "output"), normalise(str(n))) for n in range(40)]
    checks, context = PluginChecks(plugins, 0.2), ScreeningContext("output", policy)
    try:
        started = time.monotonic()
        first = await checks.detect(texts, context)
        second = await checks.detect(texts, context)

        assert [*first, *second] == [[UNSCANNED]] * 80
        assert time.monotonic() - started < 2
        assert len(calls) == MAX_THREADS
    finally:
        ended.set()


async def test_one_tenants_texts_pause_nothing_for_another() -> None:
    ended = threading.Event()

    def slow_for_some(text: str, _: Arguments) -> CheckResult:
        if text == "slow":
            ended.wait(60)
        return PASSED

    plugins = {"shout": CheckPlugin(DECLARATION, slow_for_some)}
    policy = PolicyDocument.model_validate({"name": "acme", "checks": [{"name": "calm", "type": "shout"}]})
    checks = PluginChecks(plugins, 0.05)

    async def detect(text: str, tenant: str) -> list[Detection]:
        segment = DetectorInput(TextSegment(text, "output"), normalise(text))
        (found,) = await checks.detect([segment], ScreeningContext("output", policy, tenant=tenant))
        return list(found)

    try:
        for _ in range(FAILURES_BEFORE_PAUSE):
            assert await detect("slow", "acme") == [UNSCANNED]

        assert await detect("fine", "acme") == [UNSCANNED]
        (passed,) = await detect("fine", "globex")
        assert passed.is_found is False
    finally:
        ended.set()


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
