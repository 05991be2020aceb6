"""Corrections as `weir price` requests them: read the decisions, price the calls again, ask the meter."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import uuid5

from schemas.outcomes import Adjustment, Completion, Correction
from services.meter.adapters.genai_price_list import GenaiPriceList
from services.meter.adapters.own_prices import OverridingPriceBook
from services.meter.domain.settlement.bookings import Bookings
from services.meter.domain.settlement.corrections import CurrentBooking, decision_name
from streaming.handling import NAMESPACE, LedgerDecision
from weir.prices.repricing import Kind, Repricing, RepricingTotals

if TYPE_CHECKING:
    from tests.services.meter.conftest import Desk


class Repriced:
    """What one run of the command finds: the corrections it asks for, and its sums."""

    def __init__(self, desk: "Desk", kind: Kind, since: Sequence[LedgerDecision]) -> None:
        self.difference = Repricing(kind, OverridingPriceBook(desk.prices, GenaiPriceList()), desk.now)
        self.wishes = self.difference.corrections_for(current(since))

    @property
    def total(self) -> RepricingTotals:
        return self.difference.total()


def current(decisions: Sequence[LedgerDecision]) -> Sequence[CurrentBooking]:
    found = Bookings(
        lambda _tenant, _line: True, lambda booking_id: uuid5(NAMESPACE, decision_name(booking_id))
    )
    for decision in decisions:
        if isinstance(decision.event, Adjustment):
            found.add(decision.event, decision.event_id)
    booked = [
        one
        for decision in decisions
        if isinstance(decision.event, Completion)
        for one in found.of(decision.event)
    ]
    return [*booked, *found.late()]


def repriced(desk: "Desk") -> Repriced:
    return Repriced(desk, "reprice", desk.log)


def settled(desk: "Desk") -> Repriced:
    return Repriced(desk, "settle", desk.log)


def correct(desk: "Desk", wish: Correction) -> Adjustment | None:
    event = desk.take(desk.meter.correct(desk.state, desk.incoming(wish)))
    assert event is None or isinstance(event, Adjustment)
    return event


def change_price(desk: "Desk", usd_per_mtok: str, version: int = 2) -> None:
    desk.prices.put(desk.price("local/m", usd_per_mtok, version=version))
