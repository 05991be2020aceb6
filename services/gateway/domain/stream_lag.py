"""How late the stream is for a new request, and when that is too late to take it."""

from dataclasses import dataclass
from math import ceil

from services.gateway.domain.problems import ProblemError, unavailable

RETRY_SOON_S = 2
LONGEST_RETRY_S = 60


@dataclass(frozen=True, slots=True)
class StreamLag:
    """The longest wait of an unfinished request, and the longest time that an open transaction has been holding a partition (`held_at`)."""

    seconds: float = 0.0
    held_s: float = 0.0
    held_at: str = ""


@dataclass(frozen=True, slots=True)
class OverloadLimits:
    """When the gateway refuses instead of queueing."""

    lag_s: float
    held_s: float
    waiting: int


def overload_problem(delay: StreamLag, limits: OverloadLimits) -> ProblemError | None:
    """The refusal of a request that would wait behind others, or behind a transaction that does not end."""
    if delay.held_s > limits.held_s:
        message = (
            f"{delay.held_at} has been held for {delay.held_s:.0f} s by the open transaction of another Kafka producer,"
            f" the limit is {limits.held_s:.0f} s (`weir lag` names the producer): the request was not accepted"
        )
        return unavailable("stream_late", message, _retry_s(delay.held_s))
    if delay.seconds > limits.lag_s:
        message = f"the stream is {delay.seconds:.0f} s behind, the limit is {limits.lag_s:.0f} s: the request was not accepted"
        return unavailable("stream_late", message, _retry_s(delay.seconds - limits.lag_s))
    return None


def _retry_s(beyond_s: float) -> int:
    return min(LONGEST_RETRY_S, max(1, ceil(beyond_s)))
