"""Repricing and settling from beginning to end: read the bookings, price them again, ask the meter, wait for its decisions."""

from collections.abc import Callable
from datetime import UTC, datetime

from schemas.topics import ADJUSTMENTS
from services.meter.adapters.genai_price_list import GenaiPriceList
from services.meter.adapters.own_prices import OwnPricesFirst
from services.meter.domain.bookings import Bookings, Wanted
from services.meter.domain.pricing import PriceBook
from streaming.broker import Broker
from weir.booking_log import Selection, check_history, ends_of, read_bookings
from weir.correction_wishes import Decided, Waiting, publish_wishes
from weir.price_documents import published_prices
from weir.repricing import Difference, reprice, settle

BEGINNING = datetime.min.replace(tzinfo=UTC)
END = datetime.max.replace(tzinfo=UTC)
PriceAgain = Callable[[Bookings, PriceBook, datetime], Difference]


async def reprice_calls(broker: Broker, selection: Selection, wait_s: float | None) -> tuple[Difference, Decided | None]:
    """Reprice the selected calls; without `wait_s` nothing is asked for. Raises HistoryGoneError where the stream does not hold all of them."""
    await check_history(broker, selection.since)
    return await _correct(broker, selection.wants, reprice, wait_s)


async def settle_calls(broker: Broker, names: tuple[str | None, str | None], wait_s: float | None) -> tuple[Difference, Decided | None]:
    """Settle the held calls of a tenant and a model (None is any) that the stream holds; without `wait_s` nothing is asked for."""
    return await _correct(broker, _held_of(Selection(BEGINNING, END, *names)), settle, wait_s)


async def _correct(broker: Broker, is_wanted: Wanted, price_again: PriceAgain, wait_s: float | None) -> tuple[Difference, Decided | None]:
    # Both are taken before the log is read: what is decided meanwhile is then noticed, and a wish is no younger than what it saw.
    asked_at, adjusted = datetime.now(UTC), await ends_of(broker, ADJUSTMENTS.name)
    prices = OwnPricesFirst(await published_prices(broker), GenaiPriceList())
    difference = price_again(await read_bookings(broker, is_wanted), prices, asked_at)
    if wait_s is None:
        return difference, None
    waiting = Waiting(broker, difference.wishes, adjusted)
    return difference, await waiting.until(await publish_wishes(broker, difference.wishes), wait_s)


def _held_of(selection: Selection) -> Wanted:
    """Keep only what was held at first, and what settled it: settling must not need memory for every call of a week."""
    return lambda tenant, line: selection.wants(tenant, line) and (line.cost_usd is None or line.entry != "booking")
