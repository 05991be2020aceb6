"""The reason of a ledger entry without a cost as one of five names; its own `reason` is the full text."""

from typing import Literal

from schemas.outcomes import BookedAttempt, TokenUsage
from services.meter.domain.pricing.documents import SOURCE

HeldReason = Literal["unknown_call", "no_usage", "unreadable_usage", "own_price", "no_price"]


def reason_of(line: BookedAttempt) -> HeldReason:
    """Return the name of the reason.

    `own_price` is a price document with a hole, an overlap or a missing class, `no_price` a gap in the price
    list.
    """
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
