"""The balance of a limit counts each of its windows once, in the unit of the limit."""

from decimal import Decimal

from services.meter.domain.accounts.account import WindowBalance
from services.meter.domain.accounts.balances import request_balance, token_balance, usd_balance

WINDOWS = [
    WindowBalance("tenant", "2026-11-19", Decimal("0.25"), 300, 4, Decimal("0.5"), 60, 2),
    WindowBalance("tenant", "2026-11-20", Decimal("0.5"), 1_000, 10, Decimal("0.125"), 40, 1),
]


def test_requests_that_ended_are_captured_and_open_ones_are_reserved() -> None:
    assert request_balance(Decimal(20), WINDOWS) == (20, 14, 3, 0)


def test_tokens_of_unknown_calls_are_held_beside_those_captured_and_reserved() -> None:
    balance = token_balance(Decimal(2_000), WINDOWS, 7)

    assert balance == (2_000, 1_300, 100, 7)
    assert balance.available == 593


def test_money_of_unknown_calls_is_held_beside_that_captured_and_reserved() -> None:
    balance = usd_balance(Decimal(2), WINDOWS, Decimal("0.1"))

    assert balance == (2, Decimal("0.75"), Decimal("0.625"), Decimal("0.1"))
    assert balance.available == Decimal("0.525")


def test_a_limit_of_which_nothing_is_used_is_wholly_available() -> None:
    amount = Decimal(5)

    assert {
        request_balance(amount, []),
        token_balance(amount, [], 0),
        usd_balance(amount, [], Decimal(0)),
    } == {(5, 0, 0, 0)}
