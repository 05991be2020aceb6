"""When a stream is too late for a new request, what the caller is told, and when to come back."""

import pytest

from services.gateway.domain.stream_lag import Delay, Limits, too_late

LIMITS = Limits(lag_s=60.0, held_s=5.0, waiting=10)


@pytest.mark.parametrize("delay", [Delay(), Delay(60.0), Delay(0.0, 5.0, "llm.requests/1"), Delay(59.0, 4.0, "llm.requests/1")])
def test_within_the_limits_nothing_is_refused(delay: Delay) -> None:
    assert too_late(delay, LIMITS) is None


@pytest.mark.parametrize(
    ("delay", "retry_after_s", "told"),
    [
        (Delay(60.1), 1, "the stream is 60 s behind, the limit is 60 s"),
        (Delay(90.0), 30, "the stream is 90 s behind"),
        (Delay(1e9), 60, "behind"),
        (Delay(0.0, 12.0, "llm.requests/1"), 12, "llm.requests/1 has been held for 12 s by the open transaction of another Kafka producer"),
        (Delay(900.0, 900.0, "llm.completions/0"), 60, "llm.completions/0 has been held"),
    ],
)
def test_beyond_them_the_reason_and_the_time_to_come_back_are_told(delay: Delay, retry_after_s: int, told: str) -> None:
    refusal = too_late(delay, LIMITS)

    assert refusal is not None
    assert (refusal.problem.status, refusal.problem.code, refusal.problem.retry_after_s) == (503, "stream_late", retry_after_s)
    assert told in refusal.problem.message
