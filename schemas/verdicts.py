"""What the guard thought of a text: findings by detector, and the action that policy took."""

from decimal import Decimal
from typing import Literal

from pydantic import Field

from schemas.values import Value

Action = Literal["allow", "flag", "mask", "pseudonymise", "block"]
VerdictAction = Literal["allow", "modify", "block"]
Direction = Literal["input", "output"]


class Finding(Value):
    """One detector's result for one kind of content; holds counts and scores, never the text that was found."""

    detector: str
    kind: str
    count: int = Field(ge=0)
    score: float = Field(ge=0.0, le=1.0)
    action: Action
    shadow: bool = False


class Verdict(Value):
    """The guard's decision for one direction; `findings` keeps every score, so that a policy can be replayed without a model."""

    direction: Direction
    action: VerdictAction
    reason: str | None = None
    findings: tuple[Finding, ...] = ()
    policy: str
    policy_version: int = Field(ge=1)
    took_ms: Decimal = Field(ge=0)
