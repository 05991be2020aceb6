"""The router with time, journal and providers in memory: one answer, and every call in the journal first."""

import pytest

from streaming.errors import BrokerDownError
from tests.services.router.scene import (
    DEADLINE,
    DOWN,
    REPLY,
    ROUTE,
    SEALER,
    Arrive,
    Scene,
    started,
)


@pytest.fixture
def scene() -> Scene:
    return Scene([REPLY])


async def test_an_answer_is_sealed_and_carries_its_call_and_its_way(scene: Scene, arrive: Arrive) -> None:
    incoming = arrive({"prompt": "support@3"}, variables={"tone": "kindly"})

    answer = await scene.router.answer(incoming, scene.journal)

    assert answer.status == "answered"
    assert (
        SEALER.open(
            answer.sealed or "", tenant="acme", purpose="answer", context=str(answer.request.record_id)
        ).decode()
        == REPLY.content
    )
    assert REPLY.content not in answer.model_dump_json()
    assert [message.content for message in answer.messages] == [
        "Answer kindly.",
        "Where is <PERSON_1>'s invoice?",
    ]
    assert scene.first.calls[0].messages == answer.messages
    assert answer.pseudonyms == "sealed-map"
    assert answer.route is not None
    assert (
        answer.route.provider,
        answer.route.model,
        answer.route.candidate,
        answer.route.prompt_version,
    ) == ("first", "a", 0, 3)
    (result,) = answer.attempts
    assert (result.state, result.usage, result.finish_reason, result.response_model) == (
        "finished",
        REPLY.usage,
        "stop",
        "a-2026",
    )
    assert result.attempt_id == scene.journal.written[0].attempt_id


async def test_a_failing_provider_is_retried_and_then_left_for_the_next(arrive: Arrive) -> None:
    scene = Scene([DOWN])

    answer = await scene.router.answer(arrive(), scene.journal)

    assert answer.status == "answered"
    assert [(result.number, result.provider, result.state, result.error) for result in answer.attempts] == [
        (1, "first", "failed", "unavailable"),
        (2, "first", "failed", "unavailable"),
        (3, "second", "finished", None),
    ]
    assert (
        scene.first.calls[0].idempotency_key
        == scene.first.calls[1].idempotency_key
        != scene.second.calls[0].idempotency_key
    )


async def test_calls_of_a_former_process_are_listed_as_unknown_and_come_first(
    scene: Scene, arrive: Arrive
) -> None:
    scene.journal.past = (started(2), started(1), started(2))

    answer = await scene.router.answer(arrive(), scene.journal)

    assert [(result.number, result.state) for result in answer.attempts] == [
        (1, "unknown"),
        (2, "unknown"),
        (3, "finished"),
    ]
    assert answer.attempts[0].ended_at is None


async def test_an_unknown_call_is_not_repeated_where_the_route_forbids_it(
    scene: Scene, arrive: Arrive
) -> None:
    scene.routes.documents["small"] = ROUTE.model_copy(update={"repeat_unknown": False})
    scene.journal.past = (started(1),)

    answer = await scene.router.answer(arrive(), scene.journal)

    assert answer.status == "failed"
    assert answer.error is not None
    assert answer.error.code == "attempt_unknown"
    assert [result.state for result in answer.attempts] == ["unknown"]
    assert scene.first.calls == []


async def test_a_request_that_names_what_does_not_exist_fails_without_a_call(
    scene: Scene, arrive: Arrive
) -> None:
    scene.journal.past = (started(1),)

    answer = await scene.router.answer(arrive({"prompt": "suport"}), scene.journal)

    assert (answer.status, scene.journal.written) == ("failed", [])
    assert answer.error is not None
    assert (answer.error.code, answer.error.message) == (
        "unknown_prompt",
        "there is no prompt 'suport'; there are: support",
    )
    assert [result.state for result in answer.attempts] == ["unknown"]


async def test_a_provider_that_is_not_configured_is_passed_over_without_a_call(
    scene: Scene, arrive: Arrive
) -> None:
    del scene.providers["first"]

    answer = await scene.router.answer(arrive(), scene.journal)

    assert [(result.number, result.provider) for result in answer.attempts] == [(1, "second")]


async def test_after_the_deadline_nobody_is_called(scene: Scene, arrive: Arrive) -> None:
    scene.clock.moment = DEADLINE

    answer = await scene.router.answer(arrive(), scene.journal)

    assert (answer.status, answer.attempts, scene.journal.written) == ("expired", (), [])


async def test_a_journal_that_answers_after_the_deadline_leaves_the_call_unsent(
    scene: Scene, arrive: Arrive
) -> None:
    scene.journal.take_s = 61

    answer = await scene.router.answer(arrive(), scene.journal)

    assert answer.status == "expired"
    assert [(result.state, result.error) for result in answer.attempts] == [("failed", "not_sent")]
    assert scene.first.calls == []


async def test_calls_before_a_broken_journal_stay_in_the_answer_that_comes_later(arrive: Arrive) -> None:
    scene = Scene([DOWN])
    scene.journal.error_at = 1
    with pytest.raises(BrokerDownError):
        await scene.router.answer(arrive(), scene.journal)

    answer = await scene.router.answer(arrive(), scene.journal)

    assert [(result.number, result.state) for result in answer.attempts] == [
        (1, "failed"),
        (2, "failed"),
        (3, "finished"),
    ]
