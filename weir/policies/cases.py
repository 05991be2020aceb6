"""A policy's own cases, decided by the real detectors, offline."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from schemas.policies import PolicyDocument, PolicyTest
from schemas.values import Message
from schemas.verdicts import Finding, Verdict, VerdictAction
from services.guard.domain.origins import segments_of
from services.guard.domain.types import ScreeningContext, ScreeningResult, TextSegment


class PolicyTestScreener(Protocol):
    """The guard's screening of the texts of one event."""

    async def screen(self, segments: Sequence[TextSegment], context: ScreeningContext) -> ScreeningResult:
        """Screen them together."""
        ...


@dataclass(frozen=True, slots=True)
class PolicyTestResult:
    """What became of a case: kinds, counts and scores, never its text."""

    policy: str
    test: PolicyTest
    got: VerdictAction
    findings: Sequence[Finding]

    @property
    def missing(self) -> tuple[str, ...]:
        """What had to be found and was not."""
        return tuple(kind for kind in self.test.finds if kind not in self._found)

    @property
    def unwanted(self) -> tuple[str, ...]:
        """What was found and must not be."""
        return tuple(kind for kind in self.test.finds_not if kind in self._found)

    @property
    def passes(self) -> bool:
        """Whether the policy decides as its author says."""
        return self.got == self.test.expect and not self.missing and not self.unwanted

    def line(self) -> str:
        """What was expected and what came, in one line."""
        parts = [f"expected {self.test.expect}, got {self.got}"]
        parts += [f"not found: {', '.join(self.missing)}"] if self.missing else []
        parts += [f"must not be found: {', '.join(self.unwanted)}"] if self.unwanted else []
        found = [
            f"{one.kind} by {one.detector} {one.score:.2f} {one.action}{' (shadow)' if one.shadow else ''}"
            for one in self.findings
            if one.count
        ]
        return f"policy {self.policy}: test '{self.test.name}': {'; '.join(parts)}; findings: {', '.join(found) or 'none'}"

    @property
    def _found(self) -> frozenset[str]:
        return frozenset(one.kind for one in self.findings if one.count)


async def run_cases(
    screening: PolicyTestScreener, policies: Sequence[PolicyDocument]
) -> list[PolicyTestResult]:
    """Decide every case of every policy."""
    return [await _outcome(screening, policy, test) for policy in policies for test in policy.tests]


async def _outcome(
    screening: PolicyTestScreener, policy: PolicyDocument, test: PolicyTest
) -> PolicyTestResult:
    verdict = await (_answer if test.direction == "output" else _request)(screening, policy, test)
    return PolicyTestResult(policy.name, test, verdict.action, verdict.findings)


async def _request(screening: PolicyTestScreener, policy: PolicyDocument, test: PolicyTest) -> Verdict:
    own = (
        [TextSegment(test.text, test.direction)]
        if test.text is not None and test.direction == "indirect"
        else []
    )
    said = (
        (Message(role="user", content=test.text),)
        if test.text is not None and not own
        else test.messages or ()
    )
    texts = [*own, *segments_of((*test.prompt, *said), {}, ())]
    return (await screening.screen(texts, ScreeningContext("input", policy))).verdict


async def _answer(screening: PolicyTestScreener, policy: PolicyDocument, test: PolicyTest) -> Verdict:
    """As in the stream: what was asked is screened first, and its pseudonyms are known when the answer comes."""
    *before, last = test.messages or (Message(role="assistant", content=test.text or ""),)
    messages = (*test.prompt, *before)
    asked = await screening.screen(segments_of(messages, {}, ()), ScreeningContext("input", policy))
    clean = tuple(
        message.model_copy(update={"content": one})
        for message, one in zip(messages, asked.redacted_texts, strict=True)
    )
    return (
        await screening.screen(
            [TextSegment(last.content, "output")], ScreeningContext("output", policy, asked.pseudonyms, clean)
        )
    ).verdict
