"""Reprices and settles calls: reads bookings, prices them again, requests corrections, awaits decisions."""

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
    """The difference, the number of corrections needed, and their counts; `decided` is None in a dry run."""

    difference: Repricing
    needed: int
    decided: CorrectionCounts | None


async def reprice_calls(broker: Broker, selection: CallSelection, wait_s: float | None) -> CorrectionReport:
    """Reprice the selected calls; a dry run without `wait_s`.

    Raises HistoryGoneError if the stream no longer holds all of them.
    """
    await check_history(broker, selection.since)
    return await _correct(broker, "reprice", selection.includes, wait_s)


async def settle_calls(
    broker: Broker, names: tuple[str | None, str | None], wait_s: float | None
) -> CorrectionReport:
    """Settle the held calls of a tenant and a model (None is any); a dry run without `wait_s`."""
    return await _correct(broker, "settle", _held_of(CallSelection(BEGINNING, END, *names)), wait_s)


async def _correct(broker: Broker, kind: Kind, is_wanted: Wanted, wait_s: float | None) -> CorrectionReport:
    # Both are read before the log, so that decisions made meanwhile are noticed and no request looks newer.
    requested_at, adjusted = datetime.now(UTC), await ends_of(broker, ADJUSTMENTS.name)
    prices = OverridingPriceBook(await published(broker, PriceDocument), GenaiPriceList())
    difference, requests, needed = (
        Repricing(kind, prices, requested_at),
        CorrectionRequests(broker, adjusted),
        0,
    )
    async for part in current_bookings(broker, is_wanted):
        corrections = difference.corrections_for(part)
        needed += len(corrections)
        if wait_s is not None:
            await requests.publish(corrections)
    return CorrectionReport(
        difference, needed, await requests.wait_decided(wait_s) if wait_s is not None else None
    )


def _held_of(selection: CallSelection) -> Wanted:
    """Select first bookings that are held, and their corrections."""
    return lambda tenant, line: (
        selection.includes(tenant, line) and (line.cost_usd is None or line.entry != "booking")
    )
