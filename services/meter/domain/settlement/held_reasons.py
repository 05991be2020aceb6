"""Why a line has no cost, as one of a few names; the line's own `reason` says it in full."""

from typing import Literal

from schemas.outcomes import BookedAttempt, TokenUsage
from services.meter.domain.pricing.documents import SOURCE

HeldReason = Literal["unknown_call", "no_usage", "unreadable_usage", "own_price", "no_price"]


def reason_of(line: BookedAttempt) -> HeldReason:
    """Name the reason: `own_price` is a document of ours with a hole, an overlap or a missing class, `no_price` is a gap of the list."""
    if line.result.state == "unknown":
        return "unknown_call"
    if line.usage is None:
        return "no_usage"
    if _is_unreadable(line.usage):
        return "unreadable_usage"
    return "own_price" if line.price_source == SOURCE else "no_price"


def _is_unreadable(usage: TokenUsage) -> bool:
    return None in {
        usage.input,
        usage.cache_read,
        usage.cache_write,
        usage.cache_write_1h,
        usage.output,
        usage.reasoning,
    }
