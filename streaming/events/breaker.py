"""The circuit breaker: stops a service whose unexpected errors would dead-letter a large share of a topic."""

import hashlib
import time
import traceback
from collections import OrderedDict, deque
from dataclasses import dataclass

from streaming.brokers.records import Record
from streaming.errors import BreakerOpenError

ACTIVE_S = 600.0
MAX_TENANTS = 10_000
MIN_TENANTS_COMPARED = 2


@dataclass(frozen=True, slots=True)
class HandlingFailure:
    """An unexpected error: where it was raised, a digest of the record's content, and its tenant."""

    raised_at: str
    content: bytes
    tenant: str


def failure_of(error: BaseException, record: Record, tenant: str) -> HandlingFailure:
    """The failure that an error means for the breaker."""
    frames = traceback.extract_tb(error.__traceback__)
    last = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return HandlingFailure(
        f"{type(error).__name__} at {last}",
        hashlib.blake2b(record.value or b"", digest_size=8).digest(),
        tenant,
    )


class CircuitBreaker:
    """Opens when distinct contents fail at one code position and make up half of the recent records.

    The same content counts once, however often it is sent. If several tenants are active, half of them must
    fail, so the records of a single tenant never stop the others. Broken input does not count; otherwise any
    producer could stop the stream.
    """

    def __init__(self, window: int = 200, min_contents: int = 20, share: float = 0.5) -> None:
        """Open at `share` of the last `window` records, but only after `min_contents` contents failed."""
        self._recent: deque[HandlingFailure | None] = deque(maxlen=window)
        self._active: OrderedDict[str, float] = OrderedDict()
        self._min_contents = min_contents
        self._share = share

    def note_handled(self, tenant: str = "") -> None:
        """Count a record that was handled, or was broken input."""
        self._recent.append(None)
        self._note_active(tenant)

    def note_failed(self, error: BaseException, failure: HandlingFailure) -> None:
        """Count an unexpected error; raises BreakerOpenError when there are too many."""
        self._recent.append(failure)
        self._note_active(failure.tenant)
        similar = [
            other for other in self._recent if other is not None and other.raised_at == failure.raised_at
        ]
        contents, tenants = {other.content for other in similar}, {other.tenant for other in similar}
        if len(contents) < self._min_contents or len(similar) < self._share * len(self._recent):
            return
        if len(self._active) >= MIN_TENANTS_COMPARED and len(tenants) < max(
            MIN_TENANTS_COMPARED, self._share * len(self._active)
        ):
            return
        msg = (
            f"{len(similar)} of the last {len(self._recent)} records failed with an unexpected error, "
            f"the last one {type(error).__name__}: stopped"
        )
        raise BreakerOpenError(msg)

    def _note_active(self, tenant: str) -> None:
        now = time.monotonic()
        if tenant:
            # A record without a tenant is no second tenant: it would keep a single tenant's breaker closed.
            self._active[tenant] = now
            self._active.move_to_end(tenant)
        while len(self._active) > MAX_TENANTS or (
            self._active and next(iter(self._active.values())) < now - ACTIVE_S
        ):
            self._active.popitem(last=False)
