"""Two candidates over real HTTP: if the first misbehaves the second answers, and calls stay limited."""

import logging
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from schemas.answers import ModelAnswer, ScreenedAnswer
from schemas.documents import Candidate
from schemas.outcomes import Completion, StageTimes
from schemas.requests import AdmittedRequest
from schemas.topics import MAX_RECORD_BYTES
from schemas.values import Message
from services.meter.adapters.genai_price_list import GenaiPriceList
from services.meter.domain.settlement.booking import book, cost_of
from services.meter.domain.usage.normalize import total_usage
from services.router.adapters.http.exchange import ProviderAddress, ProviderPool
from services.router.adapters.local_tokens import LocalTokenCounter
from services.router.adapters.providers.openai import OpenAIProvider
from services.router.adapters.system_clock import SystemClock
from services.router.domain.prepared_call import MAX_MESSAGES_BYTES
from services.router.domain.provider_call import ProviderCall, ProviderError, ProviderReply
from services.router.domain.reply_bounds import MAX_ANSWER_BYTES
from services.router.domain.retries import MAX_RETRY_AFTER_S
from services.router.domain.routing import MAX_CALLS, MAX_WAIT_S
from services.router.handler import ChatProvider as ProviderPort
from services.router.handler import Router
from streaming.errors import BrokerDownError
from streaming.handling import Incoming
from streaming.seal.seal import Sealer, new_key
from tests.security.odd_replies import JSON_TYPE, RETRY_AFTER, good
from tests.security.provider_faults import named_faults
from tests.security.served_bytes import Provider, http, says
from tests.services.router.answering import ListJournal, NoPrompts, OneRoute

pytestmark = pytest.mark.slow
Arrive = Callable[..., Incoming[AdmittedRequest]]
SEALER = Sealer.from_text(new_key())
TOKENS = LocalTokenCounter()
TIMEOUT_S = 1.0
FAULTS = sorted(named_faults("openai"))


class BrokenAdapter:
    """An adapter with a fault of its own."""

    kind = "openai"

    def __init__(self, error: Exception) -> None:
        self.calls = 0
        self._error = error

    async def complete(self, call: ProviderCall) -> ProviderReply:
        self.calls += 1
        raise self._error


class Answering:
    """An adapter that answers."""

    kind = "openai"

    def __init__(self, reply: ProviderReply) -> None:
        self._reply = reply

    async def complete(self, call: ProviderCall) -> ProviderReply:
        return self._reply


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider().serving() as serving:
        yield serving


async def answer(
    incoming: Incoming[AdmittedRequest], providers: dict[str, str | ProviderPort], attempts: int = 2
) -> tuple[ModelAnswer, ListJournal]:
    """Let a router answer over a route of these providers: addresses, or adapters as they are."""
    clock, journal = SystemClock(), ListJournal()
    candidates = tuple(
        Candidate(provider=name, model="m", max_attempts=attempts, timeout_s=TIMEOUT_S) for name in providers
    )
    async with ProviderPool(4) as pool:
        adapters: dict[str, ProviderPort] = {
            name: OpenAIProvider(ProviderAddress(name, place), pool, clock.now, TOKENS)
            if isinstance(place, str)
            else place
            for name, place in providers.items()
        }
        router = Router(
            prompts=NoPrompts(), routes=OneRoute(candidates), providers=adapters, sealer=SEALER, clock=clock
        )
        return await router.answer(incoming, journal), journal


@pytest.fixture
def incoming(arrive: Arrive) -> Incoming[AdmittedRequest]:
    return arrive({"deadline": datetime.now(UTC) + timedelta(seconds=60)})


@pytest.mark.parametrize("fault", FAULTS)
async def test_the_second_candidate_answers_whatever_the_first_one_does(
    provider: Provider, incoming: Incoming[AdmittedRequest], fault: str
) -> None:
    first, second = (
        provider.at("first", named_faults("openai")[fault]),
        provider.at("second", says(good("openai"))),
    )
    started = time.monotonic()

    model_answer, journal = await answer(incoming, {"first": first, "second": second})

    assert model_answer.status == "answered"
    assert [result.provider for result in model_answer.attempts][-1] == "second"
    assert 1 <= provider.calls["first"] <= 2
    assert provider.calls["second"] == 1
    assert {attempt.attempt_id for attempt in journal.written} == {
        result.attempt_id for result in model_answer.attempts
    }
    assert time.monotonic() - started < 2 * TIMEOUT_S + 6
    assert ModelAnswer.model_validate_json(model_answer.model_dump_json()) == model_answer


@pytest.mark.parametrize("header", ["Fri, 31 Dec 9999 23:59:59 GMT", "9" * 60, "9" * 400, "1e309", "120"])
async def test_a_provider_that_asks_for_a_long_wait_is_called_once_and_the_next_one_answers_at_once(
    provider: Provider, incoming: Incoming[AdmittedRequest], header: str
) -> None:
    first = provider.at("first", says(http(b"{}", JSON_TYPE, f"Retry-After: {header}", status="429 x")))
    started = time.monotonic()

    model_answer, _ = await answer(
        incoming, {"first": first, "second": provider.at("second", says(good("openai")))}
    )

    assert [(result.provider, result.error) for result in model_answer.attempts] == [
        ("first", "rate_limited"),
        ("second", None),
    ]
    assert provider.calls == {"first": 1, "second": 1}
    assert time.monotonic() - started < 1.0


@pytest.mark.parametrize("header", ["Fri, 31 Dec 9999 23:59:59 GMT", "9" * 60, "120"])
async def test_where_nobody_else_is_left_the_caller_is_told_a_bounded_wait_at_once(
    provider: Provider, incoming: Incoming[AdmittedRequest], header: str
) -> None:
    first = provider.at("first", says(http(b"{}", JSON_TYPE, f"Retry-After: {header}", status="429 x")))

    model_answer, _ = await answer(incoming, {"first": first})

    assert model_answer.error is not None
    assert (model_answer.status, model_answer.error.code, provider.calls["first"]) == (
        "failed",
        "provider_rate_limited",
        1,
    )
    assert model_answer.error.retry_after_s is not None
    assert MAX_WAIT_S < model_answer.error.retry_after_s <= MAX_RETRY_AFTER_S


@pytest.mark.parametrize("header", RETRY_AFTER)
async def test_no_retry_after_whatsoever_keeps_the_second_candidate_from_answering(
    provider: Provider, incoming: Incoming[AdmittedRequest], header: str
) -> None:
    first = provider.at(
        "first",
        says(
            http(
                b"{}",
                JSON_TYPE,
                f"Retry-After: {header}",
                f"retry-after-ms: {header}",
                "Retry-After: x",
                status="429 x",
            )
        ),
    )

    model_answer, _ = await answer(
        incoming, {"first": first, "second": provider.at("second", says(good("openai")))}
    )

    assert model_answer.status == "answered"
    assert provider.calls["first"] <= 2


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("about <PERSON_1>"),
        RecursionError("deep"),
        KeyError("x"),
        MemoryError(),
        UnicodeError("x"),
    ],
)
async def test_an_adapters_own_fault_is_a_failed_attempt_and_its_text_is_repeated_nowhere(
    provider: Provider,
    incoming: Incoming[AdmittedRequest],
    error: Exception,
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken = BrokenAdapter(error)

    model_answer, journal = await answer(
        incoming, {"first": broken, "second": provider.at("second", says(good("openai")))}
    )

    assert [(result.state, result.error) for result in model_answer.attempts] == [
        ("failed", "adapter_error"),
        ("finished", None),
    ]
    assert (broken.calls, len(journal.written)) == (1, 2)
    assert [record.levelno for record in caplog.records if record.name == "services.router.handler"] == [
        logging.ERROR
    ]
    assert type(error).__name__ in caplog.text
    assert "about <PERSON_1>" not in caplog.text + model_answer.model_dump_json()


async def test_an_error_of_the_stream_inside_a_call_is_the_loops_and_no_failed_attempt(
    incoming: Incoming[AdmittedRequest],
) -> None:
    with pytest.raises(BrokerDownError):
        await answer(incoming, {"first": BrokenAdapter(BrokerDownError("nothing answers at 127.0.0.1:9092"))})


async def test_where_only_a_broken_adapter_is_left_the_request_fails_by_a_stable_code(
    incoming: Incoming[AdmittedRequest],
) -> None:
    model_answer, _ = await answer(incoming, {"first": BrokenAdapter(RuntimeError("odd"))})

    assert model_answer.error is not None
    assert (model_answer.status, model_answer.error.code) == ("failed", "provider_adapter_error")
    assert "its adapter failed with RuntimeError" in model_answer.error.message


def following_events(
    model_answer: ModelAnswer, output: str, admitted: AdmittedRequest
) -> tuple[ScreenedAnswer, Completion]:
    """The events that the guard and the meter make of this answer."""
    booked = book(GenaiPriceList(), "acme", model_answer.attempts, datetime.now(UTC))
    shared = {
        "status": "answered",
        "request": model_answer.request,
        "messages": model_answer.messages,
        "output": output,
        "pseudonyms": model_answer.pseudonyms,
        "route": model_answer.route,
    }
    at = model_answer.answered_at
    screened = {**shared, "attempts": model_answer.attempts, "answered_at": at, "screened_at": at}
    times = StageTimes(received_at=admitted.request.received_at)
    money = {"usage": total_usage(line.usage for line in booked), "cost_usd": cost_of(booked)}
    closed = {**shared, **money, "attempts": booked, "times": times, "completed_at": at}
    return ScreenedAnswer.model_validate(screened), Completion.model_validate(closed)


async def test_the_largest_prompt_and_answer_with_many_failed_calls_fit_every_record_that_follows(
    arrive: Arrive,
) -> None:
    text = "\x01" * ((MAX_MESSAGES_BYTES - 1_000) // 6)
    due = arrive(
        {"deadline": datetime.now(UTC) + timedelta(seconds=110)},
        messages=(Message(role="user", content=text),),
    )
    largest_usage = {f"x{number}": "y" * 60 for number in range(110)}
    billed = BrokenAdapter(
        ProviderError("unavailable", "x" * 900, status_code=503, retry_after_s=0, usage=largest_usage)
    )
    reply = ProviderReply("\x01" * (MAX_ANSWER_BYTES // 6 - 1), "stop", largest_usage, "m" * 200, 200)

    model_answer, _ = await answer(
        due, {**{f"b{number}": billed for number in range(9)}, "second": Answering(reply)}, attempts=10
    )

    assert (model_answer.status, len(model_answer.attempts)) == ("answered", 91)
    assert len(model_answer.model_dump_json()) < MAX_RECORD_BYTES
    # A guard may lengthen what it replaces: as much again is left for it.
    for event in following_events(model_answer, reply.content, due.event):
        assert len(event.model_dump_json()) + MAX_ANSWER_BYTES < MAX_RECORD_BYTES


async def test_no_route_is_so_long_that_its_calls_do_not_fit_into_one_answer(arrive: Arrive) -> None:
    due = arrive({"deadline": datetime.now(UTC) + timedelta(seconds=110)})
    down = BrokenAdapter(ProviderError("unavailable", "x" * 900, status_code=503, retry_after_s=0))

    model_answer, _ = await answer(due, {f"provider-{number}": down for number in range(60)}, attempts=10)

    assert (model_answer.status, down.calls) == ("failed", MAX_CALLS)
    assert model_answer.error is not None
    assert len(model_answer.error.message) < 2_500
