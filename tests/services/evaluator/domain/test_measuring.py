"""Every answer is measured by every built-in metric, in the order of their declarations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.metrics import METRICS
from services.evaluator.domain.measuring import measure, metric
from services.evaluator.domain.metrics.types import Measured, MetricValue
from tests.services.evaluator.domain.metrics.answers import answer


@given(question=st.text(), output=st.text(), system=st.none() | st.text(min_size=1))
def test_any_text_is_measured_and_each_metric_is_there_once(
    question: str, output: str, system: str | None
) -> None:
    names = [measured.name for measured in measure(answer(output, question, system=system))]

    assert names == [*METRICS]


@pytest.mark.parametrize(
    ("value", "stored", "label"),
    [
        (True, 1.0, None),
        (False, 0.0, None),
        (None, None, None),
        (7.0, 7.0, None),
        (Measured(0.0, "de/en"), 0.0, "de/en"),
        (Measured(None), None, None),
    ],
)
def test_a_claim_is_stored_as_a_number_and_a_missing_value_as_none(
    value: MetricValue, stored: float | None, label: str | None
) -> None:
    measured = metric("empty", value)

    assert (measured.value, measured.label) == (stored, label)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Measured(1.0, "x" * 5_000)])
def test_a_value_out_of_bounds_is_refused(value: MetricValue) -> None:
    with pytest.raises(ValidationError):
        metric("empty", value)
