"""A provider call that breaks off over real HTTP is booked as estimated or held, never as 0."""

import asyncio
from collections import Counter
from decimal import Decimal

import pytest
from llmock.pytest_plugin import LLMock

from schemas.documents import RouteDocument
from schemas.outcomes import BookedAttempt, Completion
from schemas.topics import ATTEMPTS
from services.router.adapters.local_tokens import LocalTokenCounter
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import TopicPartition
from tests.integration.stubbed_services import ABSURD, QUESTION, ask, outcomes, route_of, running
from weir.stack.publish import publish_documents

pytestmark = pytest.mark.slow


async def booked(
    broker: MemoryBroker, url: str, model: str, deadline_s: float = 30.0
) -> tuple[Completion, BookedAttempt]:
    async with running(broker, url):
        await ask(broker, model, deadline_s)
        (completion,) = await outcomes(broker, 1)
    return completion, completion.attempts[0]


@pytest.mark.parametrize(
    ("model", "error"), [("broken", "cut_off"), ("silent-cut", "cut_off"), ("stalled", "timeout")]
)
async def test_a_call_that_breaks_inside_its_answer_is_booked_as_estimated(
    broker: MemoryBroker, stub: str, model: str, error: str
) -> None:
    completion, line = await booked(broker, stub, model)

    assert (completion.status, line.result.error, line.cost_status) == ("failed", error, "estimated")
    assert line.reason == f"no usage was reported ({error}): counted from what was sent and what arrived"
    assert line.usage is not None
    assert line.usage.input is not None
    assert line.usage.output is not None
    assert line.usage.input == LocalTokenCounter().of_text(QUESTION, model) + 4 + 3
    assert line.usage.output >= 3
    assert completion.cost_usd == line.cost_usd == (Decimal(line.usage.input) + line.usage.output) / 1000
    assert (line.price_source, line.price_version) == ("llm.prices", "1")


@pytest.mark.parametrize("model", ["cut", "billed-503"])
async def test_a_failed_call_that_reports_usage_is_booked_by_it_and_not_estimated(
    broker: MemoryBroker, stub: str, model: str
) -> None:
    completion, line = await booked(broker, stub, model)

    assert (completion.status, line.cost_status, line.result.estimate) == ("failed", "priced", None)
    assert line.result.usage is not None
    assert completion.cost_usd == Decimal(str(line.result.usage["total_tokens"])) / 1000


async def test_an_answer_of_absurd_usage_is_given_and_its_cost_is_held(
    broker: MemoryBroker, stub: str
) -> None:
    completion, line = await booked(broker, stub, "absurd-usage")

    assert (completion.status, line.cost_status, completion.cost_usd) == ("answered", "held", None)
    assert line.usage is not None
    assert (line.usage.output, line.usage.mismatch) == (None, "completion_tokens is no count")


async def test_forty_absurd_replies_leave_the_next_request_its_answer(
    broker: MemoryBroker, stub: str
) -> None:
    async with running(broker, stub):
        for number, model in enumerate(ABSURD * 10):
            await ask(broker, model, request_id=f"r-{number}")
        await ask(broker, "stub")
        ended = await outcomes(broker, 41)

    assert Counter(completion.status for completion in ended) == {"failed": 30, "answered": 11}
    assert {len(completion.attempts) for completion in ended} == {1}
    far = next(completion for completion in ended if completion.request.model == "far-429")
    assert far.error is not None
    assert (far.error.code, far.error.retry_after_s) == ("provider_rate_limited", 3_600.0)


async def test_a_call_of_which_nothing_arrived_is_held_and_its_cost_is_unknown(
    broker: MemoryBroker, stub: str
) -> None:
    completion, line = await booked(broker, stub, "slow")

    assert (completion.status, line.result.error, line.cost_status) == ("failed", "timeout", "held")
    assert (completion.cost_usd, line.cost_usd) == (None, None)


async def test_a_call_that_the_deadline_cuts_is_in_the_books_of_the_expired_request(
    broker: MemoryBroker, stub: str
) -> None:
    await publish_documents(broker, [RouteDocument.model_validate(route_of("stalled", timeout_s=30.0))])

    completion, line = await booked(broker, stub, "stalled", deadline_s=3.0)

    assert (completion.status, line.result.error, line.cost_status) == ("expired", "timeout", "estimated")
    assert completion.cost_usd is not None
    assert completion.cost_usd > 0


async def test_a_call_that_is_still_open_when_the_process_ends_is_unknown_in_the_books_and_not_forgotten(
    broker: MemoryBroker, stub: str
) -> None:
    await publish_documents(broker, [RouteDocument.model_validate(route_of("slow", timeout_s=30.0))])
    async with running(broker, stub):
        await ask(broker, "slow")
        while not await broker.reader.end(TopicPartition(ATTEMPTS.name, 0)):
            await asyncio.sleep(0.02)
    async with running(broker, stub):
        (completion,) = await outcomes(broker, 1)

    assert completion.status == "answered"
    assert [(line.result.state, line.cost_status) for line in completion.attempts] == [
        ("unknown", "unknown"),
        ("finished", "priced"),
    ]
    assert completion.cost_usd is None


async def test_a_call_to_anthropic_is_metered_by_its_own_usage_and_priced_by_the_list(
    broker: MemoryBroker, llmock: LLMock
) -> None:
    llmock.reply("They are on their way.")
    await publish_documents(
        broker,
        [RouteDocument.model_validate(route_of("claude-sonnet-4-5", provider="anthropic", name="claude"))],
    )

    async with running(broker, llmock.base_url("anthropic") + "/v1", "anthropic"):
        await ask(broker, "claude")
        (completion,) = await outcomes(broker, 1)

    (line,) = completion.attempts
    assert (completion.status, completion.output, completion.finish_reason) == (
        "answered",
        "They are on their way.",
        "stop",
    )
    assert (line.result.provider_kind, line.cost_status) == ("anthropic", "priced")
    assert line.result.usage is not None
    assert line.usage is not None
    assert (line.usage.input, line.usage.output) == (
        line.result.usage["input_tokens"],
        line.result.usage["output_tokens"],
    )
    # 3 and 15 USD per million tokens
    assert (
        completion.cost_usd
        == (Decimal(3) * (line.usage.input or 0) + Decimal(15) * (line.usage.output or 0)) / 1_000_000
    )
