"""A plug-in's metric never ends or holds up the evaluator: what it cannot measure in time is NULL."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from schemas.metrics import MetricDeclaration
from schemas.values import Message
from services.evaluator.adapters.plugin_metrics import MAX_THREADS, PluginMetric
from services.evaluator.domain.metrics.types import EvaluatedAnswer, Measured, MetricPlugin, MetricValue

ANSWER = EvaluatedAnswer(
    (Message(role="user", content="Where is it?"),), "In the portal.", "stop", lambda _: None
)


def plugin_metric(measure: Callable[[EvaluatedAnswer], MetricValue], timeout_s: float = 5.0) -> PluginMetric:
    return PluginMetric(
        MetricPlugin(MetricDeclaration("politeness", "score", "how polite"), measure), timeout_s
    )


def fails(_: EvaluatedAnswer) -> MetricValue:
    msg = "broken: In the portal."
    raise ValueError(msg)


@pytest.mark.parametrize(
    ("value", "expected", "label"),
    [
        (0.25, 0.25, None),
        (3, 3.0, None),
        (True, 1.0, None),
        (None, None, None),
        (Measured(0.0, "de/en"), 0.0, "de/en"),
    ],
)
async def test_what_a_plugin_measures_is_stored(
    value: MetricValue, expected: float | None, label: str | None
) -> None:
    measured = await plugin_metric(lambda _: value).measure(ANSWER)

    assert (measured.name, measured.value, measured.label) == ("politeness", expected, label)


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 1e300, "good", Measured(1.0, "x" * 5_000), object()]
)
async def test_a_value_out_of_bounds_is_unknown(value: MetricValue) -> None:
    assert (await plugin_metric(lambda _: value).measure(ANSWER)).value is None


async def test_an_error_is_unknown_and_its_message_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    measured = await plugin_metric(fails).measure(ANSWER)

    assert measured.value is None
    assert "portal" not in caplog.text
    assert [record.__dict__["error"] for record in caplog.records] == ["ValueError"]


async def test_a_metric_that_never_returns_is_given_up_and_holds_a_bounded_number_of_threads() -> None:
    ended = threading.Event()
    stuck = plugin_metric(lambda _: float(ended.wait(60)), timeout_s=0.05)
    before = threading.active_count()
    try:
        measured = await asyncio.gather(*(stuck.measure(ANSWER) for _ in range(4 * MAX_THREADS)))

        assert {metric.value for metric in measured} == {None}
        await asyncio.sleep(0.2)
        assert threading.active_count() - before <= MAX_THREADS
    finally:
        ended.set()
