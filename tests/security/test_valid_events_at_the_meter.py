"""The meter decides on every valid event, and its decisions fold, expire and survive a dump."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.answers import ScreenedAnswer
from schemas.budgets import BudgetDocument
from schemas.documents import PromptDocument, RouteDocument
from schemas.event import Event
from schemas.outcomes import Adjustment, Completion, Correction
from schemas.prices import PriceDocument
from schemas.requests import AdmittedRequest, ScreenedRequest
from services.meter.adapters.bpe_tokens import BpeTokenCounter
from services.meter.adapters.genai_price_list import GenaiPriceList
from services.meter.adapters.own_prices import OverridingPriceBook
from services.meter.adapters.prompt_sizes import PromptTableTokens
from services.meter.domain.accounts.accounts import Accounts
from services.meter.handler import Meter, MeterLookups
from streaming.errors import BadEventError
from streaming.handling import LedgerDecision
from tests.fuzzing import often
from tests.security.fakes import SingleDocumentTable
from tests.security.valid_events import (
    BUDGETS,
    NOW,
    PRICES,
    PROMPTS,
    ROUTES,
    assert_readable,
    drawn,
    incoming,
)

pytestmark = [pytest.mark.fuzz, pytest.mark.slow]
DOCUMENTS = st.tuples(ROUTES, st.none() | BUDGETS, st.none() | PROMPTS, st.none() | PRICES)
CLOCKS = st.sampled_from(
    (NOW, datetime(1970, 1, 2, tzinfo=UTC), datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC))
)


def meter_of(
    route: RouteDocument,
    budget: BudgetDocument | None,
    prompt: PromptDocument | None,
    price: PriceDocument | None,
) -> Meter:
    counter = BpeTokenCounter()
    prices = OverridingPriceBook(SingleDocumentTable(price), GenaiPriceList())
    return Meter(
        MeterLookups(
            SingleDocumentTable(route),
            SingleDocumentTable(budget),
            prices,
            counter,
            PromptTableTokens(SingleDocumentTable(prompt), counter),
        ),
        timedelta(seconds=10),
    )


def assert_kept(state: Accounts, decision: LedgerDecision | None, now: datetime) -> None:
    """Check that a decision folds, that a dump restores the accounts, and that they expire."""
    if decision is not None:
        assert_readable([decision.event])
        state.fold(decision.event, decision.event_id)
    dumped = list(state.dump())
    read_back = Accounts()
    read_back.load(dumped)
    assert list(read_back.dump()) == dumped
    state.expired(now)
    state.drop_expired()


@often(80)
@given(event=drawn(ScreenedRequest), answer=drawn(ScreenedAnswer), documents=DOCUMENTS, now=CLOCKS)
def test_the_meter_decides_on_every_valid_request_and_answer(
    event: ScreenedRequest, answer: ScreenedAnswer, documents: Any, now: datetime
) -> None:
    meter, state = meter_of(*documents), Accounts()
    request = event.request.model_copy(update={"deadline": now + timedelta(seconds=5)})
    for admitted in (
        event,
        event.model_copy(
            update={"request": request, "verdict": event.verdict.model_copy(update={"action": "allow"})}
        ),
    ):
        assert_kept(state, meter.admit(state, incoming(admitted, now)), now)
    for answered in (answer, answer.model_copy(update={"request": request})):
        assert_kept(state, meter.settle(state, incoming(answered, now)), now)
    for decision in meter.expire(state, now + timedelta(days=800) if now.year < 2090 else now):
        assert_kept(state, decision, now)


@often(80)
@given(correction=drawn(Correction), is_now=st.booleans())
def test_the_meter_accepts_or_refuses_every_valid_correction(correction: Correction, is_now: bool) -> None:
    state, now = Accounts(), NOW
    meter = meter_of(RouteDocument.model_construct(), None, None, None)
    if is_now:
        first, last = (
            correction.attempts[0],
            correction.attempts[-1].model_copy(update={"result": correction.attempts[0].result}),
        )
        lines = (
            first.model_copy(update={"entry": "reversal"}),
            last.model_copy(update={"entry": "rebooking"}),
        )
        correction = correction.model_copy(
            update={"reason": "price_correction", "period": "2026-11", "asked_at": now, "attempts": lines}
        )
    try:
        decision = meter.correct(state, incoming(correction, now))
    except BadEventError:
        return
    assert_kept(state, decision, now)


@often(80)
@given(
    events=st.lists(drawn(AdmittedRequest) | drawn(Completion) | drawn(Adjustment), min_size=1, max_size=4),
    now=CLOCKS,
    documents=DOCUMENTS,
)
def test_the_meters_accounts_fold_every_valid_decision(
    events: Sequence[Event], now: datetime, documents: Any
) -> None:
    meter, state = meter_of(*documents), Accounts()
    for number, event in enumerate(events):
        state.fold(event, UUID(int=number))
        assert_kept(state, None, now)
    for decision in meter.expire(state, now):
        assert_kept(state, decision, now)
