"""The prices of a schedule, tier by tier, read out of its document once: what the counts of a call are multiplied by."""

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
    """Prices by class, for calls above so many input tokens: by the million tokens, by the piece, and by the second as a unit of its own."""

    above_input_tokens: int
    tokens: Mapping[str, Decimal]
    units: Mapping[str, Decimal]
    max_input_price: Decimal
    max_output_price: Decimal

    @property
    def is_timed(self) -> bool:
        """Whether time is what is paid for; classes without a price are then included in it."""
        return "seconds" in self.units

    @property
    def is_by_piece(self) -> bool:
        """Whether nothing but pieces is sold, so that no count of tokens bounds a cost."""
        return not self.tokens and not self.is_timed

    def worst_case(self, input_tokens: int, output_tokens: int, seconds: Decimal) -> Decimal:
        """Multiply with the dearest class of each side, and with the time where it is paid for; exact, not rounded."""
        both = EXACT.add(
            EXACT.multiply(self.max_input_price, input_tokens),
            EXACT.multiply(self.max_output_price, output_tokens),
        )
        cost = EXACT.divide(both, MILLION)
        return EXACT.add(cost, EXACT.multiply(seconds, self.units["seconds"])) if self.is_timed else cost


def price_lists(schedule: Schedule) -> tuple[PriceList, ...]:
    """Read the prices below all tiers, then those of each tier."""
    kept = _kept.get(id(schedule))
    if kept is None:
        if len(_kept) >= MAX_KEPT_SCHEDULES:
            _kept.clear()
        kept = _kept[id(schedule)] = (
            schedule,
            tuple(_overlaid(schedule, tier) for tier in (None, *schedule.tiers)),
        )
    return kept[1]


# By identity, since comparing schedules takes longer than reading them; each is kept itself, so that no other one gets its id.
_kept: dict[int, tuple[Schedule, tuple[PriceList, ...]]] = {}


def _overlaid(schedule: Schedule, tier: Tier | None) -> PriceList:
    """Lay a tier's prices over those below it, and fill in the classes that are sold as another one."""
    sources: tuple[Rates, ...] = (schedule,) if tier is None else (schedule, tier)
    tokens, units = dict[str, Decimal](), dict[str, Decimal]()
    for rates in sources:
        tokens |= {name: price for name, price in _token_prices(rates) if price is not None} | dict(
            rates.media_usd_per_mtok
        )
        units |= dict(rates.unit_usd)
        if rates.usd_per_second is not None:
            units["seconds"] = rates.usd_per_second
    for name, likewise in PRICE_FALLBACKS:
        if name not in tokens and likewise in tokens:
            tokens[name] = tokens[likewise]
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
