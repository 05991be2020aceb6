"""A verdict in the shape of OpenAI's moderations: its categories by our scores, and beside them what only Weir says."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from schemas.scores import Scores, scores_of
from services.gateway.domain.replies import Json, OutcomeReply


class ModerationScore(NamedTuple):
    """A score, and whether it reaches the shipped operating point."""

    score: float
    is_flagged: bool


TEXT, NOTHING = ("text",), ()


def moderation(name: str, moderated: Sequence[OutcomeReply]) -> Json:
    """The whole reply, one result for each input in order."""
    return {
        "id": name,
        "model": moderated[0].completion.request.model,
        "results": [_result(one) for one in moderated],
    }


def _result(moderated: OutcomeReply) -> Json:
    """`flagged` is about OpenAI's categories alone; personal data, secrets and attacks stand in `weir`."""
    completion = moderated.completion
    verdict = completion.input_verdict
    if verdict is None:
        msg = "a moderation without a verdict: the meter closes none"
        raise ValueError(msg)
    scores = scores_of(verdict)
    signs = categories(scores)
    return {
        "flagged": any(sign is not None and sign.is_flagged for sign in signs.values()),
        "categories": {name: sign is not None and sign.is_flagged for name, sign in signs.items()},
        "category_scores": {name: 0.0 if sign is None else sign.score for name, sign in signs.items()},
        "category_applied_input_types": {
            name: NOTHING if sign is None else TEXT for name, sign in signs.items()
        },
        "weir": {
            "action": verdict.action,
            "reason": verdict.reason,
            "toxicity": scores.toxicity.model_dump(),
            "prompt_injection": scores.injection.model_dump() if scores.injection is not None else None,
            "pii": scores.pii.model_dump(),
            "secrets": scores.secrets.model_dump(),
            "unscanned": scores.unscanned,
            "tier": verdict.tier,
            "policy": verdict.policy,
            "policy_version": verdict.policy_version,
            "request_id": completion.request.request_id,
            "record_id": str(completion.request.record_id),
            "duplicate": moderated.is_duplicate,
        },
    }


def categories(scores: Scores) -> Mapping[str, ModerationScore | None]:
    """OpenAI's categories by ours; None where no model of ours looks for it, and one score for several where ours cannot tell them apart."""
    insult, threat, hate = (_label(scores, name) for name in ("insult", "threat", "identity_hate"))
    sexual, self_harm, violence = (_label(scores, name) for name in ("sexual", "self_harm", "violence"))
    return {
        "harassment": _abuse(scores, insult),
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


def _abuse(scores: Scores, insult: ModerationScore) -> ModerationScore:
    """Toxic text of no kind in particular is abuse of somebody, which OpenAI has no other category for."""
    whole = scores.toxicity
    return (
        _either(insult, ModerationScore(whole.score, is_flagged=True))
        if whole.flagged and not whole.flagged_labels
        else insult
    )


def _either(one: ModerationScore, other: ModerationScore) -> ModerationScore:
    return ModerationScore(max(one.score, other.score), one.is_flagged or other.is_flagged)


def _both(one: ModerationScore, other: ModerationScore) -> ModerationScore:
    return ModerationScore(min(one.score, other.score), one.is_flagged and other.is_flagged)
