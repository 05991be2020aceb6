"""How a call was served, by own prices and the list: usual words hold nothing, unknown ones are held."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from pydantic import JsonValue

from schemas.answers import AttemptResult
from schemas.outcomes import BookedAttempt, Completion
from schemas.prices import PriceDocument
from services.meter.adapters.genai_price_list import GenaiPriceList
from services.meter.adapters.own_prices import OverridingPriceBook
from services.meter.domain.settlement.booking import book
from services.meter.offline import answers
from streaming.handling import LedgerDecision
from tests.services.meter.correcting import correct, repriced, settled

if TYPE_CHECKING:
    from tests.services.meter.conftest import Desk

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
CHAT: Mapping[str, JsonValue] = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
MESSAGES: Mapping[str, JsonValue] = {"input_tokens": 1000, "cache_read_input_tokens": 0, "output_tokens": 100}
NAMES = {"openai": "openai/gpt-4o", "anthropic": "anthropic/claude-sonnet-4-6"}
# 1,000 tokens in and 100 out, at the period's own price, and at a variant's.
OWN, VARIANT = Decimal("0.002"), Decimal("0.004")
BY_GEO = {"inference_geo": "us"}
BY_TIER = {"service_tier": "flex"}
BY_SPEED = {"speed": "fast"}
BATCHES = {"processing": "batch"}


def document(kind: str, *whens: Mapping[str, str]) -> PriceDocument:
    """Give a price of 1 and 10 USD, and of 2 and 20 USD for calls that were served in one of these ways."""
    variants = [{"input_usd_per_mtok": "2", "output_usd_per_mtok": "20", "when": when} for when in whens]
    rates = {"input_usd_per_mtok": "1", "output_usd_per_mtok": "10", "valid_from": "2026-01-01T00:00:00Z"}
    fields = {"name": NAMES[kind], "version": 1, "periods": [{**rates, "variants": variants}]}
    return PriceDocument.model_validate(fields)


def call(kind: str, noted: Mapping[str, str], told: Mapping[str, JsonValue] | None = None) -> AttemptResult:
    """Give a finished call with what the router noted of it, and what its usage block tells."""
    provider, _, model = NAMES[kind].partition("/")
    block = MESSAGES if kind == "anthropic" else CHAT
    fields: Mapping[str, object] = {
        "attempt_id": UUID(int=1),
        "number": 1,
        "provider": provider,
        "model": model,
        "provider_kind": kind,
        "state": "finished",
        "usage": {**block, **(told or {})},
        "price_context": noted,
        "started_at": NOON,
    }
    return AttemptResult.model_validate(fields)


def booked(own: PriceDocument | None, result: AttemptResult) -> BookedAttempt:
    documents = {own.name: own} if own is not None else {}
    (line,) = book(OverridingPriceBook(documents, GenaiPriceList()), "acme", [result], NOON)
    return line


def priced_offline(own: PriceDocument, line: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    (answer,) = answers(
        OverridingPriceBook({own.name: own}, GenaiPriceList()), [json.dumps(line)], lambda: NOON
    )
    return answer


USUAL_REPORTS = [
    ("anthropic", BY_GEO, {"service_tier": "standard", "inference_geo": "not_available"}),
    ("anthropic", BY_GEO, {"service_tier": "standard", "inference_geo": "global"}),
    ("anthropic", BY_GEO, {"inference_geo": "GLOBAL"}),
    ("anthropic", BY_GEO, {"inference_geo": " "}),
    ("anthropic", BY_SPEED, {"speed": "standard"}),
    ("anthropic", BY_TIER, {"service_tier": "standard"}),
    ("openai", BY_TIER, {"service_tier": "default"}),
    ("openai", BY_TIER, {"service_tier": "auto"}),
    ("openai", BY_TIER, {"service_tier": "on_demand"}),
    ("openai", BY_TIER, {"service_tier": "SERVICE_TIER_STANDARD"}),
    ("openai", BY_TIER, {"service_tier": "unspecified"}),
    ("openai", BY_TIER, {"service_tier": "SERVICE_TIER_UNSPECIFIED"}),
    ("openai", {"traffic_type": "provisioned"}, {"traffic_type": "TRAFFIC_TYPE_UNSPECIFIED"}),
    ("openai", {"region": "eu"}, {"region": "global"}),
    ("openai", BATCHES, {"processing": "realtime"}),
    ("openai", BATCHES, {"processing": "online"}),
]


@pytest.mark.parametrize(("kind", "when", "noted"), USUAL_REPORTS)
def test_a_call_that_was_served_as_all_are_costs_the_periods_own_price(
    kind: str,
    when: Mapping[str, str],
    noted: Mapping[str, str],
) -> None:
    # given an own price that tells another way of serving apart
    own = document(kind, when)
    # when a call is booked of which the router noted a usual word
    line = booked(own, call(kind, noted))
    # then no way is missing a price
    assert (line.cost_status, line.cost_usd, line.reason) == ("priced", OWN, None)


@pytest.mark.parametrize(("kind", "noted"), [(kind, noted) for kind, _, noted in USUAL_REPORTS])
def test_a_usual_word_changes_nothing_at_the_list_price(kind: str, noted: Mapping[str, str]) -> None:
    # given a call without any report, by the list
    silent = booked(None, call(kind, {}))
    # when the same call is reported with a usual word
    reported = booked(None, call(kind, noted))
    # then both cost the same
    assert silent.cost_usd is not None
    assert (reported.cost_status, reported.cost_usd) == ("priced", silent.cost_usd)


@pytest.mark.parametrize(
    ("kind", "when", "noted"),
    [
        ("anthropic", BY_GEO, {"inference_geo": "eu"}),
        ("anthropic", BY_GEO, {"inference_geo": "unknown"}),
        ("anthropic", BY_SPEED, {"speed": "turbo"}),
        ("anthropic", BY_TIER, {"service_tier": "priority"}),
        ("anthropic", BY_TIER, {"service_tier": "batch", "processing": "batch"}),
        ("openai", BY_TIER, {"service_tier": "scale"}),
        ("openai", BY_TIER, {"service_tier": "batch"}),
        ("openai", {"service_tier": "batch"}, {"service_tier": "priority"}),
        ("openai", {"service_tier": "default"}, {"service_tier": "priority"}),
        ("openai", BATCHES, {"processing": "overnight"}),
    ],
)
def test_a_way_that_is_not_known_is_held_and_never_sold_at_the_usual_price(
    kind: str,
    when: Mapping[str, str],
    noted: Mapping[str, str],
) -> None:
    # given an own price that tells this kind of way apart, and does not price this one
    own = document(kind, when)
    # when the call is booked
    line = booked(own, call(kind, noted))
    # then its cost is not known
    assert (line.cost_status, line.cost_usd) == ("held", None)
    assert line.reason is not None
    assert "add a variant" in line.reason


@pytest.mark.parametrize(
    ("kind", "when", "noted", "told"),
    [
        ("anthropic", BY_GEO, {"service_tier": "standard", "inference_geo": "us"}, {}),
        ("anthropic", BY_GEO, {}, {"inference_geo": "us", "service_tier": "standard"}),
        ("anthropic", {**BY_GEO, **BY_SPEED}, {"speed": "fast"}, {"inference_geo": "US"}),
        ("openai", BY_TIER, {"service_tier": "Flex"}, {}),
        ("openai", BY_TIER, {"service_tier": "SERVICE_TIER_FLEX"}, {}),
        ("openai", {"service_tier": "Flex"}, {"service_tier": "flex"}, {}),
        ("anthropic", BATCHES, {"service_tier": "batch", "processing": "batch"}, {}),
        ("anthropic", BATCHES, {"service_tier": "batch"}, {}),
        ("anthropic", BATCHES, {}, {"service_tier": "batch"}),
        ("anthropic", {"service_tier": "batch"}, {"service_tier": "batch", "processing": "batch"}, {}),
        ("anthropic", {"service_tier": "batch"}, {"processing": "batch"}, {}),
        ("openai", {"service_tier": "default"}, {"service_tier": "default"}, {}),
        ("anthropic", {"inference_geo": "global"}, {"inference_geo": "global"}, {}),
        ("anthropic", {"service_tier": "standard"}, {}, {"service_tier": "standard"}),
    ],
)
def test_a_variant_prices_its_way_whoever_reports_it_and_however_it_is_spelled(
    kind: str, when: Mapping[str, str], noted: Mapping[str, str], told: Mapping[str, JsonValue]
) -> None:
    # given a variant for one way of serving, or for one of the usual words itself
    own = document(kind, when)
    # when a call is booked that was served like this
    line = booked(own, call(kind, noted, told))
    # then the variant prices it
    assert (line.cost_status, line.cost_usd) == ("priced", VARIANT)


def test_a_word_for_one_usual_way_is_no_other_usual_way() -> None:
    # given a variant that names a usual word
    own = document("anthropic", {"inference_geo": "global"})
    # when a call is reported with another usual word, or with none
    other: list[dict[str, str]] = [{"inference_geo": "not_available"}, {}]
    costs = [booked(own, call("anthropic", noted)).cost_usd for noted in other]
    # then it is the period's own
    assert costs == [OWN, OWN]


@pytest.mark.parametrize(
    ("told", "context", "cost"),
    [
        ({"inference_geo": "not_available"}, {}, "0.002"),
        ({"inference_geo": "global"}, {}, "0.002"),
        ({"inference_geo": "us"}, {}, "0.004"),
        ({"inference_geo": "eu"}, {}, None),
        ({}, {"inference_geo": "not_available"}, "0.002"),
        ({}, {"inference_geo": "global"}, "0.002"),
        ({}, {"inference_geo": "us"}, "0.004"),
        ({}, {"inference_geo": "eu"}, None),
        ({}, {"service_tier": "batch"}, "0.004"),
        ({"service_tier": "batch"}, {}, "0.004"),
    ],
)
def test_a_recorded_body_and_its_lines_context_are_priced_like_a_booking(
    told: Mapping[str, JsonValue], context: Mapping[str, JsonValue], cost: str | None
) -> None:
    # given a recorded body, and an own price with variants
    own = document("anthropic", BY_GEO, BATCHES)
    body: JsonValue = {"type": "message", "model": "claude-sonnet-4-6", "usage": {**MESSAGES, **told}}
    line: Mapping[str, JsonValue] = {
        "provider": "anthropic",
        "model": "claude-sonnet-4-6",
        "context": {**context},
        "body": body,
    }
    # when it is priced without a stream, and booked as a call
    answer = priced_offline(own, line)
    noted = {name: word for name, word in context.items() if isinstance(word, str)}
    online = booked(own, call("anthropic", noted, told))
    # then both say the same
    assert answer["cost_usd"] == cost
    assert online.cost_usd == (None if cost is None else Decimal(cost))


def booked_before(desk: "Desk", noted: Mapping[str, str], **line: object) -> None:
    """Log a completion as an earlier version booked it: its context is stored as the router noted it."""
    request = desk.facts(1)
    desk.admit(request)
    desk.settle(request, desk.call(request, price_context=noted))
    decision = desk.log.pop()
    completion = decision.event
    assert isinstance(completion, Completion)
    (attempt,) = completion.attempts
    event = completion.model_copy(update={"attempts": (attempt.model_copy(update=line),)})
    desk.log.append(LedgerDecision(event, decision.name))


@pytest.mark.parametrize("word", ["not_available", "global"])
def test_a_call_that_was_held_for_a_usual_word_is_settled_at_its_price_and_only_once(
    desk_of: "type[Desk]",
    word: str,
) -> None:
    # given a call that an earlier version held for its raw context
    desk = desk_of(None)
    variant = {"when": BY_GEO, "input_usd_per_mtok": "2000", "output_usd_per_mtok": "2000"}
    prices = {
        "valid_from": "2026-01-01T00:00:00Z",
        "input_usd_per_mtok": "1000",
        "output_usd_per_mtok": "1000",
    }
    fields = {"name": "local/m", "version": 1, "periods": [{**prices, "variants": [variant]}]}
    desk.prices.put(PriceDocument.model_validate(fields))
    held = {"cost_usd": None, "cost_status": "held", "reason": "local/m has prices by inference_geo"}
    booked_before(desk, {"service_tier": "standard", "inference_geo": word}, **held)
    # when held calls are settled
    (wish,) = settled(desk).wishes
    correct(desk, wish)
    # then 100 tokens cost what they do for everybody, and nothing is left to settle or to correct
    assert [line.cost_usd for line in wish.attempts] == [Decimal("0.1")]
    assert settled(desk).wishes == []
    assert repriced(desk).wishes == []


@pytest.mark.parametrize(
    ("noted", "cost"),
    [
        ({"service_tier": "default"}, "0.1"),
        ({"service_tier": "standard", "inference_geo": "not_available", "speed": "standard"}, "0.1"),
        ({"service_tier": "flex"}, "0.2"),
        ({}, "0.1"),
    ],
)
def test_a_call_that_was_priced_with_a_raw_context_keeps_its_cost_when_it_is_priced_again(
    desk_of: "type[Desk]", noted: Mapping[str, str], cost: str
) -> None:
    # given a call that an earlier version priced
    desk = desk_of(None)
    variant = {"when": BY_TIER, "input_usd_per_mtok": "2000", "output_usd_per_mtok": "2000"}
    prices = {
        "valid_from": "2026-01-01T00:00:00Z",
        "input_usd_per_mtok": "1000",
        "output_usd_per_mtok": "1000",
    }
    fields = {"name": "local/m", "version": 1, "periods": [{**prices, "variants": [variant]}]}
    desk.prices.put(PriceDocument.model_validate(fields))
    booked_before(desk, noted, cost_usd=Decimal(cost), cost_status="priced", reason=None)
    # when it is priced again
    again = repriced(desk)
    # then there is no difference
    assert again.wishes == []
    assert (again.total.lines, again.total.difference_usd) == (1, 0)
