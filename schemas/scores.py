"""A verdict's scores by detector, as returned by the offline scan, the library and moderations."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from pydantic import Field

from schemas.detections import PERSONAL_KINDS, UNVERIFIED_LANGUAGE, Point, is_personal
from schemas.values import Value
from schemas.verdicts import Finding, Verdict

SHIPPED_POINT: Point = "fpr_1%"
"""The operating point at which a score counts as found, unless a policy says otherwise."""
LABELS: Mapping[str, str] = MappingProxyType(
    {
        "insult": "INSULT",
        "threat": "THREAT",
        "identity_hate": "IDENTITY_HATE",
        "obscene": "OBSCENE",
        "sexual": "SEXUAL",
        "self_harm": "SELF_HARM",
        "violence": "VIOLENCE",
    }
)
LAYERS: Mapping[str, str] = MappingProxyType(
    {"injection-phrases": "phrases", "injection": "model", "injection-similarity": "similarity"}
)
"""The layer of injection detection that each detector is."""


class Score(Value):
    """The highest score, and whether it reaches the shipped operating point."""

    score: float = Field(default=0.0, ge=0.0, le=1.0)
    flagged: bool = False


class ToxicityScore(Score):
    """Toxicity as a whole and by kind."""

    labels: Mapping[str, float]
    flagged_labels: tuple[str, ...] = ()


class InjectionScore(Score):
    """The highest score of all layers, and the score of each layer."""

    layers: Mapping[str, float]


class PiiScore(Score):
    """The highest score of a span, and every kind of personal data that was found."""

    kinds: tuple[str, ...] = ()


class Scores(Value):
    """All scores of a verdict; `injection` is None for answers, `unscanned` is the share not scanned.

    `unverified_language` names the detectors that are not verified in the language of a text.
    """

    toxicity: ToxicityScore
    injection: InjectionScore | None
    pii: PiiScore
    secrets: Score
    unscanned: float = 0.0
    unverified_language: tuple[str, ...] = ()


def scores_of(verdict: Verdict) -> Scores:
    """Group the findings of a verdict by subject; several texts of one event count by their highest score."""
    by_kind: dict[str, list[Finding]] = {}
    for finding in verdict.findings:
        by_kind.setdefault(finding.kind, []).append(finding)
    return Scores(
        toxicity=_toxicity(by_kind),
        injection=None if verdict.direction == "output" else _injection(by_kind.get("PROMPT_INJECTION", ())),
        pii=_personal(by_kind),
        secrets=_found(by_kind.get("SECRET", ())),
        unscanned=_highest(by_kind.get("UNSCANNED", ())),
        unverified_language=tuple(
            sorted({finding.detector for finding in by_kind.get(UNVERIFIED_LANGUAGE, ())})
        ),
    )


def _toxicity(by_kind: Mapping[str, Sequence[Finding]]) -> ToxicityScore:
    labels = {label: by_kind.get(kind, ()) for label, kind in LABELS.items()}
    whole = by_kind.get("TOXICITY", ())
    return ToxicityScore(
        score=_highest(whole),
        flagged=_reaches(whole),
        labels={label: _highest(findings) for label, findings in labels.items()},
        flagged_labels=tuple(label for label, findings in labels.items() if _reaches(findings)),
    )


def _injection(findings: Sequence[Finding]) -> InjectionScore:
    layers: dict[str, float] = {}
    for finding in findings:
        layer = LAYERS.get(finding.detector, finding.detector)
        layers[layer] = max(finding.score, layers.get(layer, 0.0))
    return InjectionScore(score=_highest(findings), flagged=_reaches(findings), layers=layers)


def _personal(by_kind: Mapping[str, Sequence[Finding]]) -> PiiScore:
    private = {kind: findings for kind, findings in by_kind.items() if _is_private(kind, findings)}
    found = _found([finding for findings in private.values() for finding in findings])
    kinds = sorted(
        kind
        for kind, findings in by_kind.items()
        if (kind in PERSONAL_KINDS or kind in private) and any(finding.count for finding in findings)
    )
    return PiiScore(score=found.score, flagged=found.flagged, kinds=tuple(kinds))


def _is_private(kind: str, findings: Sequence[Finding]) -> bool:
    """Also for a kind of a plug-in that this process does not load, by what the guard wrote beside it."""
    return is_personal(kind) or any(finding.is_personal for finding in findings)


def _found(findings: Iterable[Finding]) -> Score:
    """The score of detections by span, which have no operating point."""
    with_span = [finding for finding in findings if finding.count]
    return Score(score=_highest(with_span), flagged=bool(with_span))


def _highest(findings: Iterable[Finding]) -> float:
    return max((finding.score for finding in findings), default=0.0)


def _reaches(findings: Iterable[Finding]) -> bool:
    return any(SHIPPED_POINT in finding.points for finding in findings)
