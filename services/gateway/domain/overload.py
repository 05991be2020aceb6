"""When the stream is too far behind to accept a new request."""

from dataclasses import dataclass
from math import ceil

from services.gateway.domain.problems import ProblemError, unavailable

RETRY_SOON_S = 2
MAX_RETRY_AFTER_S = 60


@dataclass(frozen=True, slots=True)
class StreamLag:
    """The longest wait of an unfinished request, and the longest open transaction, in partition `held_at`."""

    seconds: float = 0.0
    held_s: float = 0.0
    held_at: str = ""


@dataclass(frozen=True, slots=True)
class OverloadLimits:
    """Above these limits the gateway refuses requests: lag, open transaction, calls that wait at once."""

    lag_s: float
    held_s: float
    waiting: int


def overload_problem(lag: StreamLag, limits: OverloadLimits) -> ProblemError | None:
    """The refusal of a request while the lag or an open transaction is over its limit, else None."""
    if lag.held_s > limits.held_s:
        message = (
            f"{lag.held_at} has been held for {lag.held_s:.0f} s by the open transaction of another"
            f" Kafka producer, the limit is {limits.held_s:.0f} s (`weir lag` names the producer):"
            " the request was not accepted"
        )
        return unavailable("stream_late", message, _retry_after_s(lag.held_s))
    if lag.seconds > limits.lag_s:
        message = (
            f"the stream is {lag.seconds:.0f} s behind, the limit is {limits.lag_s:.0f} s:"
            " the request was not accepted"
        )
        return unavailable("stream_late", message, _retry_after_s(lag.seconds - limits.lag_s))
    return None


def _retry_after_s(excess_s: float) -> int:
    return min(MAX_RETRY_AFTER_S, max(1, ceil(excess_s)))
