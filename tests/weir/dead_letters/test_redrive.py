"""Letters that real loops wrote go back once, sealed, and never where they could double something."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from schemas.cloudevents import decode
from schemas.event import Event
from schemas.outcomes import Completion
from schemas.quality import Evaluation, Feedback
from schemas.requests import AdmittedRequest, LlmRequest, ScreenedRequest
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import OutboundRecord
from streaming.events.dead_letters import SERVICE, SOURCE_TIMESTAMP, DeadLetterCause, dead_letter
from streaming.events.event_processing import RecordRejectedError
from streaming.handling import Incoming, derived_id
from streaming.loops.stage import Stage
from streaming.partitions.lease import Lease
from streaming.seal.content import opened_request
from tests.weir.dead_letters.bench import (
    NOW,
    QUESTION,
    SEALER,
    ExampleEvaluator,
    StoredFacts,
    append,
    commit_past,
    example,
    fact_record,
    performed,
    planned,
    put_letter,
)
from weir.dead_letters.reading import DeadLetterSelection
from weir.dead_letters.redrive import RedriveOptions, RedriveResult

PLAIN = (
    b'{"tenant": "acme", "model": "small", "messages": [{"role": "user", "content": "%s"}]}'
    % QUESTION.encode()
)
ALL = RedriveOptions(DeadLetterSelection())


async def guarded(broker: MemoryBroker, *, is_mended: bool) -> None:
    """Run a guard over all requests: unless it is mended, every request becomes a dead letter."""

    async def screen(incoming: Incoming[LlmRequest]) -> Sequence[Event]:
        if not is_mended:
            raise KeyError(QUESTION)
        request = opened_request(SEALER, incoming.event)
        screened: ScreenedRequest = example(ScreenedRequest)
        return [
            screened.model_copy(
                update={"request": screened.request.model_copy(update={"request_id": request.request_id})}
            )
        ]

    stop = asyncio.Event()
    stage = Stage("guard", {LlmRequest: screen}, SEALER, f"guard-{uuid4().hex[:6]}")
    task = asyncio.create_task(stage.run(broker, Lease(10.0), stop))
    await asyncio.sleep(0.6)
    stop.set()
    await task


def codes(results: Sequence[RedriveResult]) -> list[str]:
    return [result.code for result in results]


def requests(broker: MemoryBroker) -> list[Any]:
    return [decode(record.topic, record.value, record.headers) for record in broker.records("llm.requests")]


async def test_a_request_that_a_bug_had_stopped_goes_back_sealed_and_is_handled(broker: MemoryBroker) -> None:
    await append(
        broker,
        "llm.requests",
        PLAIN,
        (("x-name", b"Jane Doe"), ("traceparent", b"00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01")),
    )
    await guarded(broker, is_mended=False)

    dry = await planned(broker)

    assert len(broker.records("llm.requests")) == 1

    done = await performed(broker)
    await guarded(broker, is_mended=True)

    assert (codes(dry), codes(done)) == (["would_go"], ["redriven"])

    (_, again) = broker.records("llm.requests")
    everything = repr((again.key, again.value, again.headers))

    assert all(word not in everything for word in ("Jane", "parcel", "jane@"))
    assert again.header("weir-redriven-from") == b"llm.requests/0@0"
    assert again.header("traceparent") is not None
    assert opened_request(SEALER, requests(broker)[1]).messages == requests(broker)[0].messages
    assert str(done[0].position) == "llm.requests/0@1"

    (screened,) = broker.records("llm.requests.screened")

    assert screened.header("ce_parentid") is not None


async def test_a_letter_is_redriven_once_unless_again_is_given(broker: MemoryBroker) -> None:
    await put_letter(
        broker,
        replace(fact_record(example(Completion)), topic="llm.requests", value=PLAIN, headers=()),
        "guard",
    )
    first, second = await performed(broker), await performed(broker)

    third = await performed(broker, replace(ALL, again=True))

    assert (codes(first), codes(second), codes(third)) == (["redriven"], ["redriven_already"], ["redriven"])

    ids = {opened_request(SEALER, request).request_id for request in requests(broker)}

    assert len(requests(broker)) == 2
    assert len(ids) == 1, "the meter must know the second for a duplicate"


async def test_two_commands_at_once_put_a_letter_back_once(broker: MemoryBroker) -> None:
    for offset in range(10):
        record = replace(
            fact_record(example(Completion), offset), topic="llm.requests", value=PLAIN, headers=()
        )
        await put_letter(broker, record, "guard")

    both = await asyncio.gather(performed(broker), performed(broker), performed(broker))

    assert len(requests(broker)) == 10
    assert sorted(code for results in both for code in codes(results)).count("redriven") == 10


async def test_a_copy_of_a_letter_with_other_headers_is_the_same_letter(broker: MemoryBroker) -> None:
    await put_letter(
        broker,
        replace(fact_record(example(Completion)), topic="llm.requests", value=PLAIN, headers=()),
        "guard",
    )
    (letter,) = broker.records("llm.requests.dlq")

    for name, value in ((SOURCE_TIMESTAMP, b"77"), (SERVICE, b"somebody")):
        headers = tuple((known, value if known == name else content) for known, content in letter.headers)
        await (await broker.producer.send(OutboundRecord(letter.topic, None, letter.value, headers)))

    assert sorted(codes(await performed(broker))) == ["redriven", "redriven_already", "redriven_already"]


async def test_foreign_records_and_inner_letters_stay_and_the_rest_goes(broker: MemoryBroker) -> None:
    await append(
        broker,
        "llm.requests.dlq",
        b"\xff\xfe",
        (("weir-source-topic", b"llm.prompts"), ("weir-source-offset", b"9" * 40)),
    )
    await append(broker, "llm.requests.dlq", None)
    await put_letter(
        broker,
        replace(fact_record(example(Completion)), topic="llm.requests", value=PLAIN, headers=()),
        "guard",
    )
    await put_letter(broker, fact_record(example(AdmittedRequest)), "router")

    done = await performed(broker)

    assert codes(done) == ["foreign_record", "foreign_record", "redriven", "inner_record"]
    assert broker.records("llm.requests.admitted") == []


async def test_a_fact_s_rows_are_stored_once_and_its_topic_is_left_alone(broker: MemoryBroker) -> None:
    record, rows = fact_record(example(Completion), 3), StoredFacts()
    await put_letter(broker, record, "sink", "row_refused")

    await commit_past(broker, "sink", "llm.completions", 4)

    assert codes(await planned(broker, rows=rows)) == ["would_go"]
    assert rows.stored == []
    assert codes(await performed(broker, rows=rows)) == ["redriven"]
    assert codes(await performed(broker, rows=rows)) == ["stored_already"]
    assert [str(stored).encode() for stored in rows.stored] == [record.header("ce_id")]
    assert broker.records("llm.completions") == []


async def test_a_fact_that_the_sink_may_still_take_waits(broker: MemoryBroker) -> None:
    await put_letter(broker, fact_record(example(Completion), 3), "sink")

    assert codes(await performed(broker, rows=StoredFacts())) == ["still_at_work"]

    await commit_past(broker, "sink", "llm.completions", 3)

    assert codes(await performed(broker, rows=StoredFacts())) == ["still_at_work"]


async def test_without_clickhouse_facts_stay_and_requests_go(broker: MemoryBroker) -> None:
    await put_letter(broker, fact_record(example(Completion), 3), "sink")
    await put_letter(
        broker,
        replace(fact_record(example(Completion)), topic="llm.requests", value=PLAIN, headers=()),
        "guard",
    )

    await commit_past(broker, "sink", "llm.completions", 9)

    assert sorted(codes(await performed(broker))) == ["clickhouse_down", "redriven"]


async def test_an_evaluation_is_made_under_the_id_that_it_would_have_had(broker: MemoryBroker) -> None:
    record = fact_record(example(Feedback), 2)
    await put_letter(broker, record, "evaluator", "unknown_request")
    await commit_past(broker, "evaluator", "llm.feedback", 3)
    rejected = await performed(
        broker, evaluator=ExampleEvaluator(RecordRejectedError("unknown_request", "no such request"))
    )

    done, again = (
        await performed(broker, evaluator=ExampleEvaluator()),
        await performed(broker, evaluator=ExampleEvaluator()),
    )

    assert (codes(rejected), codes(done), codes(again)) == (
        ["still_refused"],
        ["redriven"],
        ["redriven_already"],
    )

    (evaluation,) = broker.records("llm.evaluations")
    parent = UUID((record.header("ce_id") or b"").decode())

    assert evaluation.header("ce_id") == str(derived_id(parent, example(Evaluation), 0)).encode()
    assert broker.records("llm.feedback") == []


async def test_letters_are_selected_by_reason_time_tenant_and_number(broker: MemoryBroker) -> None:
    for offset, (reason, ago) in enumerate((("a_bug", 5), ("a_bug", 1), ("invalid_event", 1))):
        record = replace(
            fact_record(example(Completion), offset), topic="llm.requests", value=PLAIN, headers=()
        )
        await put_letter(broker, record, "guard", reason, ago=timedelta(hours=ago))
    by_reason = await planned(broker, RedriveOptions(DeadLetterSelection(reason="a_bug")))
    by_time = await planned(broker, RedriveOptions(DeadLetterSelection(since=NOW - timedelta(hours=2))))

    both = await planned(
        broker, RedriveOptions(DeadLetterSelection(reason="a_bug", until=NOW - timedelta(hours=2)))
    )

    assert [[result.letter.at.offset for result in results] for results in (by_reason, by_time, both)] == [
        [0, 1],
        [1, 2],
        [0],
    ]
    assert len(await planned(broker, RedriveOptions(DeadLetterSelection(), "acme"))) == 3
    assert await planned(broker, RedriveOptions(DeadLetterSelection(), "globex")) == []
    assert len(await performed(broker, RedriveOptions(DeadLetterSelection(), at_most=1))) == 1
    assert codes(await performed(broker, RedriveOptions(DeadLetterSelection(), at_most=1))) == [
        "redriven_already",
        "redriven",
    ]


async def test_a_broker_that_goes_down_is_reported_and_the_next_run_continues(
    broker: MemoryBroker,
) -> None:
    await put_letter(
        broker,
        replace(fact_record(example(Completion)), topic="llm.requests", value=PLAIN, headers=()),
        "guard",
    )

    broker.fail_sends(1)

    assert codes(await performed(broker)) == ["unknown"]
    assert codes(await performed(broker)) == ["redriven"]


async def test_what_is_too_large_when_it_is_sealed_is_not_claimed(broker: MemoryBroker) -> None:
    large = PLAIN.replace(QUESTION.encode(), b"x" * 6_400_000)
    await put_letter(
        broker,
        replace(
            fact_record(example(Completion)),
            topic="llm.requests",
            value=large[:5_900_000] + b'"}]}',
            headers=(),
        ),
        "guard",
    )
    record = replace(fact_record(example(Completion), 1), topic="llm.requests", value=large, headers=())

    await broker.producer.send(
        dead_letter(SEALER, record, DeadLetterCause("guard", "too_large", "too large"), NOW)
    )

    assert codes(await performed(broker)) == ["redriven", "still_refused"]
    assert len(broker.records("llm.redrives")) == 1
