"""Policies: the guard's action for each detection, the traffic they hold for, and their test cases."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from schemas.bounds import (
    MAX_EVENT_MESSAGES,
    MAX_LINES,
    Body,
    Explanation,
    Share,
    Version,
    Word,
)
from schemas.checks import AnyCheck, Pattern
from schemas.detections import DETECTORS, KINDS, Point
from schemas.documents import Document
from schemas.values import Message, Value
from schemas.verdicts import Action, Direction, VerdictAction, Words


class Rule(Value):
    """The action for one kind of detection in one direction, from a score or an operating point on."""

    kind: Word
    direction: Direction
    action: Action
    detector: Word | None = Field(default=None, description="only where this detector found it")
    at: Point | None = Field(default=None, description="a named operating point of the detector's card")
    at_least: Share = 0.0
    shadow: bool = False

    @model_validator(mode="after")
    def _names_one_threshold(self) -> Self:
        if self.at is not None and self.at_least:
            msg = (
                "'at' and 'at_least' are two ways to say one thing: "
                "keep 'at', which holds its meaning when a model is exchanged"
            )
            raise ValueError(msg)
        return self

    def problems(self) -> Iterator[str]:
        """Name what is invalid in the rule."""
        if self.kind not in KINDS:
            yield f"there is no kind '{self.kind}'{_nearest(self.kind, KINDS)}; kinds: {', '.join(KINDS)}"
        if self.detector is not None and self.detector not in DETECTORS:
            nearest = _nearest(self.detector, DETECTORS)
            yield f"there is no detector '{self.detector}'{nearest}; detectors: {', '.join(DETECTORS)}"
        elif (
            self.detector is not None
            and self.kind in KINDS
            and self.kind not in DETECTORS[self.detector].kinds
        ):
            kinds = ", ".join(sorted(DETECTORS[self.detector].kinds))
            yield f"detector '{self.detector}' does not find {self.kind}; it finds {kinds}"


class AllowListEntry(Value):
    """A detection to ignore: a literal value, or a pattern (RE2) that the whole value matches."""

    value: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    pattern: Pattern | None = None
    kinds: Words = Field(default=(), description="all kinds of personal data where empty")

    @model_validator(mode="after")
    def _has_value_or_pattern(self) -> Self:
        if (self.value is None) == (self.pattern is None):
            msg = "give either 'value' or 'pattern'"
            raise ValueError(msg)
        return self


class Canary(Value):
    """A token that the guard inserts into the instructions: an answer must not contain it, or must."""

    must: Literal["not_leak", "appear"]
    action: Literal["flag", "block"] = "block"
    shadow: bool = False


class PolicyTest(Value):
    """A test case of a policy; a policy that fails one is not published."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    direction: Direction = "input"
    text: Body | None = None
    messages: tuple[Message, ...] | None = Field(
        default=None, max_length=MAX_EVENT_MESSAGES, description="a whole conversation, where roles matter"
    )
    prompt: tuple[Message, ...] = Field(
        default=(), max_length=MAX_EVENT_MESSAGES, description="what was asked, for a test of an answer"
    )
    expect: VerdictAction
    finds: Words = Field(default=(), description="kinds, or names of checks, that must be found")
    finds_not: Words = ()

    @model_validator(mode="after")
    def _has_one_subject(self) -> Self:
        if (self.text is None) == (self.messages is None):
            msg = "give either 'text' or 'messages'"
            raise ValueError(msg)
        return self


class PolicyDocument(Document):
    """The guard's rules for a tenant (`acme`), a tenant's route (`acme/small`) or all (`default`).

    A document may also be for one route of all tenants (`default/small`).
    The last rule that fits decides, then the last of the built-in default; other detections are flagged.
    """

    TYPE: ClassVar[str] = "weir.config.policy.v1"

    version: Version = 1
    description: Explanation = ""
    shadow: bool = Field(default=False, description="score, and do nothing")
    when_unscanned: Literal["block", "allow"] = Field(
        default="block", description="for a text that a detector could not look at"
    )
    rules: Annotated[tuple[Rule, ...], Field(max_length=MAX_LINES)] = ()
    allow: Annotated[tuple[AllowListEntry, ...], Field(max_length=10_000)] = ()
    checks: Annotated[tuple[AnyCheck, ...], Field(max_length=200)] = ()
    canaries: Annotated[tuple[Canary, ...], Field(max_length=2)] = ()
    tests: Annotated[tuple[PolicyTest, ...], Field(max_length=1_000)] = ()

    def problem(self) -> str | None:
        """Name every rule that is invalid; patterns and schemas are compiled by the guard alone."""
        problems = [*self._rule_problems(), *self._name_problems()]
        return f"policy {self.name}: " + "; ".join(problems) if problems else None

    def _rule_problems(self) -> Iterator[str]:
        for index, rule in enumerate(self.rules):
            yield from (f"rules.{index}: {problem}" for problem in rule.problems())
        names = [check.name for check in self.checks]
        yield from (f"checks: two are named '{name}'" for name in sorted(set(names)) if names.count(name) > 1)

    def _name_problems(self) -> Iterator[str]:
        for index, entry in enumerate(self.allow):
            unknown = (kind for kind in entry.kinds if kind not in KINDS)
            yield from (f"allow.{index}: there is no kind '{kind}'" for kind in unknown)
        known = {*KINDS, *(check.name for check in self.checks)}
        for test in self.tests:
            unknown = (kind for kind in (*test.finds, *test.finds_not) if kind not in known)
            yield from (f"tests: '{test.name}' names '{kind}', which nothing finds" for kind in unknown)

    def after(self, published: Document | None) -> Self:
        """Number the change: a policy that differs from the published one is its next version."""
        if not isinstance(published, PolicyDocument) or self.version > published.version:
            return self
        is_same = self.model_copy(update={"version": published.version}) == published
        return self.model_copy(update={"version": published.version + (0 if is_same else 1)})


def _nearest(name: str, known: Mapping[str, object]) -> str:
    close = get_close_matches(name, known, n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""
