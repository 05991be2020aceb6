"""Adds the balances of some windows up to the balance of a limit, in the unit of the limit."""

from collections.abc import Sequence
from decimal import Decimal

from services.meter.domain.accounts.account import WindowBalance
from services.meter.domain.accounts.amounts import ZERO
from services.meter.domain.limits.limits import LimitBalance


def request_balance(amount: Decimal, balances: Sequence[WindowBalance]) -> LimitBalance:
    """Count requests: those that ended are captured, those that are open are reserved."""
    captured = sum(balance.requests for balance in balances)
    return LimitBalance(amount, Decimal(captured), Decimal(sum(balance.open for balance in balances)), ZERO)


def token_balance(amount: Decimal, balances: Sequence[WindowBalance], held: int) -> LimitBalance:
    """Add up tokens; `held` tokens belong to calls whose usage is unknown."""
    captured = sum(balance.tokens for balance in balances)
    reserved = sum(balance.reserved_tokens for balance in balances)
    return LimitBalance(amount, Decimal(captured), Decimal(reserved), Decimal(held))


def usd_balance(amount: Decimal, balances: Sequence[WindowBalance], held: Decimal) -> LimitBalance:
    """Add up USD; `held` USD belong to calls whose cost is unknown."""
    captured = sum((balance.usd for balance in balances), ZERO)
    reserved = sum((balance.reserved_usd for balance in balances), ZERO)
    return LimitBalance(amount, captured, reserved, held)
