"""When the lag is too high for a new request, its refusal has the reason and Retry-After."""

import pytest

from services.gateway.domain.overload import OverloadLimits, StreamLag, overload_problem

LIMITS = OverloadLimits(lag_s=60.0, held_s=5.0, waiting=10)


@pytest.mark.parametrize(
    "lag",
    [
        StreamLag(),
        StreamLag(60.0),
        StreamLag(0.0, 5.0, "llm.requests/1"),
        StreamLag(59.0, 4.0, "llm.requests/1"),
    ],
)
def test_within_the_limits_nothing_is_refused(lag: StreamLag) -> None:
    assert overload_problem(lag, LIMITS) is None


@pytest.mark.parametrize(
    ("lag", "retry_after_s", "message"),
    [
        (StreamLag(60.1), 1, "the stream is 60 s behind, the limit is 60 s"),
        (StreamLag(90.0), 30, "the stream is 90 s behind"),
        (StreamLag(1e9), 60, "behind"),
        (
            StreamLag(0.0, 12.0, "llm.requests/1"),
            12,
            "llm.requests/1 has been held for 12 s by the open transaction of another Kafka producer",
        ),
        (StreamLag(900.0, 900.0, "llm.completions/0"), 60, "llm.completions/0 has been held"),
    ],
)
def test_beyond_them_the_reason_and_the_time_to_come_back_are_told(
    lag: StreamLag, retry_after_s: int, message: str
) -> None:
    refusal = overload_problem(lag, LIMITS)

    assert refusal is not None
    assert (refusal.problem.status, refusal.problem.code, refusal.problem.retry_after_s) == (
        503,
        "stream_late",
        retry_after_s,
    )
    assert message in refusal.problem.message
