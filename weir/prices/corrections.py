"""Repricing and settling from beginning to end: read the bookings, price them again, ask the meter, wait for its decisions."""

from dataclasses import dataclass
from datetime import UTC, datetime

from schemas.prices import PriceDocument
from schemas.topics import ADJUSTMENTS
from services.meter.adapters.genai_price_list import GenaiPriceList
from services.meter.adapters.own_prices import OverridingPriceBook
from services.meter.domain.settlement.bookings import Wanted
from streaming.brokers.port import Broker
from weir.prices.booking_log import CallSelection, check_history, current_bookings, ends_of
from weir.prices.correction_requests import CorrectionCounts, CorrectionRequests
from weir.prices.repricing import Kind, Repricing
from weir.stack.publish import published

BEGINNING = datetime.min.replace(tzinfo=UTC)
END = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CorrectionReport:
    """The difference, how many corrections it takes, and what became of them; `decided` is None where none was asked for."""

    difference: Repricing
    needed: int
    decided: CorrectionCounts | None


async def reprice_calls(broker: Broker, selection: CallSelection, wait_s: float | None) -> CorrectionReport:
    """Reprice the selected calls; without `wait_s` nothing is asked for. Raises HistoryGoneError where the stream does not hold all of them."""
    await check_history(broker, selection.since)
    return await _correct(broker, "reprice", selection.wants, wait_s)


async def settle_calls(
    broker: Broker, names: tuple[str | None, str | None], wait_s: float | None
) -> CorrectionReport:
    """Settle the held calls of a tenant and a model (None is any) that the stream holds; without `wait_s` nothing is asked for."""
    return await _correct(broker, "settle", _held_of(CallSelection(BEGINNING, END, *names)), wait_s)


async def _correct(broker: Broker, kind: Kind, is_wanted: Wanted, wait_s: float | None) -> CorrectionReport:
    # Both are taken before the log is read: what is decided meanwhile is then noticed, and a wish is no younger than what it saw.
    asked_at, adjusted = datetime.now(UTC), await ends_of(broker, ADJUSTMENTS.name)
    prices = OverridingPriceBook(await published(broker, PriceDocument), GenaiPriceList())
    difference, wishes, needed = Repricing(kind, prices, asked_at), CorrectionRequests(broker, adjusted), 0
    async for part in current_bookings(broker, is_wanted):
        wanted = difference.corrections_for(part)
        needed += len(wanted)
        if wait_s is not None:
            await wishes.publish(wanted)
    return CorrectionReport(
        difference, needed, await wishes.wait_decided(wait_s) if wait_s is not None else None
    )


def _held_of(selection: CallSelection) -> Wanted:
    """Keep only what was held at first, and what corrected it."""
    return lambda tenant, line: (
        selection.wants(tenant, line) and (line.cost_usd is None or line.entry != "booking")
    )
