"""Every metric that the meter exports beside those of the stream; labels never hold content, tenants, or names that providers make up."""

from collections.abc import Iterable
from typing import get_args

from prometheus_client import Counter

from schemas.outcomes import BookedAttempt
from services.meter.domain.held import HeldReason, reason_of

HELD_LINES = Counter("weir_meter_held_lines_total", "Usage lines booked without a cost, by why", ("reason",))
MISMATCHED_USAGE = Counter("weir_meter_mismatched_usage_total", "Usage reports that do not add up to the provider's own totals", ("provider",))

MAX_PROVIDERS = 100
OTHER = "other"


class BookedLines:
    """Counts what needs a look among booked lines; a line whose decision is made again after a crash counts again."""

    def __init__(self) -> None:
        """Know no provider yet, and export each reason from the start, so that its first line is a rise from 0."""
        self._providers: set[str] = set()
        for reason in get_args(HeldReason):
            HELD_LINES.labels(reason)

    def count(self, lines: Iterable[BookedAttempt]) -> None:
        """Count held lines and reports that do not add up."""
        for line in lines:
            if line.cost_usd is None:
                HELD_LINES.labels(reason_of(line)).inc()
            if line.usage is not None and line.usage.mismatch is not None:
                MISMATCHED_USAGE.labels(self._provider(line.result.provider)).inc()

    def _provider(self, name: str) -> str:
        """Keep the label bounded: past some number of providers the rest share one."""
        if name not in self._providers and len(self._providers) >= MAX_PROVIDERS:
            return OTHER
        self._providers.add(name)
        return name
