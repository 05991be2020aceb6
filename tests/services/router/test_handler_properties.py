"""A request has one answer whatever fails, and each call is in the journal and before the deadline."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import get_args

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.answers import ModelAnswer
from services.router.domain.provider_call import FailureKind, ProviderError, ProviderReply
from tests.services.router.scene import (
    NOON,
    REPLY,
    ROUTE,
    Arrive,
    Scene,
    started,
)

ERRORS = st.builds(
    ProviderError,
    st.sampled_from(sorted(set(get_args(FailureKind)) - {"not_sent"})),
    st.just("the provider answered badly"),
    retry_after_s=st.none() | st.floats(0, 1e6),
    usage=st.none() | st.just({"prompt_tokens": 3}),
)


ACTS = st.lists(st.just(REPLY) | ERRORS, min_size=1, max_size=6)


@dataclass(frozen=True, slots=True)
class Weather:
    """Everything that may go wrong around one request."""

    first: list[ProviderReply | ProviderError]
    second: list[ProviderReply | ProviderError]
    take_s: float
    journal_s: float
    late_s: float
    past: int
    attempts: int

    def scene(self) -> Scene:
        scene = Scene(list(self.first), list(self.second))
        candidates = tuple(
            candidate.model_copy(update={"max_attempts": self.attempts}) for candidate in ROUTE.candidates
        )
        scene.routes.documents["small"] = ROUTE.model_copy(update={"candidates": candidates})
        scene.first.take_s = scene.second.take_s = self.take_s
        scene.journal.take_s = self.journal_s
        scene.clock.moment = NOON + timedelta(seconds=self.late_s)
        scene.journal.past = tuple(started(number) for number in range(1, self.past + 1))
        return scene


WEATHER = st.builds(
    Weather,
    first=ACTS,
    second=ACTS,
    take_s=st.floats(0, 100),
    journal_s=st.floats(0, 30),
    late_s=st.floats(-1, 70),
    past=st.integers(0, 12),
    attempts=st.integers(1, 10),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(weather=WEATHER)
def test_whatever_happens_there_is_one_answer_and_each_call_stands_in_the_journal_and_before_the_deadline(
    arrive: Arrive, weather: Weather
) -> None:
    scene = weather.scene()

    answer = asyncio.run(scene.router.answer(arrive(), scene.journal))

    sent = {call.attempt_id for call in (*scene.first.calls, *scene.second.calls)}
    own = {result.attempt_id for result in answer.attempts if result.state != "unknown"}
    unsent = {result.attempt_id for result in answer.attempts if result.error == "not_sent"}
    assert own == {attempt.attempt_id for attempt in scene.journal.written}
    assert sent == own - unsent
    assert [result.number for result in answer.attempts] == list(range(1, len(answer.attempts) + 1))
    assert (answer.status == "answered") == (answer.sealed is not None) == (answer.error is None)
    assert ModelAnswer.model_validate_json(answer.model_dump_json()) == answer
