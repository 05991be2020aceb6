"""What the guard thought of a text: findings by detector, and the action that policy took."""

from decimal import Decimal
from typing import Literal

from pydantic import Field

from schemas.values import Value

Action = Literal["allow", "flag", "mask", "pseudonymise", "block"]
VerdictAction = Literal["allow", "modify", "block"]
Direction = Literal["input", "output", "indirect"]
"""Where a text comes from: the caller, the model, or somebody else whose document or tool result the caller passes on."""
Tier = Literal["rules", "linear", "model"]
"""What decided, from cheap to dear; a clear case stops early."""


class Finding(Value):
    """One detector's result for one kind of content; holds counts and scores, never the text that was found."""

    detector: str
    kind: str
    count: int = Field(ge=0, description="in how many places or texts it was found")
    score: float = Field(ge=0.0, le=1.0, description="the highest, also where nothing was found")
    action: Action
    shadow: bool = False
    direction: Direction | None = Field(default=None, description="the verdict's where absent")
    tier: Tier | None = None
    points: tuple[str, ...] = Field(default=(), description="the operating points of the detector's model card that the score reaches")
    is_found: bool | None = Field(default=None, description="at the detector's own operating point, whatever the policy counts; unknown of old ones")


class Verdict(Value):
    """The guard's decision for one direction; `findings` keeps every score, so that a policy can be replayed without a model."""

    direction: Direction
    action: VerdictAction
    reason: str | None = None
    findings: tuple[Finding, ...] = ()
    policy: str
    policy_version: int = Field(ge=1)
    took_ms: Decimal = Field(ge=0)
    tier: Tier | None = Field(default=None, description="the dearest tier that was asked: rules, the linear model, or the transformer")
    models: tuple[str, ...] = Field(default=(), description="which model versions scored, as `name@version`")
