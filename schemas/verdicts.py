"""The guard's verdict on a text: findings by detector, and the action of the policy."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.bounds import MAX_LINES, Explanation, Occurrences, Quantity, Share, Version, Word
from schemas.values import Value

Action = Literal["allow", "flag", "mask", "pseudonymise", "block"]
VerdictAction = Literal["allow", "modify", "block"]
Direction = Literal["input", "output", "indirect"]
"""Where a text comes from: the caller, the model, or a document or tool result that the caller passes on."""
DetectorTier = Literal["rules", "linear", "model"]
"""The tier that decided, from cheap to expensive; a clear case ends at a cheap one."""


Words = Annotated[tuple[Word, ...], Field(max_length=MAX_LINES)]


class Finding(Value):
    """One detector's result for one kind of content: counts and scores, never the text."""

    detector: Word
    kind: Word
    count: Occurrences = Field(description="in how many places or texts it was found")
    score: Share = Field(description="the highest, also where nothing was found")
    action: Action
    shadow: bool = False
    direction: Direction | None = Field(default=None, description="the verdict's where absent")
    tier: DetectorTier | None = None
    points: Words = Field(
        default=(), description="the operating points of the detector's model card that the score reaches"
    )
    is_personal: bool | None = Field(
        default=None, description="of a kind that a plug-in declares: whether it is personal data"
    )
    is_found: bool | None = Field(
        default=None,
        description="at the detector's own operating point, whatever the policy counts; unknown of old ones",
    )


class Verdict(Value):
    """The guard's decision for one direction; `findings` keeps every score, so that it can be replayed."""

    direction: Direction
    action: VerdictAction
    reason: Explanation | None = None
    findings: Annotated[tuple[Finding, ...], Field(max_length=MAX_LINES)] = ()
    policy: Word
    policy_version: Version
    took_ms: Quantity
    tier: DetectorTier | None = Field(
        default=None,
        description="the dearest tier that was asked: rules, the linear model, or the transformer",
    )
    models: Words = Field(default=(), description="which model versions scored, as `name@version`")
