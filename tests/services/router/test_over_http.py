"""The router over real HTTP: against the stub with a journal of its own, and against llmock."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from llmock.pytest_plugin import LLMock

from schemas.answers import ModelAnswer
from schemas.documents import Candidate
from schemas.requests import AdmittedRequest
from services.router.adapters.http.exchange import ProviderAddress, ProviderPool
from services.router.adapters.local_tokens import LocalTokenCounter
from services.router.adapters.providers.openai import OpenAIProvider
from services.router.adapters.system_clock import SystemClock
from services.router.handler import Router
from streaming.handling import Incoming
from streaming.seal.seal import Sealer, new_key
from tests.services.router.answering import ListJournal, NoPrompts, OneRoute
from weir.local.stub_provider import CallLog, StubSettings, build

pytestmark = pytest.mark.slow
Arrive = Callable[..., Incoming[AdmittedRequest]]


@dataclass(slots=True)
class Stub:
    """The stub in this process, and its journal."""

    url: str
    path: Path

    def calls(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.path.read_text().splitlines()]


@pytest.fixture
def stub(tmp_path: Path) -> Iterator[Stub]:
    path = tmp_path / "calls.jsonl"
    listening = socket.create_server(("127.0.0.1", 0))
    with CallLog(path) as calls:
        app = build(StubSettings(latency_s=0.01, slow_s=1.0), calls)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield Stub(f"http://127.0.0.1:{listening.getsockname()[1]}/v1", path)
        server.should_exit = True
        thread.join(timeout=10)
    listening.close()


async def answer_over(
    url: str,
    candidates: tuple[Candidate, ...],
    incoming: Incoming[AdmittedRequest],
    journal: ListJournal | None = None,
) -> ModelAnswer:
    clock = SystemClock()
    async with ProviderPool(4) as client:
        provider = OpenAIProvider(ProviderAddress("stub", url), client, clock.now, LocalTokenCounter())
        sealer = Sealer.from_text(new_key())
        router = Router(
            prompts=NoPrompts(),
            routes=OneRoute(candidates),
            providers={"stub": provider},
            sealer=sealer,
            clock=clock,
        )
        return await router.answer(incoming, journal or ListJournal())


def candidate(model: str, *, max_attempts: int = 1, timeout_s: float = 5.0) -> Candidate:
    return Candidate(provider="stub", model=model, max_attempts=max_attempts, timeout_s=timeout_s)


@pytest.fixture
def incoming(arrive: Arrive) -> Incoming[AdmittedRequest]:
    return arrive({"deadline": datetime.now(UTC) + timedelta(seconds=20)})


async def test_every_fault_falls_through_to_the_candidate_that_answers_and_each_call_is_counted(
    stub: Stub, incoming: Incoming[AdmittedRequest]
) -> None:
    route = (
        candidate("always-503"),
        candidate("always-429"),
        candidate("cut"),
        candidate("slow", timeout_s=0.3),
        candidate("good"),
    )

    answer = await answer_over(stub.url, route, incoming)

    assert answer.status == "answered"
    assert [(result.model, result.state, result.error) for result in answer.attempts] == [
        ("always-503", "failed", "unavailable"),
        ("always-429", "failed", "rate_limited"),
        ("cut", "failed", "cut_off"),
        ("slow", "failed", "timeout"),
        ("good", "finished", None),
    ]
    await asyncio.sleep(1.0)  # the slow call finishes at the provider although nobody waits for it any more
    assert {line["attempt"] for line in stub.calls()} == {
        str(result.attempt_id) for result in answer.attempts
    }
    finished = next(line for line in stub.calls() if line["model"] == "good")
    usage = answer.attempts[-1].usage
    assert usage is not None
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (
        finished["prompt_tokens"],
        finished["completion_tokens"],
    )


@pytest.mark.parametrize(
    ("model", "error"), [("far-429", "rate_limited"), ("huge", "bad_reply"), ("deep", "bad_reply")]
)
async def test_the_stubs_absurd_models_cost_one_call_each_and_the_next_candidate_answers(
    stub: Stub, incoming: Incoming[AdmittedRequest], model: str, error: str
) -> None:
    answer = await answer_over(stub.url, (candidate(model, max_attempts=3), candidate("good")), incoming)

    assert answer.status == "answered"
    assert [(result.model, result.error) for result in answer.attempts] == [(model, error), ("good", None)]
    assert [line["model"] for line in stub.calls()] == [model, "good"]


async def test_an_absurd_count_of_tokens_is_an_answer_whose_usage_tells_no_count(
    stub: Stub, incoming: Incoming[AdmittedRequest]
) -> None:
    answer = await answer_over(stub.url, (candidate("absurd-usage"),), incoming)

    (result,) = answer.attempts
    assert answer.status == "answered"
    assert result.usage is not None
    assert result.usage["completion_tokens"] == "out of range"


async def test_a_route_without_a_working_candidate_fails_and_says_what_each_said(
    stub: Stub, incoming: Incoming[AdmittedRequest]
) -> None:
    answer = await answer_over(stub.url, (candidate("always-503"), candidate("always-429")), incoming)

    assert answer.status == "failed"
    assert answer.error is not None
    assert (answer.error.code, answer.error.retry_after_s) == ("provider_rate_limited", 1.0)
    assert "stub/always-503: the provider answered 503 (server_error) (1 time(s))" in answer.error.message


async def test_the_deadline_cuts_a_call_and_the_request_is_expired(stub: Stub, arrive: Arrive) -> None:
    due = arrive({"deadline": datetime.now(UTC) + timedelta(seconds=0.3)})

    answer = await answer_over(stub.url, (candidate("slow", max_attempts=3),), due)

    assert answer.status == "expired"
    assert [result.error for result in answer.attempts] == ["timeout"]


@pytest.mark.parametrize(
    ("model", "error"), [("broken", "cut_off"), ("silent-cut", "cut_off"), ("stalled", "timeout")]
)
async def test_a_call_that_breaks_inside_its_answer_says_what_was_sent_and_what_arrived(
    stub: Stub, incoming: Incoming[AdmittedRequest], model: str, error: str
) -> None:
    answer = await answer_over(
        stub.url, (candidate(model, timeout_s=0.8 if model == "stalled" else 5.0),), incoming
    )

    (result,) = answer.attempts
    assert (result.state, result.error, result.usage, result.response_model) == ("failed", error, None, model)
    assert result.estimate is not None
    # "Where is <PERSON_1>'s invoice?" and its frame
    assert (
        result.estimate.input_tokens
        == LocalTokenCounter().of_text("Where is <PERSON_1>'s invoice?", model) + 4 + 3
    )
    # The stub's words are one token each, and half of the answer arrives; the last word may be cut.
    whole = stub.calls()[0]["completion_tokens"]
    low, high = (whole, whole) if model == "silent-cut" else (whole // 3, whole // 2 + 2)
    assert low <= result.estimate.output_tokens <= high


async def test_usage_wins_over_our_own_count_where_a_cut_answer_has_both(
    stub: Stub, incoming: Incoming[AdmittedRequest]
) -> None:
    answer = await answer_over(stub.url, (candidate("cut"),), incoming)

    (result,) = answer.attempts
    assert (result.error, result.estimate) == ("cut_off", None)
    assert result.usage is not None
    assert result.usage["completion_tokens"] == stub.calls()[0]["completion_tokens"]


async def test_a_call_of_which_nothing_arrived_has_no_estimate(
    stub: Stub, incoming: Incoming[AdmittedRequest]
) -> None:
    answer = await answer_over(stub.url, (candidate("slow", timeout_s=0.3),), incoming)

    (result,) = answer.attempts
    assert (result.error, result.usage, result.estimate) == ("timeout", None, None)


async def test_a_failed_call_keeps_the_usage_that_its_error_reports(
    stub: Stub, incoming: Incoming[AdmittedRequest]
) -> None:
    answer = await answer_over(stub.url, (candidate("billed-503"),), incoming)

    (result,) = answer.attempts
    assert (result.status_code, result.error, result.estimate) == (503, "unavailable", None)
    assert result.usage is not None
    assert result.usage["completion_tokens"] == stub.calls()[0]["completion_tokens"]


async def test_a_call_that_the_end_of_the_process_cuts_is_unknown_to_the_successor_and_never_lost(
    stub: Stub, incoming: Incoming[AdmittedRequest]
) -> None:
    journal = ListJournal()
    task = asyncio.create_task(answer_over(stub.url, (candidate("slow"),), incoming, journal))
    while not journal.written:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    answer = await answer_over(
        stub.url, (candidate("good"),), incoming, ListJournal(past=journal.written, owner="router-2")
    )

    assert [(result.model, result.state) for result in answer.attempts] == [
        ("slow", "unknown"),
        ("good", "finished"),
    ]
    assert answer.attempts[0].attempt_id == journal.written[0].attempt_id


async def test_an_independent_judge_finds_our_retries_resilient(
    llmock: LLMock, incoming: Incoming[AdmittedRequest]
) -> None:
    llmock.fail(503).rate_limit(retry_after=0.4).reply("hello")

    answer = await answer_over(llmock.base_url(), (candidate("gpt-4o-mini", max_attempts=3),), incoming)

    assert answer.status == "answered"
    assert [request.status for request in llmock.requests] == [503, 429, 200]
    llmock.assert_resilient(strict=True)


async def test_an_independent_judge_finds_that_we_do_not_repeat_what_is_refused(
    llmock: LLMock, incoming: Incoming[AdmittedRequest]
) -> None:
    llmock.fail(422, times=None)

    answer = await answer_over(llmock.base_url(), (candidate("gpt-4o-mini", max_attempts=3),), incoming)

    assert answer.error is not None
    assert answer.error.code == "provider_rejected"
    assert len(llmock.requests) == 1
    llmock.assert_resilient(strict=True)
