"""Runs the tests of policies through the real detectors, offline."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from schemas.policies import PolicyDocument, PolicyTest
from schemas.values import Message
from schemas.verdicts import Finding, Verdict, VerdictAction
from services.guard.domain.origins import segments_of
from services.guard.domain.types import ScreeningContext, ScreeningResult, TextSegment


class PolicyTestScreener(Protocol):
    """Screens the texts of one event as the guard does."""

    async def screen(self, segments: Sequence[TextSegment], context: ScreeningContext) -> ScreeningResult:
        """The verdict on the texts, and their redacted versions."""
        ...


@dataclass(frozen=True, slots=True)
class PolicyTestResult:
    """The result of one policy test: kinds, counts and scores, never its text."""

    policy: str
    test: PolicyTest
    got: VerdictAction
    findings: Sequence[Finding]

    @property
    def missing(self) -> tuple[str, ...]:
        """The expected kinds that were not found."""
        return tuple(kind for kind in self.test.finds if kind not in self._found_kinds)

    @property
    def unexpected(self) -> tuple[str, ...]:
        """The kinds that were found and must not be."""
        return tuple(kind for kind in self.test.finds_not if kind in self._found_kinds)

    @property
    def passes(self) -> bool:
        """Whether verdict and kinds are as the test expects."""
        return self.got == self.test.expect and not self.missing and not self.unexpected

    def line(self) -> str:
        """Expectation and result in one line."""
        parts = [f"expected {self.test.expect}, got {self.got}"]
        parts += [f"not found: {', '.join(self.missing)}"] if self.missing else []
        parts += [f"must not be found: {', '.join(self.unexpected)}"] if self.unexpected else []
        findings = ", ".join(_finding_text(finding) for finding in self.findings if finding.count) or "none"
        return f"policy {self.policy}: test '{self.test.name}': {'; '.join(parts)}; findings: {findings}"

    @property
    def _found_kinds(self) -> frozenset[str]:
        return frozenset(finding.kind for finding in self.findings if finding.count)


async def run_policy_tests(
    screening: PolicyTestScreener, policies: Sequence[PolicyDocument]
) -> list[PolicyTestResult]:
    """The result of every test of every policy."""
    return [await _result(screening, policy, test) for policy in policies for test in policy.tests]


def _finding_text(finding: Finding) -> str:
    shadow = " (shadow)" if finding.shadow else ""
    return f"{finding.kind} by {finding.detector} {finding.score:.2f} {finding.action}{shadow}"


async def _result(
    screening: PolicyTestScreener, policy: PolicyDocument, test: PolicyTest
) -> PolicyTestResult:
    verdict = await (_screen_answer if test.direction == "output" else _screen_request)(
        screening, policy, test
    )
    return PolicyTestResult(policy.name, test, verdict.action, verdict.findings)


async def _screen_request(screening: PolicyTestScreener, policy: PolicyDocument, test: PolicyTest) -> Verdict:
    indirect = (
        [TextSegment(test.text, test.direction)]
        if test.text is not None and test.direction == "indirect"
        else []
    )
    messages = (
        (Message(role="user", content=test.text),)
        if test.text is not None and not indirect
        else test.messages or ()
    )
    texts = [*indirect, *segments_of((*test.prompt, *messages), {}, ())]
    return (await screening.screen(texts, ScreeningContext("input", policy))).verdict


async def _screen_answer(screening: PolicyTestScreener, policy: PolicyDocument, test: PolicyTest) -> Verdict:
    """As in the stream, the request is screened first, since the answer's screening needs its pseudonyms."""
    *before, last = test.messages or (Message(role="assistant", content=test.text or ""),)
    messages = (*test.prompt, *before)
    request = await screening.screen(segments_of(messages, {}, ()), ScreeningContext("input", policy))
    redacted = tuple(
        message.model_copy(update={"content": text})
        for message, text in zip(messages, request.redacted_texts, strict=True)
    )
    return (
        await screening.screen(
            [TextSegment(last.content, "output")],
            ScreeningContext("output", policy, request.pseudonyms, redacted),
        )
    ).verdict
