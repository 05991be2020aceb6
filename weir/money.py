"""Money as people read it: every digit that is booked, unknown said as such, another currency only where a rate is given."""

from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation

UNKNOWN = "unknown"
CURRENCY_LETTERS = 3
DISPLAY_STEP = Decimal("0.000001")
EXACT_CONTEXT = Context(prec=128)
LOWEST_RATE, HIGHEST_RATE = Decimal("1E-12"), Decimal(10**12)


@dataclass(frozen=True, slots=True)
class DisplayCurrency:
    """A currency to show beside the booked USD, at a rate that the reader states: so many of it for one USD."""

    currency: str
    rate: Decimal

    def of(self, usd: Decimal | None) -> str:
        """The amount to six places."""
        return (
            UNKNOWN
            if usd is None
            else exact(EXACT_CONTEXT.multiply(usd, self.rate).quantize(DISPLAY_STEP, context=EXACT_CONTEXT))
        )


def exact(amount: Decimal | None) -> str:
    """All digits without trailing zeros and without an exponent."""
    if amount is None:
        return UNKNOWN
    return f"{amount.normalize():f}" if amount else "0"


def parse_display(text: str) -> DisplayCurrency:
    """Read `EUR=0.92`; raises ValueError that says how to write it."""
    currency, _, rate = text.partition("=")
    msg = f"'{text}' is no display currency: write EUR=0.92 for 0.92 EUR to one USD"
    try:
        number = Decimal(rate)
    except InvalidOperation as error:
        raise ValueError(msg) from error
    if (
        len(currency) != CURRENCY_LETTERS
        or not currency.isascii()
        or not currency.isalpha()
        or not number.is_finite()
        or not LOWEST_RATE <= number <= HIGHEST_RATE
    ):
        raise ValueError(msg)
    return DisplayCurrency(currency.upper(), number)
