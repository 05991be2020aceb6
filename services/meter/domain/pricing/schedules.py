"""The prices of a schedule by tier, computed once from its document."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from schemas.prices import Rates, Schedule, Tier
from services.meter.domain.pricing.types import EXACT, MILLION

INPUTS, OUTPUTS = ("input", "cache_read", "cache_write", "cache_write_1h"), ("output", "reasoning")
PRICE_FALLBACKS = (
    ("cache_read", "input"),
    ("cache_write", "input"),
    ("cache_write_1h", "cache_write"),
    ("reasoning", "output"),
)
MAX_KEPT_SCHEDULES = 10_000
BELOW_ALL_TIERS = -1


@dataclass(frozen=True, slots=True)
class PriceList:
    """The prices of a tier, by token class and by unit, for calls with more input tokens than its limit.

    `tokens` are prices of a million tokens, `units` of one unit; `seconds` is the unit of calls billed by
    time.
    """

    above_input_tokens: int
    tokens: Mapping[str, Decimal]
    units: Mapping[str, Decimal]
    max_input_price: Decimal
    max_output_price: Decimal

    @property
    def is_timed(self) -> bool:
        """Whether calls are billed by time; classes without a price are then included in it."""
        return "seconds" in self.units

    @property
    def is_by_unit(self) -> bool:
        """Whether only units have a price, so that no count of tokens bounds a cost."""
        return not self.tokens and not self.is_timed

    def worst_case(self, input_tokens: int, output_tokens: int, seconds: Decimal) -> Decimal:
        """Price all tokens at the most expensive class of their side, plus the time; not rounded."""
        million_fold = EXACT.add(
            EXACT.multiply(self.max_input_price, input_tokens),
            EXACT.multiply(self.max_output_price, output_tokens),
        )
        cost = EXACT.divide(million_fold, MILLION)
        return EXACT.add(cost, EXACT.multiply(seconds, self.units["seconds"])) if self.is_timed else cost


def price_lists(schedule: Schedule) -> tuple[PriceList, ...]:
    """Return the prices below all tiers, then those of each tier."""
    kept = _kept.get(id(schedule))
    if kept is None:
        if len(_kept) >= MAX_KEPT_SCHEDULES:
            _kept.clear()
        kept = _kept[id(schedule)] = (
            schedule,
            tuple(_overlaid(schedule, tier) for tier in (None, *schedule.tiers)),
        )
    return kept[1]


# By identity, since comparing schedules takes longer than computing their prices. Each schedule is kept too,
# so that its id is not used for another object.
_kept: dict[int, tuple[Schedule, tuple[PriceList, ...]]] = {}


def _overlaid(schedule: Schedule, tier: Tier | None) -> PriceList:
    """Overlay the base prices with those of a tier, and add the classes that are billed as another one."""
    sources: tuple[Rates, ...] = (schedule,) if tier is None else (schedule, tier)
    tokens, units = dict[str, Decimal](), dict[str, Decimal]()
    for rates in sources:
        tokens |= {name: price for name, price in _token_prices(rates) if price is not None} | dict(
            rates.media_usd_per_mtok
        )
        units |= dict(rates.unit_usd)
        if rates.usd_per_second is not None:
            units["seconds"] = rates.usd_per_second
    for name, fallback in PRICE_FALLBACKS:
        if name not in tokens and fallback in tokens:
            tokens[name] = tokens[fallback]
    above = BELOW_ALL_TIERS if tier is None else tier.above_input_tokens
    return PriceList(above, tokens, units, _highest(tokens, INPUTS), _highest(tokens, OUTPUTS))


def _highest(prices: Mapping[str, Decimal], names: tuple[str, ...]) -> Decimal:
    return max((prices[name] for name in names if name in prices), default=Decimal(0))


def _token_prices(rates: Rates) -> Iterator[tuple[str, Decimal | None]]:
    yield "input", rates.input_usd_per_mtok
    yield "cache_read", rates.cache_read_usd_per_mtok
    yield "cache_write", rates.cache_write_usd_per_mtok
    yield "cache_write_1h", rates.cache_write_1h_usd_per_mtok
    yield "output", rates.output_usd_per_mtok
    yield "reasoning", rates.reasoning_usd_per_mtok
