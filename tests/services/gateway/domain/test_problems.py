"""Errors of a call have a stable status and type, and the message and field that their raiser gave."""

import pytest

from services.gateway.domain.problems import Problem, ProblemError, invalid, not_found, unavailable


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (
            invalid("send it", param="model"),
            Problem(400, "invalid_request_error", "invalid_request", "send it", "model"),
        ),
        (
            invalid("send it", code="invalid_json"),
            Problem(400, "invalid_request_error", "invalid_json", "send it"),
        ),
        (
            not_found("no such model", code="model_not_found", param="model"),
            Problem(404, "invalid_request_error", "model_not_found", "no such model", "model"),
        ),
        (not_found("none"), Problem(404, "invalid_request_error", "not_found", "none")),
        (
            unavailable("starting", "wait", 3),
            Problem(503, "service_unavailable", "starting", "wait", retry_after_s=3),
        ),
    ],
)
def test_an_error_has_its_status_type_code_and_message(error: ProblemError, problem: Problem) -> None:
    assert error.problem == problem
    assert str(error) == problem.message


def test_an_error_about_a_request_keeps_everything_and_gains_the_request_id() -> None:
    error = unavailable("starting", "wait", 3)

    about = error.about("r-1")

    assert about.problem == Problem(
        503, "service_unavailable", "starting", "wait", retry_after_s=3, request_id="r-1"
    )
    assert error.problem.request_id is None
