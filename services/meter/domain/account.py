"""One tenant's account: money by month, open requests, and what is remembered to tell repeats."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from schemas.requests import RequestFacts, Reservation
from schemas.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """An admitted request without an outcome, with what its outcome needs."""

    request: RequestFacts
    verdict: Verdict
    reservation: Reservation
    admitted_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class FirstRequest:
    """The first request under a request id: another one with the same id is its duplicate."""

    record_id: UUID
    content_digest: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Hold:
    """What stays set aside after the outcome, because the cost of a call is not known."""

    period: str
    amount_usd: Decimal
    since: datetime


@dataclass(slots=True)
class Account:
    """One tenant's money, open requests, and what is remembered to tell repeats."""

    captured: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    reserved: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    open: dict[UUID, OpenRequest] = field(default_factory=dict[UUID, OpenRequest])
    holds: dict[UUID, Hold] = field(default_factory=dict[UUID, Hold])
    settled_late: dict[UUID, datetime] = field(default_factory=dict[UUID, datetime])
    closed: dict[UUID, datetime] = field(default_factory=dict[UUID, datetime])
    booked: dict[UUID, datetime] = field(default_factory=dict[UUID, datetime])
    requests: dict[str, FirstRequest] = field(default_factory=dict[str, FirstRequest])
    admitted: list[float] = field(default_factory=list[float])
    admissions: dict[UUID, float] = field(default_factory=dict[UUID, float])

    def held(self, period: str) -> Decimal:
        """The holds of one month, in USD."""
        return sum((hold.amount_usd for hold in self.holds.values() if hold.period == period), Decimal(0))
