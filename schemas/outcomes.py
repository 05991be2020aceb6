"""How a request ended and what it cost: the one completion, and bookings that come after it."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from schemas.answers import AttemptResult, RouteDecision
from schemas.event import TenantEvent
from schemas.requests import RequestFacts, Reservation
from schemas.values import ErrorFacts, Message, Moment, Money, TenantName, Value
from schemas.verdicts import Verdict

CompletionStatus = Literal["answered", "blocked", "rejected", "failed", "expired", "duplicate"]
CostStatus = Literal["priced", "held", "unknown", "none"]
AdjustmentReason = Literal["late_answer", "price_correction", "settled_hold"]


class TokenUsage(Value):
    """Disjoint token classes of one call: they add up to the provider's totals, unknown is None and never 0."""

    input: int | None = Field(default=None, ge=0)
    cache_read: int | None = Field(default=None, ge=0)
    cache_write: int | None = Field(default=None, ge=0)
    output: int | None = Field(default=None, ge=0)
    reasoning: int | None = Field(default=None, ge=0)
    mismatch: str | None = Field(default=None, description="why the classes do not add up to the provider's totals")


class BookedAttempt(Value):
    """A provider call with its price: `held` waits for a price or for usage, `unknown` was cut off, `none` cost nothing by contract."""

    result: AttemptResult
    usage: TokenUsage | None = None
    cost_usd: Money | None = None
    cost_status: CostStatus
    reason: str | None = None
    price_source: str | None = None
    price_version: str | None = None
    price_valid_at: Moment | None = None
    booked_at: Moment


class StageTimes(Value):
    """When each hop wrote its event, by the clock of the service that wrote it."""

    received_at: Moment
    screened_at: Moment | None = None
    admitted_at: Moment | None = None
    answered_at: Moment | None = None
    answer_screened_at: Moment | None = None


class Completion(TenantEvent):
    """The one outcome of a record on `llm.requests`: one wide event with everything that led to it."""

    TYPE: ClassVar[str] = "weir.llm.completion.v1"

    request: RequestFacts
    status: CompletionStatus
    error: ErrorFacts | None = None
    duplicate_of: UUID | None = Field(default=None, description="record_id of the first request under this request id")
    messages: tuple[Message, ...] = ()
    output: str | None = None
    pseudonyms: str | None = None
    finish_reason: str | None = None
    input_verdict: Verdict | None = None
    output_verdict: Verdict | None = None
    route: RouteDecision | None = None
    attempts: tuple[BookedAttempt, ...] = ()
    reservation: Reservation | None = None
    usage: TokenUsage | None = None
    cost_usd: Money | None = Field(default=None, description="sum over attempts; NULL as soon as one of them is not priced")
    times: StageTimes
    completed_at: Moment

    @property
    def tenant_name(self) -> str:
        """The request's tenant."""
        return self.request.tenant


class Adjustment(TenantEvent):
    """A booking after the outcome: a late attempt, a corrected price, a settled held line; added to the completion's cost."""

    TYPE: ClassVar[str] = "weir.llm.adjustment.v1"

    record_id: UUID
    tenant: TenantName
    request_id: str
    model: str
    reason: AdjustmentReason
    budget: str
    period: str
    attempts: tuple[BookedAttempt, ...] = ()
    cost_usd: Money | None = None
    booked_at: Moment

    @property
    def tenant_name(self) -> str:
        """The tenant that pays."""
        return self.tenant
