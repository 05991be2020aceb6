"""A request whose record became a dead letter still gets an answer that lists its calls."""

from collections.abc import Callable
from dataclasses import replace

from schemas.requests import AdmittedRequest
from services.router.domain.model_answers import closed, request_of
from services.router.domain.progress import RequestProgress, StartedCall
from services.router.domain.provider_call import ProviderError
from streaming.handling import DeadLetteredRecord, Incoming
from tests.services.router.scene import NOON, started

Arrive = Callable[..., Incoming[AdmittedRequest]]


def dead_letter(incoming: Incoming[AdmittedRequest]) -> DeadLetteredRecord:
    calls = (started(1), started(2))
    return DeadLetteredRecord(incoming.record, incoming.event, "poison", "x", NOON, calls)


def test_calls_without_a_result_are_unknown_and_each_call_is_listed_once(arrive: Arrive) -> None:
    incoming = arrive()
    kept = RequestProgress(incoming.event, ())
    kept.note_failed(StartedCall(0, started(1), "openai"), ProviderError("timeout", "no answer"), NOON)

    answer = closed(incoming.event.request, dead_letter(incoming), kept)

    assert sorted((call.number, call.state) for call in answer.attempts) == [(1, "failed"), (2, "unknown")]
    assert (answer.status, answer.error and answer.error.code) == ("failed", "dead_letter")


def test_the_calls_of_an_answer_that_was_too_large_are_kept(arrive: Arrive) -> None:
    incoming = arrive()
    oversized = closed(incoming.event.request, dead_letter(incoming), None)

    answer = closed(incoming.event.request, replace(dead_letter(incoming), oversized_output=oversized), None)

    assert answer.attempts == oversized.attempts


def test_a_record_without_a_request_has_no_answer(arrive: Arrive) -> None:
    incoming = arrive()
    unreadable = replace(dead_letter(incoming), event=None, record=replace(incoming.record, value=b"{"))

    assert request_of(dead_letter(incoming)) == incoming.event.request
    assert request_of(unreadable) is None
