"""The balance of a limit."""

from decimal import Decimal

from services.meter.domain.limits.limits import LimitBalance


def test_available_is_what_nobody_spent_reserved_or_holds() -> None:
    balance = LimitBalance(Decimal(10), Decimal("3.5"), Decimal("0.25"), Decimal("1.25"))

    assert balance.available == Decimal(5)
    assert balance.used_ratio == Decimal("0.5")
    assert LimitBalance(Decimal(0), Decimal(0), Decimal(0), Decimal(0)).used_ratio == 1
