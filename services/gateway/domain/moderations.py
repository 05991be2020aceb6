"""Verdicts in the format of OpenAI's moderations: OpenAI's categories, and Weir's own results."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from schemas.scores import Scores, scores_of
from services.gateway.domain.replies import Json, OutcomeReply


class ModerationScore(NamedTuple):
    """A score, and whether it reaches the operating point of the detector."""

    score: float
    is_flagged: bool


TEXT, NOTHING = ("text",), ()


def moderation(name: str, replies: Sequence[OutcomeReply]) -> Json:
    """The whole reply, with one result for each input, in order."""
    return {
        "id": name,
        "model": replies[0].completion.request.model,
        "results": [_result(reply) for reply in replies],
    }


def _result(reply: OutcomeReply) -> Json:
    """`flagged` covers OpenAI's categories only; personal data, secrets and injections are in `weir`."""
    completion = reply.completion
    verdict = completion.input_verdict
    if verdict is None:
        msg = "a moderation without a verdict: the meter closes none"
        raise ValueError(msg)
    scores = scores_of(verdict)
    results = categories(scores)
    return {
        "flagged": any(result is not None and result.is_flagged for result in results.values()),
        "categories": {name: result is not None and result.is_flagged for name, result in results.items()},
        "category_scores": {
            name: 0.0 if result is None else result.score for name, result in results.items()
        },
        "category_applied_input_types": {
            name: NOTHING if result is None else TEXT for name, result in results.items()
        },
        "weir": {
            "action": verdict.action,
            "reason": verdict.reason,
            "toxicity": scores.toxicity.model_dump(),
            "prompt_injection": scores.injection.model_dump() if scores.injection is not None else None,
            "pii": scores.pii.model_dump(),
            "secrets": scores.secrets.model_dump(),
            "unscanned": scores.unscanned,
            "unverified_language": list(scores.unverified_language),
            "tier": verdict.tier,
            "policy": verdict.policy,
            "policy_version": verdict.policy_version,
            "request_id": completion.request.request_id,
            "record_id": str(completion.request.record_id),
            "duplicate": reply.is_duplicate,
        },
    }


def categories(scores: Scores) -> Mapping[str, ModerationScore | None]:
    """OpenAI's categories from Weir's labels; None for a category that no model of Weir detects.

    Categories that Weir's labels do not distinguish get the same score.
    """
    insult, threat, hate = (_label(scores, name) for name in ("insult", "threat", "identity_hate"))
    sexual, self_harm, violence = (_label(scores, name) for name in ("sexual", "self_harm", "violence"))
    return {
        "harassment": _harassment(scores, insult),
        "harassment/threatening": threat,
        "hate": hate,
        "hate/threatening": _both(hate, threat),
        "illicit": None,
        "illicit/violent": None,
        "self-harm": self_harm,
        "self-harm/intent": self_harm,
        "self-harm/instructions": self_harm,
        "sexual": sexual,
        "sexual/minors": None,
        "violence": _either(violence, threat),
        "violence/graphic": violence,
    }


def _label(scores: Scores, name: str) -> ModerationScore:
    return ModerationScore(scores.toxicity.labels.get(name, 0.0), name in scores.toxicity.flagged_labels)


def _harassment(scores: Scores, insult: ModerationScore) -> ModerationScore:
    """Harassment, which includes toxic text without a flagged label, since no category fits better."""
    toxicity = scores.toxicity
    if toxicity.flagged and not toxicity.flagged_labels:
        return _either(insult, ModerationScore(toxicity.score, is_flagged=True))
    return insult


def _either(first: ModerationScore, second: ModerationScore) -> ModerationScore:
    return ModerationScore(max(first.score, second.score), first.is_flagged or second.is_flagged)


def _both(first: ModerationScore, second: ModerationScore) -> ModerationScore:
    return ModerationScore(min(first.score, second.score), first.is_flagged and second.is_flagged)
