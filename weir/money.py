"""Formats amounts for output: in USD with all booked digits, or in another currency at a given rate."""

from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation

UNKNOWN = "unknown"
CURRENCY_LETTERS = 3
DISPLAY_STEP = Decimal("0.000001")
EXACT_CONTEXT = Context(prec=128)
MIN_RATE, MAX_RATE = Decimal("1E-12"), Decimal(10**12)


@dataclass(frozen=True, slots=True)
class DisplayCurrency:
    """A currency to show next to the booked USD; `rate` is its units for one USD."""

    currency: str
    rate: Decimal

    def of(self, usd: Decimal | None) -> str:
        """The amount in this currency, rounded to six decimal places."""
        return (
            UNKNOWN
            if usd is None
            else exact(EXACT_CONTEXT.multiply(usd, self.rate).quantize(DISPLAY_STEP, context=EXACT_CONTEXT))
        )


def exact(amount: Decimal | None) -> str:
    """All digits of an amount without trailing zeros and without an exponent; `unknown` for None."""
    if amount is None:
        return UNKNOWN
    return f"{amount.normalize():f}" if amount else "0"


def parse_display(text: str) -> DisplayCurrency:
    """Parse `EUR=0.92`; raises ValueError with the expected form."""
    currency, _, rate = text.partition("=")
    msg = f"'{text}' is no display currency: write EUR=0.92 for 0.92 EUR to one USD"
    try:
        number = Decimal(rate)
    except InvalidOperation as error:
        raise ValueError(msg) from error
    is_code = len(currency) == CURRENCY_LETTERS and currency.isascii() and currency.isalpha()
    if not is_code or not number.is_finite() or not MIN_RATE <= number <= MAX_RATE:
        raise ValueError(msg)
    return DisplayCurrency(currency.upper(), number)
