"""The outcome of a request and its cost: the completion, and the bookings that follow it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from schemas.answers import AttemptResult, RouteDecision
from schemas.bounds import (
    MOST_ATTEMPTS,
    MOST_CLASSES,
    Amount,
    Body,
    Count,
    Explanation,
    Moment,
    Money,
    Quantity,
    Word,
)
from schemas.event import TenantEvent
from schemas.requests import Claim, Claims, LimitUnit, Quotes, RequestFacts, Reservation
from schemas.values import ErrorFacts, Messages, Name, RequestId, Slug, TenantName, Value
from schemas.verdicts import Verdict

CompletionStatus = Literal["answered", "blocked", "rejected", "failed", "expired", "duplicate", "screened"]
CostStatus = Literal["priced", "estimated", "held", "unknown", "none"]
AdjustmentReason = Literal["late_answer", "price_correction", "settled_hold"]
CorrectionReason = Literal["price_correction", "settled_hold"]
BookingEntry = Literal["booking", "reversal", "rebooking", "settlement"]


class TokenUsage(Value):
    """Disjoint token classes of one call, which add up to the provider's totals; an unknown count is None."""

    input: Count | None = None
    cache_read: Count | None = None
    cache_write: Count | None = Field(
        default=None, description="kept for five minutes, or for a time that the provider does not tell"
    )
    cache_write_1h: Count | None = Field(default=0, description="kept for an hour")
    output: Count | None = None
    reasoning: Count | None = None
    media: Mapping[Slug, Count] = Field(
        default_factory=dict[str, int],
        max_length=MOST_CLASSES,
        description="tokens by modality, which the classes above leave out: "
        "input_audio, cache_audio_read, output_image...",
    )
    units: Mapping[Slug, Quantity] = Field(
        default_factory=dict[str, Decimal],
        max_length=MOST_CLASSES,
        description="what is not sold by the token: "
        "web_searches, input_audio_seconds, input_characters, images...",
    )
    mismatch: Explanation | None = Field(
        default=None, description="why the classes do not add up to the provider's totals"
    )


class BookedAttempt(Value):
    """A provider call with its price.

    `held` waits for a price or usage, `unknown` was cut off by a crash, `estimated` is priced by what was
    sent and what arrived, `none` costs nothing by contract. A `reversal` takes a booking back (its cost is
    negative) before a `rebooking`, a `settlement` prices a held line. Only a `booking` has `usage`, so that
    a sum over all lines counts each token once.
    """

    entry: BookingEntry = "booking"
    result: AttemptResult
    usage: TokenUsage | None = None
    cost_usd: Money | None = None
    cost_status: CostStatus
    reason: Explanation | None = None
    price_source: Explanation | None = None
    price_version: Word | None = None
    price_valid_at: Moment | None = None
    unit_prices: Mapping[Slug, Money] = Field(
        default_factory=dict[str, Decimal],
        max_length=MOST_CLASSES,
        description="USD per million tokens, or per piece of a unit, for each class that was used",
    )
    booked_at: Moment


BookedAttempts = Annotated[tuple[BookedAttempt, ...], Field(max_length=MOST_ATTEMPTS)]


class StageTimes(Value):
    """When each service wrote its event, by the clock of that service."""

    received_at: Moment
    screened_at: Moment | None = None
    admitted_at: Moment | None = None
    answered_at: Moment | None = None
    answer_screened_at: Moment | None = None


class Shortage(Value):
    """The arithmetic of a refusal: the amount that was requested of which limit, and what was left of it."""

    limit: Word
    claim: Claim
    unit: LimitUnit
    amount: Amount
    captured: Amount
    reserved: Amount
    held: Amount
    asked: Amount
    quotes: Quotes = ()
    ends_at: Moment | None = Field(default=None, description="when the window ends")


class Completion(TenantEvent):
    """The one outcome of a record on `llm.requests`, with the verdicts, calls and costs that led to it."""

    TYPE: ClassVar[str] = "weir.llm.completion.v1"

    request: RequestFacts
    status: CompletionStatus
    error: ErrorFacts | None = None
    duplicate_of: UUID | None = Field(
        default=None, description="record_id of the first request under this request id"
    )
    messages: Messages = ()
    output: Body | None = None
    pseudonyms: Body | None = None
    finish_reason: Word | None = None
    input_verdict: Verdict | None = None
    output_verdict: Verdict | None = None
    route: RouteDecision | None = None
    attempts: BookedAttempts = ()
    reservation: Reservation | None = None
    shortage: Shortage | None = Field(
        default=None, description="which limit refused the request, and its arithmetic"
    )
    usage: TokenUsage | None = None
    cost_usd: Money | None = Field(
        default=None, description="sum over attempts; NULL as soon as one of them is not priced"
    )
    times: StageTimes
    completed_at: Moment

    @property
    def tenant_name(self) -> str:
        """The request's tenant."""
        return self.request.tenant


class Adjustment(TenantEvent):
    """A booking after the outcome: a late attempt, a corrected price, a settled hold; added to its cost."""

    TYPE: ClassVar[str] = "weir.llm.adjustment.v1"

    record_id: UUID
    tenant: TenantName
    request_id: RequestId
    model: Name
    reason: AdjustmentReason
    request: RequestFacts | None = Field(
        default=None, description="what the request was, for reports by project, user and tag"
    )
    route: RouteDecision | None = None
    budget: Word
    period: Word
    claims: Claims = Field(default=(), description="where the cost counts beside the tenant's month")
    attempts: BookedAttempts = ()
    cost_usd: Money | None = None
    booked_at: Moment

    @property
    def tenant_name(self) -> str:
        """The tenant that pays."""
        return self.tenant


class Correction(TenantEvent):
    """A request to book calls again; the meter decides on it once, and writes the adjustment."""

    TYPE: ClassVar[str] = "weir.llm.correction.v1"

    correction_id: UUID = Field(
        description="derived from the call, its old and its new price: a repeated request has the same id"
    )
    replaces: UUID = Field(
        description="the booking to replace: the call's id for its first one, "
        "else the id of the adjustment that made it"
    )
    request: RequestFacts
    route: RouteDecision | None = None
    reason: CorrectionReason
    period: Word
    claims: Claims = ()
    attempts: BookedAttempts = Field(min_length=1, description="a reversal and a rebooking, or a settlement")
    asked_at: Moment

    @property
    def tenant_name(self) -> str:
        """The tenant that pays."""
        return self.request.tenant
