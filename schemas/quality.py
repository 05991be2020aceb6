"""Quality facts about outcomes: evaluations, feedback, reviews; and alerts."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from schemas.bounds import MAX_LINES, Explanation, Figure, Moment, Share, Version, Word
from schemas.event import Event
from schemas.values import Label, Name, RequestId, Slug, TenantName, Value


class Metric(Value):
    """One measured property of an answer; `value` is 0/1 for claims, None where the metric does not apply."""

    name: Slug
    value: Figure | None = None
    label: Word | None = None


class Evaluation(Event):
    """The metrics of one completion by one evaluator."""

    TYPE: ClassVar[str] = "weir.llm.evaluation.v1"

    record_id: UUID
    tenant: TenantName
    request_id: RequestId
    evaluator: Slug
    evaluator_version: Version
    metrics: Annotated[tuple[Metric, ...], Field(max_length=MAX_LINES)]
    route: Word | None = None
    provider: Word | None = None
    model: Word | None = None
    prompt: Word | None = None
    prompt_version: Version | None = None
    completed_at: Moment
    evaluated_at: Moment

    @property
    def partition_key(self) -> str:
        """The request id."""
        return self.request_id


class Feedback(Event):
    """A caller's rating of an answer; labels only, since free text could carry personal data."""

    TYPE: ClassVar[str] = "weir.llm.feedback.v1"

    feedback_id: UUID
    tenant: TenantName
    request_id: RequestId
    score: Annotated[float, Field(ge=-1.0, le=1.0, allow_inf_nan=False)]
    labels: Annotated[tuple[Slug, ...], Field(max_length=16)] = ()
    given_at: Moment

    @property
    def partition_key(self) -> str:
        """The request id."""
        return self.request_id


class ReviewTask(Event):
    """A completion that a person should review, and why it was sampled."""

    TYPE: ClassVar[str] = "weir.llm.review.asked.v1"

    record_id: UUID
    tenant: TenantName
    request_id: RequestId
    reason: Slug
    asked_at: Moment

    @property
    def partition_key(self) -> str:
        """The request id."""
        return self.request_id


class Review(Event):
    """A person's judgement of a completion."""

    TYPE: ClassVar[str] = "weir.llm.review.given.v1"

    record_id: UUID
    tenant: TenantName
    request_id: RequestId
    reviewer: Slug
    score: Share
    labels: Annotated[tuple[Slug, ...], Field(max_length=MAX_LINES)] = ()
    given_at: Moment

    @property
    def partition_key(self) -> str:
        """The request id."""
        return self.request_id


class RouteChange(Event):
    """A change of traffic shares that an experiment suggests, with its evidence."""

    TYPE: ClassVar[str] = "weir.llm.route.change.v1"

    route: Name
    shares: Annotated[Mapping[Label, Figure], Field(max_length=MAX_LINES)]
    evidence: Explanation
    decided_at: Moment

    @property
    def partition_key(self) -> str:
        """The route's name."""
        return self.route


class Alert(Event):
    """A condition that needs action by an operator, with the next command to run."""

    TYPE: ClassVar[str] = "weir.llm.alert.v1"

    name: Slug
    severity: Literal["info", "warning", "critical"]
    state: Literal["firing", "resolved"]
    summary: Explanation
    next_step: Explanation
    since: Moment
    labels: Annotated[Mapping[Label, Word], Field(max_length=MAX_LINES)] = Field(
        default_factory=dict[str, str]
    )

    @property
    def partition_key(self) -> str:
        """The alert's name."""
        return self.name
