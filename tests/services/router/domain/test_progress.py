"""Calls that were made for a request are in its answer, also after an interruption or a restart."""

from collections.abc import Callable
from uuid import UUID

from schemas.requests import AdmittedRequest
from services.router.domain.progress import MAX_INTERRUPTED, InterruptedRequests, RequestProgress, StartedCall
from services.router.domain.provider_call import ProviderError
from streaming.handling import Incoming
from tests.services.router.scene import NOON, ROUTE, started

Arrive = Callable[..., Incoming[AdmittedRequest]]


def failed_once(admitted: AdmittedRequest) -> RequestProgress:
    progress = RequestProgress(admitted, ())
    attempt = progress.next_attempt(ROUTE.candidates[0], "router-1", NOON)
    progress.note_failed(StartedCall(0, attempt, "openai"), ProviderError("timeout", "no answer"), NOON)
    return progress


def test_an_interrupted_request_goes_on_with_its_results_and_counts_on(arrive: Arrive) -> None:
    interrupted = InterruptedRequests()
    before = failed_once(arrive().event)
    interrupted.keep(before)

    after = interrupted.resume(arrive().event, [started(1)])

    assert after.results == before.results
    assert after.failures == before.failures
    assert after.unknown == ()
    assert after.next_attempt(ROUTE.candidates[0], "router-1", NOON).number == 2


def test_a_journaled_attempt_without_a_result_is_an_unknown_call(arrive: Arrive) -> None:
    resumed = InterruptedRequests().resume(arrive().event, [started(2), started(1), started(1)])

    assert [(result.number, result.state) for result in resumed.attempts] == [(1, "unknown"), (2, "unknown")]


def test_only_the_newest_interrupted_requests_are_kept(arrive: Arrive) -> None:
    interrupted = InterruptedRequests()

    for number in range(MAX_INTERRUPTED + 1):
        interrupted.keep(RequestProgress(arrive({"record_id": UUID(int=number + 1)}).event, ()))

    assert interrupted.pop(UUID(int=1)) is None
    assert interrupted.pop(UUID(int=2)) is not None
