"""When a stream is too late for a new request, what the caller is told, and when to come back."""

import pytest

from services.gateway.domain.overload import OverloadLimits, StreamLag, overload_problem

LIMITS = OverloadLimits(lag_s=60.0, held_s=5.0, waiting=10)


@pytest.mark.parametrize(
    "delay",
    [
        StreamLag(),
        StreamLag(60.0),
        StreamLag(0.0, 5.0, "llm.requests/1"),
        StreamLag(59.0, 4.0, "llm.requests/1"),
    ],
)
def test_within_the_limits_nothing_is_refused(delay: StreamLag) -> None:
    assert overload_problem(delay, LIMITS) is None


@pytest.mark.parametrize(
    ("delay", "retry_after_s", "told"),
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
    delay: StreamLag, retry_after_s: int, told: str
) -> None:
    refusal = overload_problem(delay, LIMITS)

    assert refusal is not None
    assert (refusal.problem.status, refusal.problem.code, refusal.problem.retry_after_s) == (
        503,
        "stream_late",
        retry_after_s,
    )
    assert told in refusal.problem.message
