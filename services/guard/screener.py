"""All detectors over all texts of one event, the policy's actions on what they find, and one verdict."""

import dataclasses
import time
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from schemas.documents import PolicyDocument, Rule
from schemas.verdicts import Action, Direction, Finding, Verdict
from services.guard.domain.entities import Token, entities
from services.guard.domain.injection import DETECTOR as INJECTION
from services.guard.domain.injection import KIND as INJECTION_KIND
from services.guard.domain.injection import score_injection
from services.guard.domain.plain import Plain, plain
from services.guard.domain.policy import DEFAULT, rule_for, strongest
from services.guard.domain.pseudonyms import DETECTOR as KNOWN
from services.guard.domain.pseudonyms import Replacement, places_of, replace, values_in
from services.guard.domain.rules import find_in
from services.guard.domain.screened import Screened, Subject
from services.guard.domain.spans import Span, outside

REPLACING: frozenset[Action] = frozenset({"mask", "pseudonymise"})


class Labels(Protocol):
    """A token classifier."""

    async def label(self, texts: Sequence[str]) -> list[list[Token]]:
        """Labelled tokens of each text."""
        ...


class Screener:
    """Every score stays on the verdict, whatever the policy does with it; a shadow rule scores and does nothing."""

    def __init__(self, labels: Labels) -> None:
        """Take the classifier; the rules need nothing."""
        self._labels = labels

    async def screen(self, subjects: Sequence[Subject], direction: Direction, policy: PolicyDocument | None, known: Mapping[str, str]) -> Screened:
        """Screen all texts of one event together."""
        started = time.perf_counter()
        document = policy or DEFAULT
        texts = [subject.text for subject in subjects]
        seen = [plain(text) for text in texts]
        labelled = await self._labels.label([one.text for one in seen])
        spans = [_found(text, one, tokens, known) for text, one, tokens in zip(texts, seen, labelled, strict=True)]
        judged = {span: _judged(span, document, direction) for found in spans for span in found}
        findings = [*_personal(spans, judged), *_attacks(subjects, document, direction)]
        replacements = [[Replacement(span, judged[span].action == "pseudonymise") for span in found if _acts(judged[span])] for found in spans]
        clean, pseudonyms = replace(texts, replacements, known)
        verdict = _verdict(findings, direction, document, started)
        return Screened(clean, verdict, pseudonyms)


def _found(text: str, seen: Plain, tokens: Iterable[Token], known: Mapping[str, str]) -> list[Span]:
    """What rules and classifier find, and values of known placeholders in the clear; the placeholders themselves are no finding."""
    labelled = [
        dataclasses.replace(span, start=start, end=end) for span in entities(seen.text, tokens) for start, end in [seen.back(span.start, span.end)]
    ]
    return outside(text, [*find_in(seen), *labelled, *values_in(text, known)], places_of(text, known))


def _judged(span: Span, policy: PolicyDocument, direction: Direction) -> Rule:
    """The policy's rule; but a value that was pseudonymised on its way in gets its placeholder back, whatever answers may hold."""
    if span.detector == KNOWN:
        return Rule(kind=span.kind, direction=direction, action="pseudonymise")
    return rule_for(policy, span.kind, direction, span.score)


def _acts(rule: Rule) -> bool:
    return rule.action in REPLACING and not rule.shadow


def _personal(spans: Sequence[Sequence[Span]], judged: Mapping[Span, Rule]) -> list[Finding]:
    """One finding for each detector and kind: how often, and the highest score."""
    groups: dict[tuple[str, str], list[Span]] = {}
    for found in spans:
        for span in found:
            groups.setdefault((span.detector, span.kind), []).append(span)
    return [
        Finding(
            detector=detector,
            kind=kind,
            count=len(group),
            score=max(span.score for span in group),
            action=strongest(judged[span].action for span in group),
            shadow=all(judged[span].shadow for span in group),
        )
        for (detector, kind), group in sorted(groups.items())
    ]


def _attacks(subjects: Sequence[Subject], policy: PolicyDocument, direction: Direction) -> list[Finding]:
    if direction == "output":
        return []
    scores = [score_injection(subject.text)[0] for subject in subjects if not subject.is_instruction]
    score = max(scores, default=0.0)
    rule = rule_for(policy, INJECTION_KIND, direction, score)
    count = sum(one > 0 for one in scores)
    action: Action = rule.action if count else "allow"
    return [Finding(detector=INJECTION, kind=INJECTION_KIND, count=count, score=score, action=action, shadow=rule.shadow)]


def _verdict(findings: Sequence[Finding], direction: Direction, policy: PolicyDocument, started: float) -> Verdict:
    acting = [finding for finding in findings if not finding.shadow]
    blocking = next((finding for finding in acting if finding.action == "block"), None)
    is_changed = any(finding.action in REPLACING for finding in acting)
    return Verdict(
        direction=direction,
        action="block" if blocking else "modify" if is_changed else "allow",
        reason=f"{blocking.kind} found by {blocking.detector} (score {blocking.score:.2f})" if blocking else None,
        findings=tuple(findings),
        policy=policy.name,
        policy_version=policy.version,
        took_ms=Decimal(str(round((time.perf_counter() - started) * 1000, 3))),
    )
