"""How a request ended and what it cost: the one completion, and bookings that come after it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from schemas.answers import AttemptResult, RouteDecision
from schemas.event import TenantEvent
from schemas.requests import Claim, LimitUnit, Quote, RequestFacts, Reservation
from schemas.values import ErrorFacts, Message, Moment, Money, Slug, TenantName, Value
from schemas.verdicts import Verdict

CompletionStatus = Literal["answered", "blocked", "rejected", "failed", "expired", "duplicate", "screened"]
CostStatus = Literal["priced", "estimated", "held", "unknown", "none"]
AdjustmentReason = Literal["late_answer", "price_correction", "settled_hold"]
CorrectionReason = Literal["price_correction", "settled_hold"]
BookingEntry = Literal["booking", "reversal", "rebooking", "settlement"]


class TokenUsage(Value):
    """Disjoint classes of what one call used: the tokens add up to the provider's totals, unknown is None and never 0."""

    input: int | None = Field(default=None, ge=0)
    cache_read: int | None = Field(default=None, ge=0)
    cache_write: int | None = Field(default=None, ge=0, description="kept for five minutes, or for a time that the provider does not tell")
    cache_write_1h: int | None = Field(default=0, ge=0, description="kept for an hour")
    output: int | None = Field(default=None, ge=0)
    reasoning: int | None = Field(default=None, ge=0)
    media: Mapping[Slug, Annotated[int, Field(ge=0)]] = Field(
        default_factory=dict[str, int],
        description="tokens of sound, pictures and film, which the classes above leave out: input_audio, cache_audio_read, output_image...",
    )
    units: Mapping[Slug, Annotated[Decimal, Field(ge=0)]] = Field(
        default_factory=dict[str, Decimal],
        description="what is not sold by the token: web_searches, input_audio_seconds, input_characters, images...",
    )
    mismatch: str | None = Field(default=None, description="why the classes do not add up to the provider's totals")


class BookedAttempt(Value):
    """A provider call with its price.

    `held` waits for a price or for usage, `unknown` was cut off by a crash, `estimated` is priced by what was sent and what arrived, `none`
    cost nothing by contract. A `reversal` takes a booking back (its cost is negative) before a `rebooking`, a `settlement` prices a held line.
    Only a `booking` carries `usage`, so that a sum over all lines counts each token once.
    """

    entry: BookingEntry = "booking"
    result: AttemptResult
    usage: TokenUsage | None = None
    cost_usd: Money | None = None
    cost_status: CostStatus
    reason: str | None = None
    price_source: str | None = None
    price_version: str | None = None
    price_valid_at: Moment | None = None
    unit_prices: Mapping[Slug, Money] = Field(
        default_factory=dict[str, Decimal], description="USD per million tokens, or per piece of a unit, for each class that was used"
    )
    booked_at: Moment


class StageTimes(Value):
    """When each hop wrote its event, by the clock of the service that wrote it."""

    received_at: Moment
    screened_at: Moment | None = None
    admitted_at: Moment | None = None
    answered_at: Moment | None = None
    answer_screened_at: Moment | None = None


class Shortage(Value):
    """The arithmetic of a refusal: what was asked of which limit, what was left of it, and how the asked amount came about."""

    limit: str
    claim: Claim
    unit: LimitUnit
    amount: Decimal
    captured: Decimal
    reserved: Decimal
    held: Decimal
    asked: Decimal
    quotes: tuple[Quote, ...] = ()
    ends_at: Moment | None = Field(default=None, description="when the window ends")


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
    shortage: Shortage | None = Field(default=None, description="which limit refused the request, and its arithmetic")
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
    request: RequestFacts | None = Field(default=None, description="what the request was, for reports by project, user and tag")
    route: RouteDecision | None = None
    budget: str
    period: str
    claims: tuple[Claim, ...] = Field(default=(), description="where the cost counts beside the tenant's month")
    attempts: tuple[BookedAttempt, ...] = ()
    cost_usd: Money | None = None
    booked_at: Moment

    @property
    def tenant_name(self) -> str:
        """The tenant that pays."""
        return self.tenant


class Correction(TenantEvent):
    """A wish to book calls anew, at another price or at a first one; the meter takes it once and writes the adjustment."""

    TYPE: ClassVar[str] = "weir.llm.correction.v1"

    correction_id: UUID = Field(description="derived from the call and its old and new price, so that the same wish is the same correction")
    replaces: UUID = Field(description="the booking that was seen: the call's id for its first one, else the id of the adjustment that made it")
    request: RequestFacts
    route: RouteDecision | None = None
    reason: CorrectionReason
    period: str
    claims: tuple[Claim, ...] = ()
    attempts: tuple[BookedAttempt, ...] = Field(min_length=1, description="a reversal and a rebooking, or a settlement")
    asked_at: Moment

    @property
    def tenant_name(self) -> str:
        """The tenant that pays."""
        return self.request.tenant
