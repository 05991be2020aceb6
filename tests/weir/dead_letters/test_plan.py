"""What would become of a letter: a pure function, whose refusals name the way out and never the content."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.answers import ModelAnswer, ScreenedAnswer
from schemas.cloudevents import encode
from schemas.outcomes import Completion, Correction
from schemas.quality import Feedback
from schemas.requests import AdmittedRequest, LlmRequest, ScreenedRequest
from streaming.brokers.records import OutboundRecord, Record
from streaming.events.dead_letters import FRAME, SOURCE_OFFSET, DeadLetterCause, dead_letter
from streaming.seal.content import sealed_request
from streaming.seal.seal import Sealer, new_key
from tests.weir.dead_letters.bench import NOW, QUESTION, SEALER, fact_record
from tests.weir.dead_letters.bench import example as example_of
from weir.dead_letters.letters import letter_of
from weir.dead_letters.plan import (
    RedrivePlanner,
    RedriveRefusal,
    RedriveStep,
    RedriveTerms,
    RepeatEvaluation,
    RepublishRequest,
    StoreRows,
)

PLAIN = {
    "tenant": "acme",
    "model": "small",
    "messages": [{"role": "user", "content": QUESTION}],
    "user": "jane@example.com",
}


def letter(
    record: Record,
    service: str = "guard",
    reason: str = "unexpected_error",
    request: str | None = None,
    sealer: Sealer = SEALER,
) -> Record:
    return stored(dead_letter(sealer, record, DeadLetterCause(service, reason, "it failed", request), NOW))


def stored(made: OutboundRecord) -> Record:
    return Record(made.topic, 0, 5, 1, made.key, made.value, made.headers)


def raw(value: bytes | None, headers: tuple[tuple[str, bytes], ...] = ()) -> Record:
    return Record("llm.requests", 2, 40, 1_700_000_000_000, b"jane@example.com", value, headers)


def plain(**fields: object) -> Record:
    return raw(json.dumps({**PLAIN, **fields}).encode())


def plan(record: Record, terms: RedriveTerms | None = None, sealer: Sealer = SEALER) -> RedriveStep:
    return RedrivePlanner(sealer, terms or RedriveTerms(now=NOW)).plan(record, letter_of(record))


def refusal(step: RedriveStep) -> str:
    assert isinstance(step, RedriveRefusal)
    assert step.why
    assert not any(word in step.why for word in ("jane", "Jane", "parcel"))
    return step.code


def published(step: RedriveStep) -> RepublishRequest:
    assert isinstance(step, RepublishRequest), step
    return step


def test_a_request_goes_back_whole_under_a_request_id_that_stays_the_same() -> None:
    first, second, other = (
        published(plan(letter(record))) for record in (plain(), plain(), plain(model="large"))
    )

    assert first.request.messages is not None
    assert first.request.messages[0].content == QUESTION
    assert first.request.user == "jane@example.com"
    assert (first.letter_id, first.request.request_id) == (second.letter_id, second.request.request_id)
    assert other.request.request_id != first.request.request_id
    assert published(plan(letter(plain(request_id="r-1")))).request.request_id == "r-1"


def test_a_sealed_request_goes_back_as_a_clear_one_does() -> None:
    request = LlmRequest.model_validate(PLAIN)
    encoded = encode(
        sealed_request(SEALER, request, NOW),
        event_id=example_of(Feedback).feedback_id,
        source="gateway",
        time=NOW,
    )

    step = published(plan(letter(raw(encoded.value, encoded.headers))))

    assert step.request.messages == request.messages


def test_a_deadline_that_has_passed_needs_a_new_one() -> None:
    late, early = (
        plain(deadline=(NOW - timedelta(seconds=1)).isoformat()),
        plain(deadline=(NOW + timedelta(hours=1)).isoformat()),
    )

    terms = RedriveTerms(timedelta(seconds=90), now=NOW)

    assert refusal(plan(letter(late))) == "deadline_passed"
    assert published(plan(letter(late), terms)).request.deadline == NOW + timedelta(seconds=90)
    assert published(plan(letter(early), terms)).request.deadline == NOW + timedelta(hours=1)
    assert refusal(plan(letter(plain(deadline="0001-01-01T00:00:00+05:00")))) in {
        "deadline_passed",
        "still_refused",
    }


@pytest.mark.parametrize("kind", [ScreenedRequest, AdmittedRequest, ModelAnswer, ScreenedAnswer])
def test_an_inner_record_is_refused_with_its_request_and_needs_no_key(kind: Any) -> None:
    record_id = "5b0f3c1e-7d3a-5a8e-9f64-2c1d0e6b7a90"

    step = plan(
        letter(fact_record(example_of(kind)), "meter", request=record_id), sealer=Sealer.from_text(new_key())
    )

    assert refusal(step) == "inner_record"
    assert isinstance(step, RedriveRefusal)
    assert record_id in step.why


def test_a_fact_goes_to_the_service_that_could_not_handle_it() -> None:
    completion, feedback = fact_record(example_of(Completion), 7), fact_record(example_of(Feedback))

    to_sink, to_evaluator, to_nobody = (
        plan(letter(completion, service)) for service in ("sink", "evaluator", "somebody")
    )

    assert isinstance(to_sink, StoreRows)
    assert isinstance(to_evaluator, RepeatEvaluation)
    assert (to_sink.incoming.record.offset, str(to_sink.incoming.event_id).encode()) == (
        7,
        completion.header("ce_id"),
    )
    assert isinstance(plan(letter(feedback, "evaluator")), RepeatEvaluation)
    assert refusal(to_nobody) == "unknown_service"


def test_what_would_only_become_a_dead_letter_again_stays() -> None:
    assert refusal(plan(letter(raw(b"{ jane@example.com"), reason="invalid_event"))) == "still_refused"
    assert refusal(plan(letter(raw(None)))) == "still_refused"
    assert refusal(plan(letter(plain(tenant="jane@example.com")))) == "still_refused"
    assert refusal(plan(letter(plain(request_id="jane@example.com")))) == "still_refused"
    assert (
        refusal(plan(letter(raw(b'{"tenant":"acme","model":"small","sealed":"v1.jane@example.com.AAAA"}'))))
        == "still_refused"
    )
    assert (
        refusal(plan(letter(replace(fact_record(example_of(Completion)), value=b"{}"), "sink")))
        == "still_refused"
    )
    assert refusal(plan(letter(fact_record(example_of(Correction)), "meter"))) == "correction"


def test_undecodable_bytes_never_go_back_and_poison_only_with_even_poison() -> None:
    assert (
        refusal(
            plan(letter(plain(), reason="undecodable_record"), RedriveTerms(includes_poison=True, now=NOW))
        )
        == "undecodable"
    )
    assert refusal(plan(letter(plain(), reason="poison"))) == "poison"
    assert published(plan(letter(plain(), reason="poison"), RedriveTerms(includes_poison=True, now=NOW)))


def test_a_letter_under_another_key_or_with_headers_that_are_not_its_own_stays() -> None:
    made = letter(plain())
    moved = replace(
        made, headers=tuple((name, b"41" if name == SOURCE_OFFSET else value) for name, value in made.headers)
    )

    older = replace(made, headers=tuple(header for header in made.headers if header[0] != FRAME))

    assert refusal(plan(made, sealer=Sealer.from_text(new_key()))) == "does_not_open"
    assert refusal(plan(moved)) == "does_not_open"
    assert refusal(plan(older)) == "does_not_open"


def test_an_old_letter_that_is_given_the_new_frame_s_header_holds_no_record() -> None:
    made = letter(plain())
    for framed in (
        b"",
        b"\0\0\0\0",
        b"\0\0\0\1\1",
        b"plain bytes of an older version",
        b"\0\0\0\1\3\0\0\0\0\0\0\0\0\0\0\0\1a",
    ):
        sealed = SEALER.seal(framed, tenant="-", purpose="dead-letter", context="llm.requests/2/40", at=NOW)
        assert refusal(plan(replace(made, value=sealed.encode()))) in {"does_not_open", "still_refused"}


@given(
    value=st.none() | st.binary(max_size=200) | st.text(max_size=50).map(str.encode),
    headers=st.lists(
        st.tuples(
            st.sampled_from(
                (
                    "weir-source-topic",
                    "weir-source-partition",
                    "weir-source-offset",
                    "weir-reason",
                    "weir-failed-at",
                    "weir-frame",
                    "x",
                )
            ),
            st.binary(max_size=40)
            | st.sampled_from((b"llm.requests", b"0", b"9" * 30, b"0001-01-01T00:00:00+05:00", b"2")),
        ),
        max_size=9,
    ),
)
def test_any_foreign_record_on_a_dead_letter_topic_is_refused(
    value: bytes | None, headers: list[tuple[str, bytes]]
) -> None:
    record = Record("llm.requests.dlq", 0, 0, 1, b"k", value, tuple(headers))

    assert refusal(plan(record)) in {"foreign_record", "does_not_open", "undecodable", "poison"}
    assert letter_of(record).error.isprintable()
    assert letter_of(record).reason.isprintable()
