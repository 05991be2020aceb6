"""Measures answers, and joins feedback to the answer that it rates."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol

from schemas.event import Event
from schemas.outcomes import Completion
from schemas.quality import Evaluation, Feedback, Metric
from services.evaluator.domain.measuring import VERSION, measure
from services.evaluator.domain.metrics.types import EvaluatedAnswer, LanguageOf
from services.evaluator.domain.recall import CompletionFacts, RecentCompletions, facts_of
from streaming.errors import BadEventError
from streaming.handling import Incoming

METRICS = "metrics"
FEEDBACK = "feedback"
FEEDBACK_VERSION = 1

Sleep = Callable[[float], Awaitable[None]]


class CompletionLookup(Protocol):
    """Finds completions that are no longer in memory; raises DependencyDownError while it cannot."""

    async def find(self, tenant: str, request_id: str) -> CompletionFacts | None:
        """The facts of the first outcome under a tenant's request id."""
        ...


class OutsideMetric(Protocol):
    """A metric that is not built in: a plug-in's, or one that an HTTP address measures."""

    async def measure(self, answer: EvaluatedAnswer) -> Metric:
        """The metric of an answer; never raises, and its value is None where it could not be measured."""
        ...


class Evaluator:
    """Makes one evaluation of each answered completion, and one of each feedback for the same record."""

    def __init__(
        self,
        *,
        recall: RecentCompletions,
        lookup: CompletionLookup,
        language_of: LanguageOf,
        waits_s: Sequence[float],
        sleep: Sleep,
        outside: Sequence[OutsideMetric] = (),
    ) -> None:
        """`waits_s`: pauses between look-ups of feedback, which may be read before its completion."""
        self._recall = recall
        self._lookup = lookup
        self._language_of = language_of
        self._waits_s = tuple(waits_s)
        self._sleep = sleep
        self._outside = tuple(outside)

    async def evaluate(self, incoming: Incoming[Completion]) -> Sequence[Event]:
        """The metrics of an answer; an outcome without an answer is only cached, for later feedback."""
        completion = incoming.event
        self._recall.note(completion)
        if completion.status != "answered" or completion.output is None:
            return ()
        answer = EvaluatedAnswer(
            tuple(completion.messages), completion.output, completion.finish_reason, self._language_of
        )
        outside = await asyncio.gather(*(metric.measure(answer) for metric in self._outside))
        metrics = (*measure(answer), *outside)
        return (_evaluation(facts_of(completion), METRICS, VERSION, metrics, incoming.now),)

    async def join(self, incoming: Incoming[Feedback]) -> Sequence[Event]:
        """The feedback as an evaluation of its record; raises BadEventError for an unknown request."""
        feedback = incoming.event
        facts = await self._facts(feedback)
        labels = (Metric(name="label", value=1.0, label=label) for label in feedback.labels)
        return (
            _evaluation(
                facts,
                FEEDBACK,
                FEEDBACK_VERSION,
                (Metric(name="score", value=feedback.score), *labels),
                incoming.now,
            ),
        )

    async def _facts(self, feedback: Feedback) -> CompletionFacts:
        for wait_s in (0.0, *self._waits_s):
            if wait_s:
                await self._sleep(wait_s)
            cached = self._recall.find(feedback.tenant, feedback.request_id)
            if cached is not None:
                return cached
            found = await self._lookup.find(feedback.tenant, feedback.request_id)
            if found is not None:
                self._recall.add(found)
                return found
        raise BadEventError(
            "unknown_request",
            "feedback names a request id that has no outcome for this tenant; "
            "send the id of the answer it is about",
        )


def _evaluation(
    facts: CompletionFacts, evaluator: str, version: int, metrics: tuple[Metric, ...], at: datetime
) -> Evaluation:
    return Evaluation(
        record_id=facts.record_id,
        tenant=facts.tenant,
        request_id=facts.request_id,
        evaluator=evaluator,
        evaluator_version=version,
        metrics=metrics,
        route=facts.route,
        provider=facts.provider,
        model=facts.model,
        prompt=facts.prompt,
        prompt_version=facts.prompt_version,
        completed_at=facts.completed_at,
        evaluated_at=at,
    )
