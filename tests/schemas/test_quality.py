"""Quality facts: kept together by request, with labels in place of free text."""

from typing import Any

import pytest
from pydantic import ValidationError

from schemas.quality import Alert, Evaluation, Feedback, Metric, Review, ReviewTask, RouteChange
from tests.schemas.examples import example


@pytest.mark.parametrize("kind", [Evaluation, Feedback, ReviewTask, Review])
def test_all_facts_about_one_answer_share_its_request_id_as_key(
    kind: type[Evaluation | Feedback | ReviewTask | Review],
) -> None:
    event: Evaluation | Feedback | ReviewTask | Review = example(kind)

    assert event.partition_key == event.request_id


def test_a_route_change_and_an_alert_have_the_key_of_what_they_are_about() -> None:
    change: RouteChange = example(RouteChange)
    alert: Alert = example(Alert)

    assert (change.partition_key, alert.partition_key) == (change.route, alert.name)


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        (Feedback, {"score": 1.01}),
        (Feedback, {"score": float("nan")}),
        (Feedback, {"labels": ["It was Jane!"]}),
        (Feedback, {"labels": ["a"] * 17}),
        (Review, {"score": -0.1}),
        (Review, {"reviewer": "Jane Doe"}),
        (Alert, {"severity": "urgent"}),
    ],
)
def test_a_rating_out_of_range_or_in_free_text_is_refused(
    kind: type[Feedback | Review | Alert], changed: dict[str, Any]
) -> None:
    event: Feedback | Review | Alert = example(kind)

    with pytest.raises(ValidationError, match=next(iter(changed))):
        kind.model_validate({**event.model_dump(), **changed})


def test_a_metric_that_does_not_apply_has_no_value_which_is_not_zero() -> None:
    absent = Metric(name="is_refusal")

    assert Metric.model_validate_json(absent.model_dump_json()).value is None
    assert absent != Metric(name="is_refusal", value=0)
